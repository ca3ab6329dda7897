import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type BlockNode, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone,
} from "../../test/support/blocks.ts";
import { ChainHarness } from "../../test/support/chain_harness.ts";
import { fromHex } from "../base/bytes.ts";
import { below, seededRng } from "../base/rng.ts";
import { displayHash } from "../primitives/hash.ts";
import { REGTEST } from "../params/regtest.ts";
import { REINDEX_MARK } from "./chain_ports.ts";
import { ChainDataError, type ChainDataFault } from "./restore.ts";

const PARAMS = QUICK_MATURITY;
const settings = { params: PARAMS };
const HEAD = fromHex("42");
const TWO_HEADS = fromHex("48");

/** A chain with a fork: `main` is best, `side` leaves it after two blocks. */
function forkedChain(): { readonly main: readonly BlockNode[]; readonly side: readonly BlockNode[] } {
  const tree = new BlockTree(PARAMS);
  const main = [...tree.grow(tree.genesis, 3)];
  for (let at = 0; at < 5; at++) {
    const spend = spendAnyone([coinbaseOf(main[at] as BlockNode)], 0, 3);
    main.push(tree.extend(main.at(-1) as BlockNode, { transactions: [spend] }));
  }
  return { main, side: tree.grow(main[1] as BlockNode, 4) };
}

function feed(harness: ChainHarness, nodes: readonly BlockNode[]): void {
  for (const { block } of nodes) harness.chain.addBlock(block, { requested: true });
}

test("after a clean stop everything is where it was, and nothing is connected again", () => {
  const { main, side } = forkedChain();
  const harness = new ChainHarness(settings);
  feed(harness, main);
  feed(harness, side);
  const again = harness.restart();
  assert.equal(again.tipHash, harness.tipHash);
  assert.equal(again.chain.isRollingForward, false);
  again.settle();
  assert.deepEqual(again.events, []);
  assert.deepEqual(again.chain.tips(), harness.chain.tips());
  assert.equal(again.chain.sizeOnDisk, harness.chain.sizeOnDisk);
  assert.deepEqual(again.coinsOnDisk(), harness.coinsOnDisk());
  for (const { block } of main) {
    const id = again.chain.headers.find(block.hash) ?? assert.fail();
    assert.deepEqual(again.chain.readBlock(id), block.bytes);
  }
});

test("after a kill the blocks are there, and coins are rolled forward without checking scripts again", () => {
  const { main } = forkedChain();
  const harness = new ChainHarness(settings);
  feed(harness, main);
  harness.settle();
  const again = harness.crash();
  assert.equal(again.height, 0, "nothing was flushed");
  assert.equal(again.chain.isRollingForward, true);
  while (again.chain.work());
  assert.equal(again.jobs.length, 0);
  assert.equal(again.chain.isRollingForward, false);
  assert.equal(again.tipHash, harness.tipHash);
  assert.deepEqual(again.coinsOnDisk(), harness.coinsOnDisk());
});

test("when coins are made anew on request, scripts are checked again too", () => {
  const { main } = forkedChain();
  const harness = new ChainHarness(settings);
  feed(harness, main);
  harness.settle();
  const again = harness.crash({}, { connectsAnew: true });
  while (again.chain.work());
  assert.ok(again.jobs.length > 0);
  assert.equal(again.settle().tipHash, harness.tipHash);
});

test("scripts are checked again by the next start too, when one on request did not come to its end", () => {
  const { main } = forkedChain();
  const harness = new ChainHarness(settings);
  feed(harness, main);
  harness.settle();
  harness.disk.files.applyWrites([{ name: REINDEX_MARK, offset: 0, bytes: Uint8Array.of(1) }]);
  const isMarked = (): boolean => harness.disk.files.read(REINDEX_MARK, 0, 1) !== undefined;
  const stopped = harness.crash({}, { connectsAnew: true });
  stopped.applyBatch((stopped.batches[0] ?? assert.fail()).batch, 3);
  assert.ok(isMarked(), "until it is on disk that nothing counts as connected");
  stopped.acknowledge();
  assert.ok(!isMarked());
  const again = stopped.crash();
  while (again.chain.work());
  assert.ok(again.jobs.length > 0);
  const jobs = again.jobs.length;
  again.settle();
  assert.ok(again.restart().jobs.length < jobs, "once is enough");
});

test("coins flushed on a branch that was then left are brought back by what undoes it", () => {
  const { main, side } = forkedChain();
  const harness = new ChainHarness(settings);
  feed(harness, [...main.slice(0, 2), ...side]);
  harness.coinsOnDisk();
  feed(harness, main);
  harness.settle();
  const again = harness.crash();
  assert.equal(again.tipHash, displayHash((side.at(-1) as BlockNode).block.hash));
  again.settle();
  assert.equal(again.tipHash, harness.tipHash);
  assert.deepEqual(again.coinsOnDisk(), harness.coinsOnDisk());
});

for (let seed = 1; seed <= 20; seed++) {
  test(`seed ${seed}: stopped in the middle of any batch, it comes back to the same tip and coins`, () => {
    const rng = seededRng(seed);
    const { main, side } = forkedChain();
    const whole = new ChainHarness(settings);
    feed(whole, main);
    const expected = whole.coinsOnDisk();
    let harness = new ChainHarness(settings);
    for (let crashes = 0; crashes < 4; crashes++) {
      const someOfMain = main.slice(0, below(rng, main.length + 1));
      feed(harness, below(rng, 2) === 0 ? [...main.slice(0, 2), ...side] : someOfMain);
      for (let turns = below(rng, 40); turns > 0; turns--) {
        const what = below(rng, 10);
        if (what < 5) harness.chain.work();
        else if (what < 7) harness.verifyOne();
        else if (what < 9) harness.acknowledge();
        else harness.chain.flush(() => {});
      }
      const cut = harness.batches[0];
      if (cut !== undefined) harness.applyBatch(cut.batch, below(rng, 5));
      harness = harness.crash();
    }
    feed(harness, main);
    harness.settle();
    assert.equal(harness.tipHash, whole.tipHash);
    assert.deepEqual(harness.coinsOnDisk(), expected);
  });
}

/** More coins than go into one batch, on a branch that is left for another such. */
function wideChain(): readonly [BlockNode, readonly BlockNode[], readonly BlockNode[]] {
  const tree = new BlockTree(PARAMS);
  const base = tree.grow(tree.genesis, 3);
  const [first, , last] = base as [BlockNode, BlockNode, BlockNode];
  const one = spendAnyone([coinbaseOf(first)], 0, 5200);
  const other = spendAnyone([coinbaseOf(first)], 1000, 5100);
  const ours = [...base, tree.extend(last, { transactions: [one] })];
  const branch = tree.extend(last, { transactions: [other], fees: 1000 });
  return [last, ours, [branch, ...tree.grow(branch, 2)]];
}

test("a flush of many coins is cut into slices; a kill between two is mended by replaying", () => {
  const [, ours, theirs] = wideChain();
  const harness = new ChainHarness(settings);
  feed(harness, ours);
  harness.coinsOnDisk();
  feed(harness, theirs);
  harness.settle();
  harness.chain.flush(() => {});
  const slices: number[] = [];
  while (harness.batches.length > 0) {
    slices.push(harness.batches[0]?.batch.coins.length ?? 0);
    harness.acknowledge();
    if (slices.length === 1) {
      assert.equal(harness.disk.coins.get(HEAD), undefined);
      assert.equal(harness.disk.coins.get(TWO_HEADS)?.length, 64);
      break;
    }
  }
  const again = harness.crash();
  assert.equal(again.chain.isRollingForward, true);
  assert.ok(again.log.includes("Replaying blocks"));
  const coins = again.coinsOnDisk();
  assert.equal(again.tipHash, harness.tipHash);
  assert.equal(again.disk.coins.get(TWO_HEADS), undefined);
  const naive = new ChainHarness(settings);
  feed(naive, [...ours.slice(0, 3), ...theirs]);
  // As text: comparing thousands of entries one by one takes longer than making them.
  assert.ok(coins.join() === naive.coinsOnDisk().join());
});

test("a kill while mending is mended as well", () => {
  const [, ours, theirs] = wideChain();
  const harness = new ChainHarness(settings);
  feed(harness, ours);
  harness.coinsOnDisk();
  feed(harness, theirs);
  harness.settle();
  harness.chain.flush(() => {});
  harness.acknowledge();
  const second = harness.crash();
  while (second.chain.work());
  second.acknowledge();
  const third = second.crash();
  const naive = new ChainHarness(settings);
  feed(naive, [...ours.slice(0, 3), ...theirs]);
  assert.ok(third.coinsOnDisk().join() === naive.coinsOnDisk().join());
});

test("a block cut off by a power cut, above the coins, is downloaded again", () => {
  const { main } = forkedChain();
  const harness = new ChainHarness(settings);
  feed(harness, main.slice(0, 5));
  harness.coinsOnDisk();
  feed(harness, main);
  harness.settle();
  truncate(harness, "blocks/blk00000.dat", 10);
  const again = harness.crash().settle();
  assert.equal(again.height, main.length - 1);
  const last = (main.at(-1) as BlockNode).block;
  assert.equal(again.chain.headers.hasBlock(again.chain.headers.find(last.hash) ?? assert.fail()), false);
  again.chain.addBlock(last, { requested: true });
  assert.deepEqual(again.coinsOnDisk(), harness.coinsOnDisk());
});

test("a damaged block above the coins is found, logged with its place, and downloaded again", () => {
  const { main } = forkedChain();
  const harness = new ChainHarness(settings);
  feed(harness, main);
  harness.settle();
  const id = harness.chain.headers.find((main[3] as BlockNode).block.hash) ?? assert.fail();
  const range = harness.chain.blockRange(id) ?? assert.fail();
  harness.disk.files.applyWrites([{ name: range.name, offset: range.offset + 100, bytes: fromHex("ffee") }]);
  const again = harness.crash().settle();
  assert.equal(again.height, 3);
  assert.ok(again.log.some((line) => line.includes(range.name) && line.includes(`offset ${range.offset}`)));
  again.chain.addBlock((main[3] as BlockNode).block, { requested: true });
  again.settle();
  assert.equal(again.height, main.length);
});

test("a flipped bit anywhere in what stands before a block is found when it is read", () => {
  const { main } = forkedChain();
  const harness = new ChainHarness(settings);
  feed(harness, main);
  harness.settle();
  const id = harness.chain.headers.find((main[3] as BlockNode).block.hash) ?? assert.fail();
  const { name, offset } = harness.chain.blockRange(id) ?? assert.fail();
  for (let at = offset - 8; at < offset + 80; at++) {
    const [byte] = harness.disk.files.read(name, at, 1) ?? assert.fail();
    harness.disk.files.applyWrites([{ name, offset: at, bytes: Uint8Array.of((byte ?? 0) ^ 0x10) }]);
    assert.equal(harness.chain.readBlock(id), undefined, `byte ${at - offset}`);
    harness.disk.files.applyWrites([{ name, offset: at, bytes: Uint8Array.of(byte ?? 0) }]);
  }
  assert.deepEqual(harness.chain.readBlock(id), (main[3] as BlockNode).block.bytes);
});

function truncate({ disk: { files } }: ChainHarness, name: string, bytes: number): void {
  const size = files.listNow("blocks").find((file) => `blocks/${file.name}` === name)?.size ?? 0;
  const kept = files.read(name, 0, size - bytes) ?? assert.fail();
  files.applyRemovals([name]);
  files.applyWrites([{ name, offset: 0, bytes: kept }]);
}

function faultOf(start: () => unknown): ChainDataFault {
  try {
    start();
  } catch (error) {
    assert.ok(error instanceof ChainDataError, String(error));
    return error.fault;
  }
  return assert.fail("it started");
}

/** A chain of eight blocks on disk, all flushed. */
function stopped(): ChainHarness {
  const { main } = forkedChain();
  const harness = new ChainHarness(settings);
  feed(harness, main);
  harness.coinsOnDisk();
  return harness;
}

test("every flipped bit in the block index is found at the start", () => {
  const harness = stopped();
  const rng = seededRng(1);
  const pages = harness.disk.index.entries(fromHex("68"), fromHex("69"));
  for (let run = 0; run < 200; run++) {
    const [key, value] = pages[below(rng, pages.length)] ?? assert.fail();
    const damaged = value.slice();
    const at = below(rng, damaged.length);
    damaged[at] = (damaged[at] as number) ^ (1 << below(rng, 8));
    harness.disk.index.apply([{ type: "put", key, value: damaged }]);
    assert.match(faultOf(() => harness.crash()).what, /blocks\/index is damaged/);
    harness.disk.index.apply([{ type: "put", key, value }]);
  }
  assert.equal(harness.crash().height, 8);
});

test("a data directory that cannot be used is refused with what to do", () => {
  const refused = (change: (harness: ChainHarness) => void, what: RegExp, other = {}) => {
    const harness = stopped();
    change(harness);
    const fault = faultOf(() => harness.crash(other));
    assert.match(fault.what, what);
    assert.match(fault.advice, /-reindex|another|Use the version|Choose the chain/);
  };
  const put = (key: Uint8Array, value: Uint8Array) => [{ type: "put", key, value }] as const;
  refused(({ disk }) => disk.index.apply(put(fromHex("56"), fromHex("02000000"))), /format 2/);
  refused(({ disk }) => disk.index.apply([{ type: "delete", key: fromHex("56") }]), /not written by Tidings/);
  refused(() => {}, /begins with/, { params: { ...REGTEST, genesis: forkedChain().main[0]?.block } });
  refused(({ disk }) => disk.coins.apply(put(HEAD, new Uint8Array(32))), /not known/);
  refused(({ disk }) => disk.coins.apply(put(HEAD, new Uint8Array(3))), /does not say/);
  refused(({ disk }) => disk.files.applyRemovals(["blocks/blk00000.dat"]), /blk00000.dat is missing/);
  refused(({ disk }) => disk.files.applyRemovals(["blocks/rev00000.dat"]), /rev00000.dat is missing/);
  refused((harness) => truncate(harness, "blocks/blk00000.dat", 1), /blk00000.dat is missing or too short/);
  refused(({ disk }) => {
    const entries = disk.index.entries(fromHex("00"), fromHex("ff"));
    disk.index.apply(entries.map(([key]) => ({ type: "delete", key })));
  }, /Error initializing block database/);
});

test("coins that are gone altogether are made again from the blocks", () => {
  const harness = stopped();
  const expected = harness.coinsOnDisk();
  const entries = harness.disk.coins.entries(fromHex("00"), fromHex("ff"));
  harness.disk.coins.apply(entries.map(([key]) => ({ type: "delete", key })));
  assert.deepEqual(harness.crash().coinsOnDisk(), expected);
});

test("a coin of which a bit was flipped is named when it is looked at, and counts neither as spent nor as it is", () => {
  const harness = stopped();
  const [key, value] = harness.disk.coins.entries(fromHex("43"), fromHex("44"))[0] ?? assert.fail();
  const damaged = value.slice();
  damaged[1] = (damaged[1] ?? 0) ^ 4;
  harness.disk.coins.apply([{ type: "put", key, value: damaged }]);
  const again = harness.crash();
  const txid = key.slice(1, 33) as BlockNode["block"]["transactions"][0]["txid"];
  const fault = faultOf(() => again.chain.coin({ txid, index: key[33] ?? 0 }));
  assert.equal(fault.what, `Coin ${displayHash(txid)}:${key[33]} in the coin database (chainstate) is damaged`);
});
