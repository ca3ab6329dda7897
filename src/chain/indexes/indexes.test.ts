import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { basicFilter } from "../../../test/support/basic_filter.ts";
import {
  type BlockNode, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone,
} from "../../../test/support/blocks.ts";
import { type Disk, newDisk } from "../../../test/support/chain_harness.ts";
import { IndexHarness } from "../../../test/support/index_harness.ts";
import { toHex } from "../../base/bytes.ts";
import { seededRng, shuffle } from "../../base/rng.ts";
import { ByteReader } from "../../codec/byte_reader.ts";
import { MuHash } from "../../crypto/muhash.ts";
import { filterHash, filterHeader, FIRST_FILTER_HEADER } from "../../filters/basic_filter.ts";
import type { Coin } from "../../primitives/coin.ts";
import { displayHash, hashKey } from "../../primitives/hash.ts";
import { type OutPoint, outPointBytes, type Transaction, transactionCodec } from "../../primitives/transaction.ts";
import { isUnspendable } from "../../script/script.ts";
import { bogoSize, serialiseCoin } from "../coin_serialisation.ts";
import { ChainDataError } from "../restore.ts";
import { totalUnspendable } from "./coin_totals.ts";
import { INDEX_KINDS, type IndexKind } from "./index_kinds.ts";
import type { TransactionPlace } from "./transaction_place.ts";

const PARAMS = QUICK_MATURITY;
const settings = { params: PARAMS };

/** A tree of blocks; most spend the coinbase two before them, and some at once what that made. */
function randomTree(choices: readonly number[]): readonly BlockNode[] {
  const tree = new BlockTree(PARAMS);
  const nodes: BlockNode[] = [tree.genesis];
  for (const choice of choices) {
    const parent = nodes[Math.max(0, nodes.length - 1 - (choice % 4 === 0 ? choice % 9 : 0))] as BlockNode;
    const transactions: Transaction[] = [];
    const mature = parent.parent;
    if (choice % 3 !== 0 && mature !== undefined && mature.height > 0) {
      // So many coins that the change of their hash is worked out elsewhere, now and then.
      const spend = spendAnyone([coinbaseOf(mature)], 10, choice % 11 === 0 ? 100 : 2);
      transactions.push(spend);
      const value = spend.outputs[0]?.value ?? 0;
      const made = { outPoint: { txid: spend.txid, index: 0 }, value };
      if (choice % 5 === 0) transactions.push(spendAnyone([made], 0));
    }
    // Some miners take less than they may.
    const isGenerous = choice % 7 === 0;
    nodes.push(tree.extend(parent, { transactions, fees: transactions.length > 0 && !isGenerous ? 10 : 0 }));
  }
  return nodes;
}

const trees = fc.array(fc.nat(1000), { minLength: 1, maxLength: 20 });

/** All coins, as a map, and what became of outputs: the indexes' naive twin. */
class Ledger {
  readonly coins = new Map<string, readonly [OutPoint, Coin]>();
  readonly spenders = new Map<string, readonly [OutPoint, Transaction]>();
  filterHeader = FIRST_FILTER_HEADER;

  /** Returns the filter's bytes. */
  add({ block, height }: BlockNode): Uint8Array {
    const spent: Coin[] = [];
    for (const transaction of block.transactions) {
      const { inputs, isCoinbase, outputs, txid } = transaction;
      for (const { prevout } of isCoinbase ? [] : inputs) {
        const key = hashKey(outPointBytes(prevout));
        spent.push((this.coins.get(key) ?? assert.fail("a spent coin is there"))[1]);
        this.coins.delete(key);
        this.spenders.set(key, [prevout, transaction]);
      }
      for (const [index, { script, value }] of outputs.entries()) {
        if (height === 0 || isUnspendable(script)) continue;
        const outPoint = { txid, index };
        this.coins.set(hashKey(outPointBytes(outPoint)), [outPoint, { script, value, height, isCoinbase }]);
      }
    }
    const filter = basicFilter(block, spent.map(({ script }) => script));
    this.filterHeader = filterHeader(filterHash(filter), this.filterHeader);
    return filter;
  }

  get muhash(): string {
    const set = new MuHash();
    for (const [outPoint, coin] of this.coins.values()) set.insert(serialiseCoin(outPoint, coin));
    return toHex(set.digest());
  }
}

function branchOf(node: BlockNode): readonly BlockNode[] {
  const branch: BlockNode[] = [];
  for (let at: BlockNode | undefined = node; at !== undefined; at = at.parent) branch.unshift(at);
  return branch;
}

function tipOf({ world }: IndexHarness, nodes: readonly BlockNode[]): BlockNode {
  return nodes.find(({ block }) => displayHash(block.hash) === world.tipHash) ?? assert.fail("the tip is known");
}

function transactionAt({ world }: IndexHarness, place: TransactionPlace | undefined): string | undefined {
  if (place === undefined) return undefined;
  const bytes = world.chain.readBlock(place.block) ?? assert.fail("the block is here");
  return displayHash(transactionCodec.decode(new ByteReader(bytes, place.offset)).txid);
}

/** Every index that is kept says, of every block up to `tip`, what the ledger says. */
function checkAgainstLedger(harness: IndexHarness, tip: BlockNode): void {
  const { chain } = harness.world;
  const { coinStatistics, filters, spenders, transactions } = harness.indexes;
  const ledger = new Ledger();
  for (const node of branchOf(tip)) {
    const filter = ledger.add(node);
    const { block: { hash, transactions: members }, height } = node;
    const id = chain.headers.find(hash) ?? assert.fail("the block is known");
    const entry = filters?.find(id, hash);
    assert.equal(entry && toHex(filters?.read(entry) ?? assert.fail("unreadable")), filters && toHex(filter));
    assert.deepEqual(entry?.header, filters && ledger.filterHeader);
    const found = coinStatistics?.find(id, hash);
    if (coinStatistics !== undefined) {
      if (found === undefined) assert.fail(`height ${height} has no totals`);
      const { totals } = found;
      assert.equal(toHex(found.muhash), ledger.muhash);
      assert.equal(totals.outputs, ledger.coins.size);
      const all = [...ledger.coins.values()].map(([, coin]) => coin);
      assert.equal(totals.amount, all.reduce((sum, { value }) => sum + BigInt(value), 0n));
      assert.equal(totals.bogoSize, all.reduce((sum, { script }) => sum + bogoSize(script), 0));
      assert.equal(totals.amount + totalUnspendable(totals), totals.subsidy, "every new coin is somewhere");
    }
    for (const { txid } of height === 0 ? [] : members) {
      assert.equal(transactionAt(harness, transactions?.find(txid)), transactions && displayHash(txid));
    }
  }
  for (const [outPoint, spender] of ledger.spenders.values()) {
    assert.equal(transactionAt(harness, spenders?.find(outPoint)), spenders && displayHash(spender.txid));
  }
  for (const [outPoint] of ledger.coins.values()) assert.equal(spenders?.find(outPoint), undefined);
}

function checkSynced(harness: IndexHarness): void {
  for (const { title, isSynced, height } of harness.indexes.summaries) {
    assert.ok(isSynced, title);
    assert.equal(height, harness.world.height, title);
  }
}

test("however blocks arrive, and wherever it crashes, the indexes say what a replay of the chain says", () => {
  fc.assert(fc.property(trees, fc.nat(), fc.array(fc.nat(40), { maxLength: 4 }), (choices, seed, crashes) => {
    const nodes = randomTree(choices);
    const order = shuffle(seededRng(seed), nodes.slice(1));
    let harness = new IndexHarness({ settings });
    harness.world.chain.addHeaders(nodes.slice(1).map(({ block }) => block.header));
    for (const [at, { block }] of order.entries()) {
      harness.world.chain.addBlock(block, { requested: true });
      const turns = crashes[at];
      if (turns === undefined) continue;
      for (let i = 0; i < turns && harness.turn(); i++);
      harness = harness.crash();
      harness.world.chain.addHeaders(nodes.slice(1).map(({ block: { header } }) => header));
      // What did not reach the disk is downloaded again.
      for (const before of order.slice(0, at + 1)) {
        harness.world.chain.addBlock(before.block, { requested: true });
      }
    }
    harness.settle();
    checkSynced(harness);
    checkAgainstLedger(harness, tipOf(harness, nodes));
    const again = harness.restart().settle();
    checkSynced(again);
    checkAgainstLedger(again, tipOf(again, nodes));
  }), { numRuns: 25 });
});

const straight = randomTree(Array.from({ length: 31 }, (_, i) => 4 * i + 1));
const straightTip = straight.at(-1) ?? assert.fail();

function grown(kinds: readonly IndexKind[], disk: Disk = newDisk(), nodes = straight): IndexHarness {
  const harness = new IndexHarness({ settings, kinds, disk });
  for (const { block } of nodes.slice(1)) harness.world.chain.addBlock(block, { requested: true });
  return harness.settle();
}

test("an index that is switched on later is made from the files, and tells when it is there", () => {
  const built = grown([]).restart({ kinds: INDEX_KINDS });
  assert.ok(built.indexes.summaries.every(({ isSynced, height }) => !isSynced && height === 0));
  built.settle();
  checkSynced(built);
  checkAgainstLedger(built, straightTip);
  for (const title of ["txindex", "coinstatsindex", "txospenderindex", "basic block filter index"]) {
    assert.ok(built.log.includes(`${title} is enabled at height 31`), title);
  }
});

test("an index goes on where it was, when it was switched off for a while", () => {
  const half = grown(INDEX_KINDS, newDisk(), straight.slice(0, 15));
  const without = half.restart({ kinds: [] });
  for (const { block } of straight.slice(15)) without.world.chain.addBlock(block, { requested: true });
  const again = without.settle().restart({ kinds: INDEX_KINDS });
  assert.deepEqual(again.indexes.summaries.map(({ height }) => height), [14, 14, 14, 14]);
  checkAgainstLedger(again.settle(), straightTip);
});

test("what left the chain while an index was off is taken back when it is on again", () => {
  const tree = new BlockTree(PARAMS);
  const trunk = tree.grow(tree.genesis, 5);
  const fork = trunk[2] ?? assert.fail();
  const spend = spendAnyone([coinbaseOf(trunk[0] ?? assert.fail())], 0);
  const other = [tree.extend(fork, { transactions: [spend] })];
  for (let i = 0; i < 3; i++) other.push(tree.extend(other.at(-1) ?? fork));
  const nodes = [tree.genesis, ...trunk];
  const off = grown(INDEX_KINDS, newDisk(), nodes).restart({ kinds: [] });
  for (const { block } of other) off.world.chain.addBlock(block, { requested: true });
  const again = off.settle().restart({ kinds: INDEX_KINDS }).settle();
  checkSynced(again);
  checkAgainstLedger(again, other.at(-1) ?? assert.fail());
  // Filters and totals of the blocks that left are still to be had.
  for (const { block: { hash } } of trunk) {
    const id = again.world.chain.headers.find(hash) ?? assert.fail();
    assert.ok(again.indexes.filters?.find(id, hash));
    assert.ok(again.indexes.coinStatistics?.find(id, hash));
  }
});

test("an index stays where it was when blocks are declared invalid, until there are others to go on with", () => {
  const harness = grown(INDEX_KINDS);
  const { chain } = harness.world;
  chain.invalidate(chain.tip, () => {});
  harness.settle();
  assert.equal(harness.world.height, 30);
  assert.deepEqual(harness.indexes.summaries.map(({ height }) => height), [31, 31, 31, 31]);
  assert.ok(harness.indexes.isIdle && harness.indexes.summaries.every(({ isSynced }) => isSynced));
  const [last] = straightTip.block.transactions.slice(1);
  assert.ok(last?.inputs[0] && harness.indexes.spenders?.find(last.inputs[0].prevout));
  const again = harness.restart().settle();
  assert.deepEqual(again.indexes.summaries.map(({ height }) => height), [31, 31, 31, 31]);
});

test("a turn ends after a while, however much there is to do", () => {
  const harness = grown([]).restart({ kinds: ["coinstatsindex"] });
  let turns = 0;
  while (!harness.indexes.isIdle && turns < 1_000) {
    harness.indexes.work(true);
    while (harness.world.acknowledge());
    turns++;
  }
  assert.ok(turns >= 20, `${turns} turns for 32 blocks of 2.5 ms and more`);
});

test("who asks for an index that is behind is answered once it is not", () => {
  const harness = grown(["txindex"], newDisk(), straight.slice(0, 10));
  for (const { block } of straight.slice(10)) harness.world.chain.addBlock(block, { requested: true });
  while (harness.world.height < 20) harness.turn();
  const answers: boolean[] = [];
  harness.indexes.whenCurrent("txindex", (isCurrent) => answers.push(isCurrent));
  assert.equal(answers.length, 0);
  assert.ok(harness.log.includes("txindex is catching up on block notifications"));
  harness.settle();
  assert.deepEqual(answers, [true]);
  harness.indexes.whenCurrent("blockfilterindex", (isCurrent) => answers.push(isCurrent));
  assert.deepEqual(answers, [true, false], "there is no such index");
});

test("a power cut that takes back files, or the chain, takes the index back to what was safe", () => {
  const disk = newDisk();
  const kinds: readonly IndexKind[] = ["blockfilterindex", "coinstatsindex"];
  const half = grown(kinds, disk, straight.slice(0, 15)).restart().settle();
  for (const { block } of straight.slice(15)) half.world.chain.addBlock(block, { requested: true });
  half.settle();
  const name = "indexes/blockfilter/basic/fltr00000.dat";
  const id = half.world.chain.headers.find(straight[20]?.block.hash ?? assert.fail()) ?? assert.fail();
  const { range } = half.indexes.filters?.find(id, straight[20]?.block.hash ?? assert.fail()) ?? assert.fail();
  disk.files.applyWrites([{ name, offset: range.offset, bytes: new Uint8Array(range.length) }]);
  const again = half.crash();
  const heights = again.indexes.summaries.map(({ title, height }) => `${title} ${height}`);
  assert.deepEqual(heights, ["coinstatsindex 31", "basic block filter index 14"]);
  checkAgainstLedger(again.settle(), straightTip);
});

test("an index that is damaged, or of another format, is refused by name, with what to do", () => {
  const cases: readonly (readonly [IndexKind, number, RegExp])[] = [
    ["txindex", 99, /^txindex has format 99, .*remove the folder "indexes\/txindex" and start again$/],
    ["coinstatsindex", 0, /^coinstatsindex is damaged: it does not say as of which block it is\. Please rebuild/],
  ];
  for (const [kind, format, message] of cases) {
    const disk = newDisk();
    const harness = grown([kind], disk);
    const key = Uint8Array.of(0x42);
    const record = disk.indexes[kind].get(key)?.slice() ?? assert.fail();
    record[0] = format;
    disk.indexes[kind].apply([{ type: "put", key, value: record }]);
    assert.throws(() => harness.crash(), (error) => error instanceof ChainDataError && message.test(error.message));
  }
});

test("entries that a disk has changed are not taken for true", () => {
  const disk = newDisk();
  const harness = grown(["coinstatsindex", "blockfilterindex"], disk);
  const { hash } = straightTip.block;
  const id = harness.world.chain.headers.find(hash) ?? assert.fail();
  for (const kind of ["coinstatsindex", "blockfilterindex"] as const) {
    for (const [key, value] of disk.indexes[kind].entries(Uint8Array.of(0x63), Uint8Array.of(0x67))) {
      const damaged = value.slice();
      damaged[70] = (damaged[70] ?? 0) ^ 1;
      disk.indexes[kind].apply([{ type: "put", key, value: damaged }]);
    }
  }
  assert.equal(harness.indexes.coinStatistics?.find(id, hash), undefined);
  assert.equal(harness.indexes.filters?.find(id, hash), undefined);
  assert.throws(() => harness.crash(), /basic block filter index is damaged: entries cannot be read/);
});

test("a block that cannot be read stops the index, by name, and nothing else", () => {
  const disk = newDisk();
  const off = grown([], disk).restart({ kinds: ["txindex", "blockfilterindex"] });
  const { chain } = off.world;
  const id = chain.activeAt(12) ?? assert.fail();
  const { name, offset, length } = chain.blockRange(id) ?? assert.fail();
  disk.files.applyWrites([{ name, offset, bytes: new Uint8Array(length) }]);
  for (let i = 0; i < 200 && off.turn(); i++);
  const hash = displayHash(chain.headers.hash(id));
  assert.ok(off.log.some((line) => line.startsWith(`Failed to read block ${hash} from disk: txindex stops at height 11`)));
  assert.ok(off.indexes.summaries.every(({ isSynced }) => !isSynced));
  assert.deepEqual(off.indexes.faults.map((fault) => fault.slice(0, 56)), [
    `txindex has stopped: Failed to read block ${hash}`.slice(0, 56),
    `basic block filter index has stopped: Failed to read block ${hash}`.slice(0, 56),
  ]);
  const replies: boolean[] = [];
  off.indexes.whenCurrent("txindex", (isCurrent) => replies.push(isCurrent));
  assert.deepEqual(replies, [false]);
  assert.ok(off.indexes.isIdle && !off.indexes.hasWork);
});
