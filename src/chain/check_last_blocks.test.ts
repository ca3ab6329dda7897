import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockTree } from "../../test/support/blocks.ts";
import { ChainHarness } from "../../test/support/chain_harness.ts";
import { BLOCKS_CHECKED } from "./check_last_blocks.ts";
import { ChainDataError } from "./restore.ts";
import { defined } from "../base/assert.ts";

const HEIGHT = 10;

/** A chain on disk, with its coins, as a clean stop leaves it. */
function stopped(): ChainHarness {
  const tree = new BlockTree();
  const harness = new ChainHarness();
  for (const { block } of tree.grow(tree.genesis, HEIGHT)) harness.chain.addBlock(block, { requested: true });
  harness.coinsOnDisk();
  return harness;
}

/** Turns one bit of a file over, and gives how to turn it back. */
function flip({ disk: { files } }: ChainHarness, name: string, offset: number): () => void {
  const byte = defined(files.read(name, offset, 1)?.[0], "there is such a byte");
  const put = (value: number): void => files.applyWrites([{ name, offset, bytes: Uint8Array.of(value) }]);
  put(byte ^ 4);
  return () => put(byte);
}

/** What a start says of the directory; `undefined` when it starts. */
function faultOf(harness: ChainHarness): string | undefined {
  try {
    harness.crash();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof ChainDataError, String(error));
    return error.message;
  }
}

test("a flipped bit in each byte of the last block, its witness included, is found at the start", () => {
  const harness = stopped();
  const { chain } = harness;
  const { name, offset, length } = chain.blockRange(chain.tip) ?? assert.fail();
  for (let at = offset; at < offset + length; at++) {
    const mend = flip(harness, name, at);
    const text = /^Block [0-9a-f]{64} in blocks\/blk00000\.dat is damaged\. Start once with -reindex/;
    assert.match(faultOf(harness) ?? "it starts", text, `byte ${at}`);
    mend();
  }
  assert.equal(faultOf(harness), undefined);
});

test("a flipped bit in what undoes the last block is found at the start", () => {
  const harness = stopped();
  const name = "blocks/rev00000.dat";
  const size = harness.disk.files.listNow("blocks").find((file) => name.endsWith(file.name))?.size ?? 0;
  for (let at = size - 33; at < size; at++) {
    const mend = flip(harness, name, at);
    const text = /^What undoes block [0-9a-f]{64}, in blocks\/rev00000\.dat, is damaged/;
    assert.match(faultOf(harness) ?? "it starts", text);
    mend();
  }
});

test(`the last ${BLOCKS_CHECKED} blocks are looked at, and not those below`, () => {
  const harness = stopped();
  for (let height = 1; height <= HEIGHT; height++) {
    const id = harness.chain.activeAt(height) ?? assert.fail();
    const { name, offset } = harness.chain.blockRange(id) ?? assert.fail();
    const mend = flip(harness, name, offset + 100);
    assert.equal(faultOf(harness) !== undefined, height > HEIGHT - BLOCKS_CHECKED, `height ${height}`);
    mend();
  }
});
