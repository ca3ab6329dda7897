import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type BlockNode, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone } from "../../test/support/blocks.ts";
import { coinDigest } from "../../test/support/coin_digest.ts";
import { tempDir } from "../../test/support/temp_dir.ts";
import { type Logger, silentLogger } from "../base/logger.ts";
import { below, seededRng, shuffle } from "../base/rng.ts";
import { defaultNodeOptions } from "../node/node_options.ts";
import { DataDirError } from "./data_dir_error.ts";
import { applyMask } from "./block_mask.ts";
import { type OpenNodeOptions, openNode, type RunningNode } from "./node_host.ts";
import type { Reindex } from "./reindex_mark.ts";
import { VerifyPool } from "./verify_pool.ts";

const PARAMS = QUICK_MATURITY;
const root = tempDir();
let folders = 0;
const pool = new VerifyPool({ threads: 0, report: (error) => assert.fail(error) });

const ALL: Reindex = { what: "all", isPruning: false };
const CHAINSTATE: Reindex = { what: "chainstate", isPruning: false };

function freshFolder(): string {
  folders += 1;
  return join(root, String(folders));
}

/** Forty blocks, with a side chain of five, in the order in which they were made. */
const CHAIN = makeChain();

function makeChain(): { readonly main: readonly BlockNode[]; readonly all: readonly BlockNode[] } {
  const tree = new BlockTree(PARAMS);
  const main = [...tree.grow(tree.genesis, 3)];
  for (let at = 0; at < 37; at++) {
    const spend = spendAnyone([coinbaseOf(main[at] as BlockNode)], 0, 3);
    main.push(tree.extend(main.at(-1) as BlockNode, { transactions: [spend] }));
  }
  const side = tree.grow(main[20] as BlockNode, 5);
  return { main, all: [...main.slice(0, 26), ...side, ...main.slice(26)] };
}

/** A log that tells its lines. */
function listener(lines: string[]): Logger {
  const line = (text: string) => void lines.push(text);
  return { ...silentLogger, info: line, warning: line, error: line, debug: (_, text) => line(text()) };
}

async function open(folder: string, reindex?: Reindex, more: Partial<OpenNodeOptions> = {}): Promise<RunningNode> {
  return openNode({
    options: { ...defaultNodeOptions(PARAMS), connectOnly: [], blockFileBytes: 4_000 },
    dataDir: folder, listen: [], logger: silentLogger, pool,
    ...(reindex === undefined ? {} : { stores: { reindex } }), ...more,
  });
}

function height({ core: { chain } }: RunningNode): number {
  return chain.headers.height(chain.tip);
}

/** Waits until the files are read, and all that can be connected is. */
async function settled(node: RunningNode): Promise<RunningNode> {
  while (node.core.chain.isLoadingBlocks) await new Promise((resolve) => setTimeout(resolve, 2));
  await node.command({ type: "settle" });
  return node;
}

async function digestOf(folder: string, reindex?: Reindex, more?: Partial<OpenNodeOptions>): Promise<string> {
  const node = await settled(await open(folder, reindex, more));
  const digest = await coinDigest(node);
  await node.close();
  return digest;
}

/** A node that has seen all blocks, stopped. */
async function filledFolder(): Promise<string> {
  const folder = freshFolder();
  const node = await open(folder);
  for (const { block } of CHAIN.all) await node.command({ type: "submit-block", block });
  await node.close();
  return folder;
}

function record({ block }: BlockNode): Buffer {
  const frame = Buffer.alloc(8);
  frame.set(PARAMS.magic);
  frame.writeUInt32LE(block.bytes.length, 4);
  return Buffer.concat([frame, block.bytes]);
}

/** A directory that holds nothing but these block files. */
function folderOf(files: readonly Buffer[]): string {
  const folder = freshFolder();
  mkdirSync(join(folder, "blocks"), { recursive: true });
  for (const [i, bytes] of files.entries()) {
    writeFileSync(join(folder, "blocks", `blk${String(i).padStart(5, "0")}.dat`), bytes);
  }
  return folder;
}

const expected = filledFolder().then((folder) => digestOf(folder));

test("a reindex finds the same chain and coins, adds nothing to the block files, and is over then", async () => {
  const folder = await filledFolder();
  const before = blockFiles(folder);
  assert.ok(Object.keys(before).length > 3);
  const lines: string[] = [];
  assert.equal(await digestOf(folder, ALL, { logger: listener(lines) }), await expected);
  assert.deepEqual(blockFiles(folder), before);
  const heard = lines.filter((line) => /^(Reindex|initload)/.test(line));
  assert.equal(heard[0], "initload thread start");
  assert.equal(heard[1], "Reindexing block file blk00000.dat (0% complete)...");
  assert.deepEqual(heard.slice(-2), ["Reindexing finished", "initload thread exit"]);
  assert.equal(existsSync(join(folder, "blocks", "reindex")), false);
  assert.equal(await digestOf(folder), await expected);
});

function blockFiles(folder: string): Record<string, string> {
  const names = readdirSync(join(folder, "blocks")).filter((name) => name.startsWith("blk"));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, "blocks", name), "hex")]));
}

test("a reindex of the coins alone leaves the index and undo files, and finds the same coins", async () => {
  const folder = await filledFolder();
  const undo = readFileSync(join(folder, "blocks", "rev00000.dat"));
  assert.equal(await digestOf(folder, CHAINSTATE), await expected);
  assert.deepEqual(readFileSync(join(folder, "blocks", "rev00000.dat")), undo);
});

for (let seed = 1; seed <= 8; seed++) {
  test(`seed ${seed}: blocks in any order, twice, with garbage between, cut off and masked, are all found`, async () => {
    const rng = seededRng(seed);
    const noise = (count: number) => Buffer.from(Array.from({ length: count }, () => below(rng, 256)));
    const pieces: Buffer[] = [];
    for (const node of shuffle(rng, [...CHAIN.all, ...CHAIN.all.slice(5, 15)])) {
      const what = below(rng, 8);
      if (what === 0) pieces.push(noise(below(rng, 300)));
      if (what === 1) pieces.push(Buffer.alloc(below(rng, 300)));
      // A frame that promises a block, and goes on as something else.
      if (what === 2) pieces.push(Buffer.concat([record(node).subarray(0, 8), noise(40)]));
      if (what === 3) pieces.push(record(node).subarray(0, 60));
      pieces.push(record(node));
    }
    const third = Math.ceil(pieces.length / 3);
    const files: Buffer[] = [0, 1, 2].map((i) => Buffer.concat(pieces.slice(i * third, (i + 1) * third)));
    files.push(record(CHAIN.main[5] as BlockNode).subarray(0, 150));
    const mask = seed % 2 === 0 ? undefined : noise(8);
    if (mask !== undefined) for (const bytes of files) applyMask(bytes, mask, 0);
    const folder = folderOf(files);
    if (mask !== undefined) writeFileSync(join(folder, "blocks", "xor.dat"), mask);
    assert.equal(await digestOf(folder, ALL), await expected);
    assert.equal(await digestOf(folder), await expected);
  });
}

test("a reindex that is stopped, again and again, goes on at the next start without being told", async () => {
  const folder = await filledFolder();
  let reindex: Reindex | undefined = ALL;
  let stops = 0;
  for (let done = false; !done; reindex = undefined) {
    const node = await open(folder, reindex);
    const from = height(node);
    while (node.core.chain.isLoadingBlocks && height(node) < from + 8) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await node.close();
    done = !existsSync(join(folder, "blocks", "reindex"));
    if (!done) stops++;
  }
  assert.ok(stops >= 2, `stopped ${stops} times`);
  assert.equal(await digestOf(folder), await expected);
});

test("while blocks are read from files the node says that it is in its initial download, and dials nobody", async () => {
  const folder = await filledFolder();
  const node = await open(folder, ALL);
  assert.equal(node.core.chain.isLoadingBlocks, true);
  assert.equal(node.core.chain.isInitialBlockDownload, true);
  assert.equal((await settled(node)).core.chain.isLoadingBlocks, false);
  await node.close();
});

test("after a reindex new blocks are stored behind those that were found", async () => {
  const folder = await filledFolder();
  const node = await settled(await open(folder, ALL));
  const tree = new BlockTree(PARAMS);
  const next = tree.extend(CHAIN.main.at(-1) as BlockNode, { time: (CHAIN.main.at(-1) as BlockNode).context.time + 1 });
  await node.command({ type: "submit-block", block: next.block });
  assert.equal(height(node), 41);
  const digest = await coinDigest(node);
  await node.close();
  assert.equal(await digestOf(folder), digest);
  assert.equal(await digestOf(folder, ALL), digest);
});

test("a damaged block ends what a reindex finds; it and the later ones are taken from elsewhere", async () => {
  const folder = await filledFolder();
  const node = await open(folder);
  const id = node.core.chain.activeAt(30) ?? assert.fail();
  const range = node.core.chain.blockRange(id) ?? assert.fail();
  await node.close();
  const bytes = readFileSync(join(folder, range.name));
  bytes[range.offset + 120]! ^= 1;
  writeFileSync(join(folder, range.name), bytes);
  const again = await settled(await open(folder, ALL));
  assert.equal(height(again), 29);
  await again.command({ type: "submit-block", block: (CHAIN.main[29] as BlockNode).block });
  await again.command({ type: "settle" });
  assert.equal(height(again), 40);
  await again.close();
  assert.equal(await digestOf(folder), await expected);
});

test("blocks are loaded from other files, and a file that is not there is said", async () => {
  const file = join(root, "bootstrap.dat");
  writeFileSync(file, Buffer.concat(CHAIN.all.map(record)));
  const lines: string[] = [];
  const loadBlocks = [join(root, "nowhere.dat"), file];
  assert.equal(await digestOf(freshFolder(), undefined, { loadBlocks, logger: listener(lines) }), await expected);
  assert.ok(lines.includes(`Could not open blocks file ${join(root, "nowhere.dat")}`));
  assert.ok(lines.includes(`Importing blocks file ${file}...`));
});

test("with pruning, a reindex keeps the block files that follow each other from the first", async () => {
  const folder = await filledFolder();
  const before = Object.keys(blockFiles(folder)).length;
  writeFileSync(join(folder, "blocks", "blk00009.dat"), "what a gap stands before");
  const node = await settled(await open(folder, { what: "all", isPruning: true }));
  await node.close();
  assert.equal(Object.keys(blockFiles(folder)).length, before);
});

test("coins of an older format are refused by name, and made again when told", async () => {
  const folder = await filledFolder();
  writeFileSync(join(folder, "blocks", "format"), "tidings data format 1\n");
  await assert.rejects(open(folder), (error) =>
    error instanceof DataDirError && error.code === "older-format" && /-reindex-chainstate/.test(error.message));
  assert.equal(await digestOf(folder, CHAINSTATE), await expected);
  assert.equal(readFileSync(join(folder, "blocks", "format"), "utf8"), "tidings data format 2\n");
});

test("a reindex of a directory that is in use is refused, and touches nothing", async () => {
  const folder = await filledFolder();
  const node = await open(folder);
  await assert.rejects(open(folder, ALL), (error) => error instanceof DataDirError && error.code === "locked");
  assert.equal(existsSync(join(folder, "blocks", "reindex")), false);
  await node.close();
  assert.equal(await digestOf(folder), await expected);
});
