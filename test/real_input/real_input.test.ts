/**
 * Real blocks and headers of public networks through `tidings import`, and what is left of them
 * with a single bit changed. Networks made here show the same rules without those files.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Bytes, concatBytes } from "../../src/base/bytes.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { seededRng } from "../../src/base/rng.ts";
import type { UnixSeconds } from "../../src/base/time.ts";
import { importCommand } from "../../src/cli/import_command.ts";
import { ByteWriter } from "../../src/codec/byte_writer.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { openNode, type RunningNode } from "../../src/io/node_host.ts";
import { VerifyPool } from "../../src/io/verify_pool.ts";
import { defaultNodeOptions, type NodeOptions } from "../../src/node/node_options.ts";
import type { ChainParams } from "../../src/params/chain_params.ts";
import { MAIN } from "../../src/params/main.ts";
import { makeChainFile } from "../../src/params/make_chain_file.ts";
import { SIGNET } from "../../src/params/signet.ts";
import { displayHash } from "../../src/primitives/hash.ts";
import { parseHost } from "../../src/primitives/host_text.ts";
import type { Transaction } from "../../src/primitives/transaction.ts";
import { type BlockNode, BlockTree, coinbaseOf, spendAnyone } from "../support/blocks.ts";
import { testSize } from "../support/environment.ts";
import { sharedPath, skipWithoutShared } from "../support/paths.ts";
import { tempDir } from "../support/temp_dir.ts";
import { blocksFile, describeRefusals, flipBits, headersFile, type RecordFile } from "./flips.ts";

installNodeCrypto();

const skip = skipWithoutShared;
const SEED = 20_260;
/** Of blocks, and of headers. */
const BITS = testSize("TIDINGS_MUTATIONS", 300);
const root = tempDir();
const pool = new VerifyPool({ threads: 0, report: (error) => assert.fail(error) });
const opened: RunningNode[] = [];
after(async () => {
  for (const node of opened) await node.close();
});

function optionsFor(params: ChainParams, more: Partial<NodeOptions> = {}): NodeOptions {
  const anyWork = { minimumChainWork: 0n, assumeValid: undefined };
  return { ...defaultNodeOptions(params), ...anyWork, connectOnly: [], ...more };
}

/** A node that talks to peers of this machine only; without a directory it keeps everything in memory. */
async function open(options: NodeOptions, dataDir?: string): Promise<RunningNode> {
  const listen = options.listen ? [{ host: "127.0.0.1", port: 0 }] : [];
  const node = await openNode({ options, dataDir, listen, logger: silentLogger, pool });
  opened.push(node);
  return node;
}

function tipOf({ core: { chain } }: RunningNode): string {
  return `${displayHash(chain.headers.hash(chain.tip))} height=${chain.headers.height(chain.tip)}`;
}

/** What `tidings import` printed, line by line; its exit code must be zero. */
async function runImport(...words: string[]): Promise<readonly string[]> {
  const mask = process.umask();
  const output: string[] = [];
  const write = process.stdout.write.bind(process.stdout);
  // The test runner's own reports are not text, and go on.
  process.stdout.write = (text: string | Uint8Array): boolean => {
    return typeof text === "string" ? output.push(text) > 0 : write(text);
  };
  try {
    assert.equal(await importCommand(words), 0);
  } finally {
    process.stdout.write = write;
    process.umask(mask);
  }
  return output.join("").trim().split("\n");
}

/** A node from the imported directory serves one that has nothing. */
async function assertServed(params: ChainParams, dataDir: string, tip: string): Promise<void> {
  const server = await open(optionsFor(params), join(dataDir, params.folder));
  assert.equal(`tip ${tipOf(server)}`, tip);
  const port = server.addresses[0]?.port ?? 0;
  const address = parseHost("127.0.0.1", port) ?? assert.fail();
  const client = await open(optionsFor(params, { connectOnly: [address], listen: false }));
  await new Promise<void>((resolve) => {
    const look = (): void => void (tipOf(client) === tipOf(server) && resolve());
    client.listen(look);
    look();
  });
}

const shared = (name: string): Bytes => new Uint8Array(readFileSync(sharedPath("blocks", name)));

// A network of its own: hard enough that a changed header does not pass by luck, and quick to mine.

const made = makeChainFile("flips", {
  time: 1_700_000_000 as UnixSeconds, message: "flips", limit: (1n << 244n) - 1n, coinbaseMaturity: 2,
}, seededRng(1));
const OWN = made.ok ? made.params : assert.fail(made.errors.join());
const ownChainFile = join(root, "flips.json");
writeFileSync(ownChainFile, made.ok ? made.text : "");

/** Blocks with payments in some of them. */
function ownBlocks(count: number): readonly BlockNode[] {
  const tree = new BlockTree(OWN);
  const nodes: BlockNode[] = [];
  for (let i = 0; i < count; i++) {
    const coin = i % 4 === 3 ? nodes[i - 3] : undefined;
    const transactions: Transaction[] = coin === undefined ? [] : [spendAnyone([coinbaseOf(coin)], 0, 2)];
    nodes.push(tree.extend(nodes.at(-1) ?? tree.genesis, { transactions }));
  }
  return nodes;
}

function recordsOf(nodes: readonly BlockNode[]): Bytes {
  return concatBytes(...nodes.map(({ block: { bytes } }) =>
    new ByteWriter(8 + bytes.length).bytes(OWN.magic).u32(bytes.length).bytes(bytes).finish()));
}

const OWN_BLOCKS = ownBlocks(24);
const OWN_TIP = `${displayHash((OWN_BLOCKS.at(-1) as BlockNode).block.hash)} height=${OWN_BLOCKS.length}`;
const ownRecords = recordsOf(OWN_BLOCKS);
const ownHeaders =
  concatBytes(OWN.genesis.header.bytes, ...OWN_BLOCKS.map(({ block }) => block.header.bytes));

test("blocks of a network made here are imported, and served to a second node over TCP", async () => {
  const [file, dataDir] = [join(root, "own.blk"), join(root, "own")];
  writeFileSync(file, ownRecords);
  const [tip = ""] = await runImport(file, "--chain", ownChainFile, "--datadir", dataDir);
  assert.equal(tip, `tip ${OWN_TIP}`);
  await assertServed(OWN, dataDir, tip);
});

test("the 255 blocks of main are imported, and served to a second node over TCP", { skip }, async () => {
  const dataDir = join(root, "main");
  const [tip = ""] = await runImport(sharedPath("blocks", "mainnet-1-255.blk"),
    "--chain", "main", "--datadir", dataDir, "--minimumchainwork", "0", "--assumevalid", "0");
  assert.match(tip, /^tip [0-9a-f]{64} height=255$/);
  await assertServed(MAIN, dataDir, tip);
});

for (const [chain, file, count] of [
  ["main", "mainnet-0-10236.headers", 10_237], ["signet", "signet-0-2015.headers", 2016],
] as const) {
  test(`the first ${count} headers of ${chain} are imported`, { skip }, async () => {
    const [tip = "", best = ""] = await runImport(sharedPath("blocks", file),
      "--chain", chain, "--datadir", join(root, `${chain}-headers`), "--minimumchainwork", "0");
    assert.match(tip, / height=0$/);
    assert.match(best, new RegExp(`^best header [0-9a-f]{64} height=${count - 1}$`));
  });
}

/** Opens a node for each file, and gives it its part of the flips, by length. */
async function flipAll(
  files: readonly (readonly [ChainParams, RecordFile])[], flips: number,
): Promise<string> {
  const rng = seededRng(SEED);
  const total = files.reduce((sum, [, { bytes }]) => sum + bytes.length, 0);
  const lines: string[] = [];
  let left = flips;
  for (const [i, [params, file]] of files.entries()) {
    const count = i === files.length - 1 ? left : Math.round((flips * file.bytes.length) / total);
    left -= count;
    const node = await open(optionsFor(params, { listen: false }));
    const refusals = await flipBits(node, file, { count, rng, seed: SEED, folder: root });
    lines.push(`  ${file.name}: ${count} changed bits, refused for ${describeRefusals(refusals)}`);
  }
  return lines.join("\n");
}

test("of 600 single bits changed in blocks and headers of a network made here, none is accepted",
  async () => {
  const files = [[OWN, blocksFile("own.blk", ownRecords)],
    [OWN, headersFile("own.headers", ownHeaders)]] as const;
  console.log(`Seed ${SEED}:\n${await flipAll(files, 600)}`);
});

test(`of ${2 * BITS} single bits changed in blocks and headers of main and signet, none is accepted`, { skip },
  async () => {
  // Most bytes are headers: half of the flips go to the blocks all the same.
  const blocks = [[MAIN, blocksFile("mainnet-1-255.blk", shared("mainnet-1-255.blk"))]] as const;
  const headers = [
    [MAIN, headersFile("mainnet-0-10236.headers", shared("mainnet-0-10236.headers"))],
    [SIGNET, headersFile("signet-0-2015.headers", shared("signet-0-2015.headers"))],
  ] as const;
  console.log(`Seed ${SEED}:\n${await flipAll(blocks, BITS)}\n${await flipAll(headers, BITS)}`);
});
