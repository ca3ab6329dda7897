import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type BlockNode, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone,
} from "../../test/support/blocks.ts";
import { ChainHarness, type Disk, newDisk } from "../../test/support/chain_harness.ts";
import { fromHex } from "../base/bytes.ts";
import { type AssumeUtxo, REGTEST_ASSUME_UTXO } from "../params/assume_utxo.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { displayHash } from "../primitives/hash.ts";
import type { Change } from "../store/key_value_store.ts";
import { hashCoinEntries } from "./coins_hash.ts";
import { ChainDataError } from "./restore.ts";
import {
  SNAPSHOT_BASE_FILE, SNAPSHOT_REFUTED_FILE, SNAPSHOT_VALIDATED_FILE,
} from "./snapshot/snapshot_files.ts";

const BASE_HEIGHT = 8;
const TIP_HEIGHT = 12;
const OTHER_HASH = "00".repeat(32);
const [FIRST_COIN, LAST_COIN] = [fromHex("43"), fromHex("44")];

interface World {
  readonly params: ChainParams;
  readonly tree: BlockTree;
  /** From height 1 on. */
  readonly main: readonly BlockNode[];
  readonly base: BlockNode;
  readonly tip: BlockNode;
  /** What the coins as of the base are on disk, their head included. */
  readonly coins: readonly Change[];
  /** The hash of the coins as of the tip. */
  readonly tipCoins: string;
}

/** A chain of which coins are known as of one block. `adjust` has the last word on what is said of them. */
function makeWorld(adjust: (entry: AssumeUtxo) => AssumeUtxo = (entry) => entry): World {
  const tree = new BlockTree(QUICK_MATURITY);
  const main = [...tree.grow(tree.genesis, 3)];
  while (main.length < TIP_HEIGHT) {
    const spend = spendAnyone([coinbaseOf(main[main.length - 3] as BlockNode)], 0, 3);
    main.push(tree.extend(main.at(-1) as BlockNode, { transactions: [spend] }));
  }
  const base = main[BASE_HEIGHT - 1] as BlockNode;
  const full = new ChainHarness({ params: QUICK_MATURITY });
  feed(full, main.slice(0, BASE_HEIGHT));
  full.coinsOnDisk();
  const entries = full.disk.coins.entries(fromHex("42"), LAST_COIN);
  const entry = {
    height: BASE_HEIGHT,
    blockHash: base.block.hash,
    coinsHash: hashOf(full.disk),
    transactionCount: full.chain.headers.blocks.chainTransactionCount(full.chain.tip),
  };
  feed(full, main);
  full.coinsOnDisk();
  return {
    params: { ...QUICK_MATURITY, assumeUtxo: [adjust(entry)] },
    tree, main, base,
    tip: main.at(-1) as BlockNode,
    coins: entries.map(([key, value]) => ({ type: "put", key, value })),
    tipCoins: hashOf(full.disk),
  };
}

function hashOf({ coins }: Pick<Disk, "coins">): string {
  return hashCoinEntries(coins.entries(FIRST_COIN, LAST_COIN));
}

/** The hash of the active coins, once they are written. */
function activeCoins(harness: ChainHarness): string {
  harness.coinsOnDisk();
  const { coins, snapshotCoins } = harness.disk;
  return hashOf({ coins: harness.chain.coinsStore === "snapshot" ? (snapshotCoins ?? coins) : coins });
}

function feed(harness: ChainHarness, nodes: readonly BlockNode[]): void {
  for (const { block } of nodes) harness.chain.addBlock(block, { requested: true });
  harness.settle();
}

function addHeaders(harness: ChainHarness, nodes: readonly BlockNode[]): void {
  harness.chain.addHeaders(nodes.map(({ block }) => block.header));
}

/** A node that knows all headers and some blocks, and has the snapshot's coins. */
function loaded(world: World, blocks = 3, more: ConstructorParameters<typeof ChainHarness>[0] = {}): ChainHarness {
  const harness = new ChainHarness({ params: world.params, ...more });
  feed(harness, world.main.slice(0, blocks));
  addHeaders(harness, world.main);
  load(harness, world);
  return harness.settle();
}

function load(harness: ChainHarness, { base, coins }: World): void {
  assert.equal(harness.chain.snapshotRefusal(base.block.hash), undefined);
  assert.ok(harness.chain.isSnapshotAhead(base.block.hash));
  harness.disk.snapshotCoins?.apply(coins);
  harness.chain.activateSnapshot(base.block.hash, () => {});
}

function has(harness: ChainHarness, name: string): boolean {
  return harness.disk.files.read(name, 0, 1) !== undefined;
}

/** A start after what io/snapshot_folder.ts does first. */
function restarted(harness: ChainHarness): ChainHarness {
  const { disk } = harness;
  if (!has(harness, SNAPSHOT_VALIDATED_FILE) && !has(harness, SNAPSHOT_REFUTED_FILE)) return harness.crash();
  const coins = has(harness, SNAPSHOT_VALIDATED_FILE) ? (disk.snapshotCoins ?? disk.coins) : disk.coins;
  disk.files.applyRemovals([SNAPSHOT_BASE_FILE, SNAPSHOT_VALIDATED_FILE, SNAPSHOT_REFUTED_FILE]);
  const { snapshotCoins } = newDisk();
  return new ChainHarness(harness.settings, { ...disk, coins, ...(snapshotCoins && { snapshotCoins }) });
}

test("a snapshot's block is the tip at once, with its coins, and blocks build on it", () => {
  const world = makeWorld();
  const harness = loaded(world);
  assert.equal(harness.tipHash, displayHash(world.base.block.hash));
  const { outPoint } = coinbaseOf(world.base);
  assert.equal(harness.chain.coin(outPoint)?.height, BASE_HEIGHT);
  feed(harness, world.main.slice(BASE_HEIGHT));
  assert.equal(harness.height, TIP_HEIGHT);
  assert.equal(activeCoins(harness), world.tipCoins);
  const [background, active] = harness.chain.chainstates;
  assert.deepEqual([background?.tip, background?.isValidated, background?.snapshotBase], [3, true, undefined]);
  assert.deepEqual([active?.isValidated, active?.snapshotBase], [false, BASE_HEIGHT]);
});

test("the count of transactions up to a snapshot's block is known, and that of blocks below it is not", () => {
  const world = makeWorld();
  const { chain } = loaded(world);
  const count = (height: number): number => chain.headers.blocks.chainTransactionCount(chain.activeAt(height) ?? 0);
  assert.equal(count(BASE_HEIGHT), world.params.assumeUtxo[0]?.transactionCount);
  assert.deepEqual([count(3), count(4), count(BASE_HEIGHT - 1)], [4, 0, 0]);
});

test("blocks below it are connected in the background, and nobody else hears of them", () => {
  const world = makeWorld();
  const harness = loaded(world);
  harness.events.length = 0;
  feed(harness, world.main.slice(3, 6));
  const kinds = harness.events.map(({ type }) => type);
  assert.deepEqual(kinds, ["background-connected", "background-connected", "background-connected"]);
  assert.equal(harness.tipHash, displayHash(world.base.block.hash));
  assert.deepEqual(harness.chain.historicalRange, { from: 6, to: BASE_HEIGHT });
});

test("blocks on either side of the snapshot's stand in different files, also after a restart", () => {
  const world = makeWorld();
  const harness = loaded(world);
  const file = ({ chain: { headers } }: ChainHarness, height: number): number | undefined =>
    headers.blocks.position(headers.find((world.main[height - 1] as BlockNode).block.hash) ?? 0)?.file;
  feed(harness, [...world.main.slice(BASE_HEIGHT, BASE_HEIGHT + 2), ...world.main.slice(3, 5)]);
  const again = restarted(harness).settle();
  feed(again, [...world.main.slice(BASE_HEIGHT), ...world.main.slice(0, 6)]);
  const files = [3, 5, 6, BASE_HEIGHT + 1, TIP_HEIGHT].map((height) => file(again, height));
  assert.deepEqual(files, [0, 0, 0, 1, 1]);
});

test("when the background finds the same coins, one chainstate is left, also after a restart", () => {
  const world = makeWorld();
  const harness = loaded(world);
  feed(harness, world.main.slice(BASE_HEIGHT));
  feed(harness, world.main);
  assert.equal(harness.events.at(-1)?.type, "snapshot-validated");
  assert.equal(harness.chain.historicalRange, undefined);
  assert.deepEqual(harness.chain.chainstates.map(({ isValidated }) => isValidated), [true]);
  assert.equal(activeCoins(harness), world.tipCoins);
  const again = restarted(harness).settle();
  assert.equal(again.chain.coinsStore, "chainstate");
  assert.equal(again.tipHash, displayHash(world.tip.block.hash));
  assert.equal(activeCoins(again), world.tipCoins);
});

test("killed after any write, it goes on, and ends where a node without a snapshot ends", () => {
  const world = makeWorld();
  const settings = { params: world.params };
  const coins = new Set<string>();
  for (let writes = 0; ; writes++) {
    let harness = new ChainHarness(settings);
    feed(harness, world.main.slice(0, 2));
    addHeaders(harness, world.main);
    load(harness, world);
    const last = runUntilWrites(harness, world, writes);
    const isOver = last.isOver;
    harness = restarted(last.harness);
    // Nobody was told that it is loaded when it is not.
    addHeaders(harness, world.main);
    if (harness.chain.snapshotBase === undefined && harness.height < BASE_HEIGHT) load(harness, world);
    feed(harness, world.main.toReversed());
    assert.equal(harness.failure, undefined);
    assert.equal(harness.tipHash, displayHash(world.tip.block.hash), `killed after ${writes} writes`);
    assert.equal(harness.chain.historicalRange, undefined);
    coins.add(activeCoins(harness));
    if (isOver) break;
  }
  assert.deepEqual([...coins], [world.tipCoins]);
});

/** Feeds all blocks and flushes, and stops in the middle once so many batches are on disk. */
function runUntilWrites(
  harness: ChainHarness, { main }: World, writes: number,
): { readonly harness: ChainHarness; readonly isOver: boolean } {
  const waiting = [...main.slice(BASE_HEIGHT), ...main.slice(0, BASE_HEIGHT)];
  let written = 0;
  for (;;) {
    if (harness.chain.work() || harness.verifyOne()) continue;
    if (written === writes) return { harness, isOver: false };
    if (harness.acknowledge()) written++;
    else if (!harness.hashOne()) {
      const next = waiting.shift();
      if (next === undefined) return { harness, isOver: true };
      harness.chain.addBlock(next.block, { requested: true });
      if (waiting.length % 3 === 0) harness.chain.flush(() => {});
    }
  }
}

test("other coins than expected stop the node, which then goes on without the snapshot", () => {
  const world = makeWorld((entry) => ({ ...entry, coinsHash: OTHER_HASH }));
  const harness = loaded(world);
  feed(harness, world.main.slice(BASE_HEIGHT));
  feed(harness, world.main);
  assert.match(harness.failure ?? "", /is not what the blocks say: the coins as of block [0-9a-f]{64} are others/);
  assert.ok(has(harness, SNAPSHOT_REFUTED_FILE));
  assert.ok(harness.log.some((line) => line.startsWith("[snapshot] hash mismatch: actual=")));
  const again = restarted(harness);
  assert.equal(again.height, BASE_HEIGHT, "where the background was");
  const above = again.chain.headers.find((world.main[BASE_HEIGHT] as BlockNode).block.hash) ?? assert.fail();
  assert.equal(again.chain.headers.validity(above), "stored", "its scripts are checked again");
  again.settle();
  assert.equal(again.tipHash, displayHash(world.tip.block.hash));
  assert.equal(activeCoins(again), world.tipCoins);
});

test("a block before the snapshot's that breaks a rule stops the node, and is not followed again", () => {
  const tree = new BlockTree(QUICK_MATURITY);
  const good = tree.grow(tree.genesis, 3);
  const bad = tree.extend(good.at(-1) as BlockNode, { fees: 1 });
  const main = [...good, bad, ...tree.grow(bad, 4)];
  const base = main.at(-1) as BlockNode;
  const entry = { height: base.height, blockHash: base.block.hash, coinsHash: OTHER_HASH, transactionCount: 9 };
  const params = { ...QUICK_MATURITY, assumeUtxo: [entry] };
  const coins: readonly Change[] = [{ type: "put", key: fromHex("42"), value: base.block.hash }];
  const harness = loaded({ params, tree, main, base, tip: base, coins, tipCoins: "" });
  feed(harness, main);
  assert.match(harness.failure ?? "", /breaks a rule/);
  const again = restarted(harness).settle();
  assert.equal(again.height, 3);
  assert.ok(again.chain.headers.isInvalid(again.chain.headers.find(bad.block.hash) ?? assert.fail()));
});

test("an operator who takes a block below the snapshot's for invalid is told that the check ends there", () => {
  const world = makeWorld();
  const harness = loaded(world);
  const id = harness.chain.headers.find((world.main[4] as BlockNode).block.hash) ?? assert.fail();
  let isDone = false;
  harness.chain.invalidate(id, () => {
    isDone = true;
  });
  feed(harness, world.main);
  assert.ok(isDone);
  const warning = /^\[snapshot\] Block .* is taken for invalid, .* not checked any/;
  assert.ok(harness.log.some((line) => warning.test(line)));
  assert.ok(harness.chain.historicalRange !== undefined);
  harness.chain.reconsider(id, () => {});
  feed(harness, world.main);
  assert.equal(harness.chain.historicalRange, undefined);
  assert.equal(activeCoins(harness), world.tipCoins);
});

test("a node on another branch with less work goes back to the fork in the background", () => {
  const world = makeWorld();
  const harness = new ChainHarness({ params: world.params });
  feed(harness, world.main.slice(0, 2));
  feed(harness, world.tree.grow(world.main[1] as BlockNode, 4));
  addHeaders(harness, world.main);
  load(harness, world);
  const base = harness.chain.headers.find(world.base.block.hash);
  assert.deepEqual(harness.settle().chain.historicalRange, { from: 2, to: base });
  feed(harness, world.main.toReversed());
  assert.equal(harness.chain.historicalRange, undefined);
  assert.equal(activeCoins(harness), world.tipCoins);
  assert.ok(harness.events.some(({ type }) => type === "background-disconnected"));
});

test("above the snapshot's block a better chain is followed at once, below it once all is checked", () => {
  const world = makeWorld();
  const harness = loaded(world);
  feed(harness, world.main.slice(BASE_HEIGHT));
  const above = world.tree.grow(world.main[BASE_HEIGHT] as BlockNode, 4);
  feed(harness, above);
  assert.equal(harness.tipHash, displayHash((above.at(-1) as BlockNode).block.hash));
  const below = world.tree.grow(world.main[4] as BlockNode, 12);
  addHeaders(harness, below);
  feed(harness, below);
  assert.equal(harness.height, 13, "what the blocks in between spent is not known");
  feed(harness, world.main);
  assert.equal(harness.tipHash, displayHash((below.at(-1) as BlockNode).block.hash));
});

test("what cannot be loaded is refused in Bitcoin Core's words", () => {
  const world = makeWorld();
  const hash = world.base.block.hash;
  const shown = displayHash(hash);
  const harness = new ChainHarness({ params: world.params });
  const refusal = (): string => harness.chain.snapshotRefusal(hash) ?? "";
  assert.equal(refusal(), `The base block header (${shown}) must appear in the headers chain. Make sure all ` +
    "headers are syncing, and call loadtxoutset again");
  addHeaders(harness, world.main);
  assert.equal(refusal(), "");
  const other = (world.main[0] as BlockNode).block.hash;
  assert.equal(harness.chain.snapshotRefusal(other), "assumeutxo block hash in snapshot metadata not " +
    `recognized (hash: ${displayHash(other)}). The following snapshot heights are available: ${BASE_HEIGHT}`);
  addHeaders(harness, world.tree.grow(world.main[BASE_HEIGHT - 2] as BlockNode, 6));
  assert.match(refusal(), /^A forked headers-chain with more work/);
  harness.chain.invalidate(harness.chain.headers.find(hash) ?? assert.fail(), () => {});
  assert.equal(refusal(), `The base block header (${shown}) is part of an invalid chain`);
  assert.equal(loaded(world).chain.snapshotRefusal(hash),
    "Can't activate a snapshot-based chainstate more than once");
});

test("blocks below the snapshot's are pruned once the background has passed them", () => {
  const tree = new BlockTree(QUICK_MATURITY);
  const main = tree.grow(tree.genesis, 620);
  const full = new ChainHarness({ params: QUICK_MATURITY });
  feed(full, main.slice(0, 320));
  full.coinsOnDisk();
  const base = main[319] as BlockNode;
  const entry = {
    height: 320, blockHash: base.block.hash, coinsHash: hashOf(full.disk), transactionCount: 321,
  };
  const coins = full.disk.coins.entries(fromHex("42"), LAST_COIN)
    .map(([key, value]): Change => ({ type: "put", key, value }));
  const params = { ...QUICK_MATURITY, assumeUtxo: [entry], pruneAfterHeight: 10 };
  const harness = loaded({ params, tree, main, base, tip: base, coins, tipCoins: "" }, 10,
    { pruneTarget: 1, blockFileBytes: 2_000 });
  feed(harness, main.slice(320));
  harness.coinsOnDisk();
  const { headers } = harness.chain;
  const isHere = (height: number): boolean => {
    return headers.hasBlock(headers.find((main[height - 1] as BlockNode).block.hash) ?? assert.fail());
  };
  assert.deepEqual([isHere(1), isHere(10), isHere(620)], [true, true, true]);
  feed(harness, main.slice(10, 315));
  harness.coinsOnDisk();
  assert.deepEqual([isHere(1), isHere(30), isHere(315)], [false, true, true]);
  feed(harness, main.slice(315, 320));
  harness.coinsOnDisk();
  assert.equal(harness.failure, undefined);
  assert.equal(harness.chain.historicalRange, undefined);
  const { prunedBelow } = harness.chain;
  assert.ok(prunedBelow > 300 && prunedBelow <= 620 - 287, `pruned below ${prunedBelow}`);
});

test("a folder of a snapshot that the network does not know of is refused at the start", () => {
  const harness = new ChainHarness();
  const { blockHash } = REGTEST_ASSUME_UTXO[0] ?? assert.fail();
  const unknown = blockHash.slice().fill(0x7a);
  harness.settle();
  harness.disk.files.applyWrites([{ name: SNAPSHOT_BASE_FILE, offset: 0, bytes: unknown }]);
  assert.throws(() => harness.crash(), (error: unknown) => error instanceof ChainDataError &&
    error.message === "A fatal internal error occurred, see debug.log for details: Assumeutxo data not found " +
      `for the given blockhash '${"7a".repeat(32)}'.`);
});
