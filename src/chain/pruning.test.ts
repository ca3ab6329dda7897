import assert from "node:assert/strict";
import { test } from "node:test";
import { type BlockNode, BlockTree } from "../../test/support/blocks.ts";
import { ChainHarness } from "../../test/support/chain_harness.ts";
import { seededRng, shuffle } from "../base/rng.ts";
import { regtestWith } from "../params/regtest.ts";
import { displayHash } from "../primitives/hash.ts";
import type { FileInfo } from "./block_files.ts";
import { filesBelow, filesToPrune } from "./prune_choice.ts";

const PARAMS = regtestWith({ fastPrune: true });
const FILE_BYTES = 8 * 1024;
const settings = { params: PARAMS, blockFileBytes: FILE_BYTES };

const tree = new BlockTree(PARAMS);
const nodes = tree.grow(tree.genesis, 400);

function grown(pruneTarget: number | undefined, count = nodes.length): ChainHarness {
  const harness = new ChainHarness({ ...settings, pruneTarget });
  for (const { block } of nodes.slice(0, count)) {
    harness.chain.addBlock(block, { requested: true });
    harness.settle();
  }
  return harness;
}

function names({ disk }: ChainHarness): readonly string[] {
  return disk.files.listNow("blocks").map(({ name }) => name);
}

test("with a target the oldest files go, the last 288 blocks stay, and a start after a kill agrees", () => {
  const harness = grown(16 * 1024);
  const { chain } = harness;
  assert.ok(chain.prunedBelow > 0 && chain.prunedBelow <= 400 - 288, `pruned below ${chain.prunedBelow}`);
  assert.ok(!names(harness).includes("blk00000.dat") && !names(harness).includes("rev00000.dat"));
  for (let height = 0; height <= 400; height++) {
    const id = chain.activeAt(height) ?? assert.fail();
    const isKept = height >= chain.prunedBelow;
    assert.equal(chain.headers.hasBlock(id), isKept, `height ${height}`);
    assert.equal(chain.readBlock(id) !== undefined, isKept, `height ${height}`);
    assert.equal(chain.blockRange(id) !== undefined, isKept, `height ${height}`);
    assert.equal(chain.headers.transactionCount(id), 1, "what was counted stays counted");
  }
  const listed = harness.disk.files.listNow("blocks").reduce((total, { size }) => total + size, 0);
  assert.equal(chain.sizeOnDisk, listed);
  const again = harness.crash().settle();
  assert.equal(again.height, 400);
  assert.equal(again.chain.prunedBelow, chain.prunedBelow);
  assert.equal(again.chain.sizeOnDisk, listed);
  const [first] = nodes;
  const verdict = again.chain.addBlock((first ?? assert.fail()).block, { requested: false });
  assert.equal(verdict.type, "ignored", "a pruned block is not stored again unless it was asked for");
});

test("without a target nothing goes, until it is asked for", () => {
  const harness = grown(0);
  assert.equal(harness.chain.prunedBelow, 0);
  assert.ok(names(harness).includes("blk00000.dat"));
  const last = harness.chain.pruneTo(1000);
  assert.ok(last > 60 && last <= 112, `pruned to ${last}`);
  harness.settle();
  assert.equal(harness.chain.prunedBelow, last + 1);
  assert.ok(!names(harness).includes("blk00000.dat"));
  assert.equal(harness.chain.pruneTo(0), last, "what is gone is told again");
});

test("nothing is pruned from a chain that is short", () => {
  const harness = grown(0, 200);
  assert.equal(harness.chain.pruneTo(200), -1);
  harness.settle();
  assert.equal(harness.chain.prunedBelow, 0);
});

/** A chain has left a branch, up to height 80, for a longer one, and the first blocks of it are pruned. */
function leftAndPruned() {
  const stem = nodes.slice(0, 20);
  const left = tree.grow(stem.at(-1) ?? assert.fail(), 60);
  const harness = new ChainHarness({ ...settings, pruneTarget: 1 });
  for (const { block } of [...stem, ...left]) harness.chain.addBlock(block, { requested: true });
  harness.settle();
  const isHere = ({ block }: BlockNode) => {
    const { headers } = harness.chain;
    return headers.hasBlock(headers.find(block.hash) ?? assert.fail());
  };
  let tip = stem.at(-1) ?? assert.fail();
  while (left.every(isHere)) {
    tip = tree.extend(tip);
    harness.chain.addBlock(tip.block, { requested: true });
    harness.settle();
  }
  const gone = left.filter((node) => !isHere(node));
  assert.ok(gone.length > 2 && gone.length < left.length, `${gone.length} of ${left.length} are pruned`);
  assert.ok(harness.height > 300);
  return { harness, tip, left, gone };
}

test("a better branch of which blocks are pruned is followed once all of them are here again", () => {
  for (const isRestarted of [false, true]) {
    const { harness: before, tip, left, gone } = leftAndPruned();
    const harness = isRestarted ? before.restart().settle() : before;
    const { chain } = harness;
    const end = left.at(-1) ?? assert.fail();
    const known = chain.tips().find(({ id }) => id === chain.headers.find(end.block.hash));
    assert.equal(known?.status, "valid-fork", "its scripts were found good, whatever is pruned of it");
    harness.events.length = 0;
    const more = tree.grow(end, tip.height - 79);
    const order = [...more, ...shuffle(seededRng(7), gone)];
    for (const { block } of order) {
      assert.equal(harness.tipHash, displayHash(tip.block.hash));
      assert.equal(chain.addBlock(block, { requested: true }).type, "accepted");
      harness.settle();
    }
    assert.equal(harness.tipHash, displayHash(more.at(-1)?.block.hash ?? assert.fail()));
    const moves = harness.events.filter(({ type }) => type === "tip-changed");
    assert.equal(moves.length, 1, "there is one step from the one to the other");
    assert.ok(!harness.log.some((line) => line.includes("cannot be read")));
  }
});

const info = (bytes: number, heightMax: number): FileInfo => {
  return { blockBytes: bytes, undoBytes: bytes / 10, blocks: 1, heightMin: 0, heightMax };
};

/** With file 3 being written. */
const upTo = (lastPrunable: number) => (file: number, { heightMax }: FileInfo) => {
  return file !== 3 && heightMax <= lastPrunable;
};

test("filesToPrune takes the oldest files first, and only as many as it must", () => {
  const files = new Map([[0, info(100, 10)], [1, info(100, 20)], [2, info(100, 30)], [3, info(100, 40)]]);
  assert.deepEqual(filesToPrune(files, upTo(1000), 1000, 100), []);
  assert.deepEqual(filesToPrune(files, upTo(1000), 500, 100), [0]);
  assert.deepEqual(filesToPrune(files, upTo(1000), 400, 100), [0, 1]);
  assert.deepEqual(filesToPrune(files, upTo(1000), 1, 100), [0, 1, 2], "never the file being written");
  assert.deepEqual(filesToPrune(files, upTo(25), 1, 100), [0, 1], "never a block above the limit");
  assert.deepEqual(filesBelow(files, upTo(20)), [0, 1]);
});
