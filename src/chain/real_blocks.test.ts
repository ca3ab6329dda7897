import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ChainHarness } from "../../test/support/chain_harness.ts";
import { sharedPath, skipWithoutShared } from "../../test/support/paths.ts";
import { decodeWith } from "../codec/codec.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { MAIN } from "../params/main.ts";
import { SIGNET } from "../params/signet.ts";
import { type Block, blockCodec } from "../primitives/block.ts";
import { displayHash } from "../primitives/hash.ts";
import { BlockHeader, HEADER_BYTES } from "../primitives/header.ts";
import { hashHeaders } from "./header_acceptance.ts";

const skip = skipWithoutShared;
const TODAY = 1_760_000_000;

function sharedHeaders(name: string): readonly BlockHeader[] {
  const bytes = new Uint8Array(readFileSync(sharedPath("blocks", name)));
  const headers: BlockHeader[] = [];
  for (let at = 0; at < bytes.length; at += HEADER_BYTES) {
    headers.push(new BlockHeader(bytes.subarray(at, at + HEADER_BYTES)));
  }
  return hashHeaders(headers);
}

function sharedBlocks(name: string): readonly Block[] {
  const bytes = new Uint8Array(readFileSync(sharedPath("blocks", name)));
  const view = new DataView(bytes.buffer);
  const blocks: Block[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint32(at + 4, true);
    blocks.push(decodeWith(blockCodec, bytes.subarray(at + 8, at + 8 + length)));
    at += 8 + length;
  }
  return blocks;
}

function harnessFor(params: ChainParams): ChainHarness {
  const harness = new ChainHarness({ params });
  harness.now = TODAY;
  return harness.settle();
}

const HEADER_FILES = [
  [MAIN, "mainnet-0-10236.headers", 10_237],
  [SIGNET, "signet-0-2015.headers", 2_016],
] as const;

for (const [params, file, count] of HEADER_FILES) {
  test(`the first ${count} headers of ${params.name} are accepted, and stay after a restart`, { skip }, () => {
    const headers = sharedHeaders(file);
    assert.equal(headers.length, count);
    const harness = harnessFor(params);
    for (let at = 0; at < count; at += 2000) {
      const verdict = harness.chain.addHeaders(headers.slice(at, at + 2000));
      assert.equal(verdict.type, "accepted", JSON.stringify(verdict));
    }
    harness.settle();
    for (const { chain } of [harness, harness.crash()]) {
      assert.equal(chain.headers.size, count);
      assert.equal(chain.headers.height(chain.bestHeader), count - 1);
      assert.deepEqual(chain.headers.hash(chain.bestHeader), headers.at(-1)?.hash);
    }
  });
}

test("the first 255 blocks of main are connected, and leave the coins that nobody has spent", { skip }, () => {
  const harness = harnessFor(MAIN);
  const blocks = sharedBlocks("mainnet-1-255.blk");
  assert.equal(blocks.length, 255);
  for (const block of blocks) {
    assert.equal(harness.chain.addBlock(block, { requested: true }).type, "accepted");
  }
  harness.settle();
  assert.equal(harness.height, 255);
  assert.equal(harness.tipHash, displayHash((blocks.at(-1) as Block).hash));
  const spends = blocks.flatMap(({ transactions }) => transactions.slice(1));
  const made = blocks.flatMap(({ transactions }) => transactions.flatMap(({ outputs }) => outputs)).length;
  const spent = spends.flatMap(({ inputs }) => inputs).length;
  assert.ok(spent > 0);
  assert.equal(harness.coinsOnDisk().length, made - spent);
  // Block 170 pays Hal Finney with the coinbase of block 9: the first payment there was.
  const ninth = blocks[8]?.transactions[0] ?? assert.fail();
  assert.equal(harness.chain.coin({ txid: ninth.txid, index: 0 }), undefined);
});
