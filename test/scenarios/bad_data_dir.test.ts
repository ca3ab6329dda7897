/**
 * Data directories that a disk, a crash or a person has damaged: each is mended, or refused with what
 * to do, and nothing ends in a stack trace.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { silentLogger } from "../../src/base/logger.ts";
import { UsageError } from "../../src/cli/core_flags.ts";
import { startError } from "../../src/cli/run_node.ts";
import { SMALL_STORE } from "../../src/io/disk_store.ts";
import { openNode, type RunningNode } from "../../src/io/node_host.ts";
import { VerifyPool } from "../../src/io/verify_pool.ts";
import { defaultNodeOptions } from "../../src/node/node_options.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import { displayHash } from "../../src/primitives/hash.ts";
import { tempDir } from "../support/temp_dir.ts";

const HEIGHT = 150;
const root = tempDir();
const template = join(root, "template");
const pool = new VerifyPool({ threads: 0, report: (error) => assert.fail(error) });
let tip = "";

function open(dataDir: string): Promise<RunningNode> {
  return openNode({
    options: { ...defaultNodeOptions(REGTEST), connectOnly: [] },
    dataDir: join(dataDir, "regtest"),
    stores: { index: SMALL_STORE, coins: SMALL_STORE },
    listen: [],
    logger: silentLogger,
    pool,
  });
}

function tipOf({ core: { chain } }: RunningNode): string {
  return displayHash(chain.headers.hash(chain.tip));
}

before(async () => {
  const node = await open(template);
  const mined = await node.command({ type: "generate", count: HEIGHT, script: Uint8Array.of(0x51),
    maxTries: 1e6 });
  assert.ok(mined.ok, JSON.stringify(mined));
  tip = tipOf(node);
  await node.close();
});

let folders = 0;

/** A copy of the good directory, damaged by `damage`, which is given the folder of the network. */
function damaged(damage: (networkDir: string) => void): string {
  const folder = join(root, String(folders++));
  cpSync(template, folder, { recursive: true });
  damage(join(folder, "regtest"));
  return folder;
}

function change(file: string, edit: (bytes: Buffer) => Buffer): void {
  writeFileSync(file, edit(readFileSync(file)));
}

/** Turns one bit of the byte at `offset` over; from the end, when negative. */
function flip(file: string, offset: number): void {
  change(file, (bytes) => {
    bytes[offset < 0 ? bytes.length + offset : offset]! ^= 0x10;
    return bytes;
  });
}

/** The first file of a store that has such a name. */
function fileOf(store: string, name: RegExp): string {
  return join(store, readdirSync(store).find((each) => name.test(each)) ??
    assert.fail(`${store} has no ${name}`));
}

/** What the operator is told of a directory that cannot be used. */
async function refusalOf(dataDir: string): Promise<string> {
  try {
    await (await open(dataDir)).close();
  } catch (error) {
    const shown = startError(error);
    assert.ok(shown instanceof UsageError, `it would end in a stack trace: ${(error as Error).stack}`);
    return shown.message;
  }
  return assert.fail("it was opened");
}

/** How `tidingsd` ends on such a directory. */
async function endOfTidingsd(dataDir: string): Promise<string> {
  const cli = pathToFileURL(join(import.meta.dirname, "..", "..", "src", "cli", "tidingsd.js")).href;
  const code = `await (await import(${JSON.stringify(cli)})).main(process.argv.slice(1));`;
  const flags = ["-regtest", `-datadir=${dataDir}`, "-listen=0", "-connect=0", "-server=0",
    "-printtoconsole=0"];
  const child = spawn(process.execPath,
    ["--no-warnings", "--input-type=module", "--eval", code, "--", ...flags]);
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (errors += text));
  const timer = setTimeout(() => child.kill(), 20_000);
  const [status] = await once(child, "close");
  clearTimeout(timer);
  assert.equal(status, 1, `it ended with ${status}: ${errors}`);
  return errors;
}

const REINDEX = /Start once with -reindex, which makes it again from the block files/;
const REINDEX_COINS = /Start once with -reindex-chainstate, which makes the coins again from the blocks/;

interface Refusal {
  readonly what: string;
  readonly damage: (networkDir: string) => void;
  readonly says: readonly (RegExp | string)[];
}

const REFUSALS: readonly Refusal[] = [
  {
    what: "an index whose CURRENT is garbage",
    damage: (dir) => writeFileSync(join(dir, "blocks", "index", "CURRENT"), "garbage"),
    says: [/blocks\/index: the store is damaged/, REINDEX],
  },
  {
    what: "coins whose CURRENT names no file",
    damage: (dir) => writeFileSync(join(dir, "chainstate", "CURRENT"), "MANIFEST-999999\n"),
    says: [/chainstate: the store is damaged/, REINDEX_COINS],
  },
  {
    what: "an index whose MANIFEST is gone",
    damage: (dir) => rmSync(fileOf(join(dir, "blocks", "index"), /^MANIFEST/)),
    says: [/blocks\/index: the store is damaged/, REINDEX],
  },
  {
    what: "coins whose MANIFEST has a flipped bit",
    damage: (dir) => flip(fileOf(join(dir, "chainstate"), /^MANIFEST/), 20),
    says: [/chainstate: the store is damaged/, REINDEX_COINS],
  },
  {
    what: "a truncated file of blocks",
    damage: (dir) => change(join(dir, "blocks", "blk00000.dat"),
      (bytes) => bytes.subarray(0, bytes.length / 2)),
    says: ["blocks/blk00000.dat is missing or too short for the blocks it should hold", REINDEX],
  },
  {
    what: "a file of blocks that is gone",
    damage: (dir) => rmSync(join(dir, "blocks", "blk00000.dat")),
    says: ["blocks/blk00000.dat is missing or too short for the blocks it should hold", REINDEX],
  },
  {
    what: "a flipped bit in the last block",
    damage: (dir) => flip(join(dir, "blocks", "blk00000.dat"), -3),
    says: [/Block [0-9a-f]{64} in blocks\/blk00000\.dat is damaged/, REINDEX],
  },
  {
    what: "a flipped bit in what undoes the last block",
    damage: (dir) => flip(join(dir, "blocks", "rev00000.dat"), -3),
    says: [/What undoes block [0-9a-f]{64}, in blocks\/rev00000\.dat, is damaged/, REINDEX],
  },
  {
    what: "a folder where a file of the coins should be",
    damage: (dir) => {
      rmSync(join(dir, "chainstate", "CURRENT"));
      mkdirSync(join(dir, "chainstate", "CURRENT"));
    },
    says: [/chainstate: the store is damaged/, REINDEX_COINS],
  },
  {
    what: "a newer format",
    damage: (dir) => writeFileSync(join(dir, "blocks", "format"), "tidings data format 7\n"),
    says: ["written by a newer tidings: format 7, this one reads 2. Use that version, or another directory."],
  },
  {
    what: "a format file that says nothing",
    damage: (dir) => writeFileSync(join(dir, "blocks", "format"), Buffer.alloc(20)),
    says: [/format is damaged\. If the data is this program's, write "tidings data format 2" into it/],
  },
  {
    what: "addresses of peers that are garbage",
    damage: (dir) => writeFileSync(join(dir, "peers.dat"), "garbage"),
    says: [/^Invalid or corrupt peers\.dat \(Invalid network magic/, /move the file \(".*peers\.dat"\)/],
  },
];

for (const { what, damage, says } of REFUSALS) {
  test(`a directory with ${what} is refused in one line that says what to do`, async () => {
    const text = await refusalOf(damaged(damage));
    assert.match(text, /^[^\n]+$/);
    for (const part of says) {
      if (typeof part === "string") assert.ok(text.includes(part), text);
      else assert.match(text, part);
    }
  });
}

test("an index that is gone is refused in Bitcoin Core's two lines", async () => {
  const folder = damaged((dir) => rmSync(join(dir, "blocks", "index"), { recursive: true }));
  assert.equal(await refusalOf(folder), "Error initializing block database.\n" +
    "Please restart with -reindex or -reindex-chainstate to recover.");
});

test("tidingsd ends with that line and exit code 1, without a stack trace", async () => {
  const damages = REFUSALS.filter((_, i) => i % 5 === 0).map(({ damage }) => damaged(damage));
  for (const text of await Promise.all(damages.map(endOfTidingsd))) assert.match(text, /^Error: [^\n]+\n$/);
});

const MENDINGS: readonly Omit<Refusal, "says">[] = [
  { what: "coins that are gone", damage: (dir) => rmSync(join(dir, "chainstate"), { recursive: true }) },
  {
    what: "coins of which the last changes were torn off",
    damage: (dir) => change(fileOf(join(dir, "chainstate"), /\.log$/),
      (bytes) => bytes.subarray(0, bytes.length - 50)),
  },
  {
    what: "coins with a flipped bit in the last changes",
    damage: (dir) => flip(fileOf(join(dir, "chainstate"), /\.log$/), -30),
  },
  { what: "coins without CURRENT", damage: (dir) => rmSync(join(dir, "chainstate", "CURRENT")) },
  { what: "addresses of peers in a form that is no longer written",
    damage: (dir) => writeFileSync(join(dir, "peers.dat"), "TADR and so on") },
  { what: "bans that are garbage",
    damage: (dir) => writeFileSync(join(dir, "banlist.json"), "garbage") },
  { what: "addresses of peers that are gone",
    damage: (dir) => rmSync(join(dir, "peers.dat"), { force: true }) },
  {
    what: "the lock and the cookie of a node that was killed",
    damage: (dir) => {
      writeFileSync(join(dir, ".cookie"), "__cookie__:old");
      writeFileSync(join(dir, "bitcoind.pid"), "999999\n");
    },
  },
];

for (const { what, damage } of MENDINGS) {
  test(`a directory with ${what} is mended, and has the tip that it had`, async () => {
    const node = await open(damaged(damage));
    assert.ok((await node.command({ type: "settle" })).ok);
    assert.equal(tipOf(node), tip);
    const more = await node.command({ type: "generate", count: 1, script: Uint8Array.of(0x51),
      maxTries: 1e6 });
    assert.ok(more.ok, JSON.stringify(more));
    await node.close();
  });
}

for (const [what, edit] of [
  ["of which the last changes were torn off", (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
  ["with a flipped bit in the middle of its log",
    (bytes: Buffer) => bytes.fill(bytes[9_000]! ^ 1, 9_000, 9_001)],
] as const) test(`an index ${what} is refused, or is as it was before them`, async () => {
  const folder = damaged((dir) => {
    const log = fileOf(join(dir, "blocks", "index"), /\.log$/);
    change(log, edit);
  });
  try {
    const node = await open(folder);
    const height = node.core.chain.headers.height(node.core.chain.tip);
    assert.ok(height > 0 && height <= HEIGHT, `height ${height}`);
    await node.close();
  } catch (error) {
    const text = /^ChainDataError: The coin database in chainstate is damaged: .* which is not known\. Start once/;
    assert.match(String(error), text);
  }
});
