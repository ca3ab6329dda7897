import assert from "node:assert/strict";
import { test } from "node:test";
import { obeysCodecLaws } from "../../test/contract/codec_laws.ts";
import { header } from "../../test/support/arbitrary_primitives.ts";
import { fromHex, toHex } from "../base/bytes.ts";
import { decodeWith } from "../codec/codec.ts";
import { type BlockHash, displayHash, hashLiteral, ZERO_HASH } from "./hash.ts";
import { BlockHeader, headerCodec } from "./header.ts";

const GENESIS = fromHex(
  "01000000 0000000000000000000000000000000000000000000000000000000000000000" +
    "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a 29ab5f49 ffff001d 1dac2b7c",
);

obeysCodecLaws("a header", headerCodec, header);

test("the genesis header is read field by field, and has its hash", () => {
  const { version, previous, merkleRoot, time, bits, nonce, hash } = decodeWith(headerCodec, GENESIS);
  assert.deepEqual([version, time, bits, nonce], [1, 1231006505, 0x1d00ffff, 2083236893]);
  assert.deepEqual(previous, ZERO_HASH);
  assert.equal(displayHash(merkleRoot), "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b");
  assert.equal(displayHash(hash), "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");
});

test("a header from its fields has the bytes of one that was read", () => {
  const { version, previous, merkleRoot, time, bits, nonce } = decodeWith(headerCodec, GENESIS);
  assert.equal(
    toHex(BlockHeader.of({ version, previous, merkleRoot, time, bits, nonce }).bytes),
    toHex(GENESIS),
  );
});

test("a header does not view the message it came in", () => {
  for (const message of [GENESIS.slice(), Buffer.from(GENESIS)]) {
    const { hash } = decodeWith(headerCodec, GENESIS);
    const read = decodeWith(headerCodec, message);
    message.fill(0);
    assert.deepEqual(read.hash, hash);
  }
});

test("a hash that was handed in is not computed", () => {
  const hash = hashLiteral<BlockHash>("11".repeat(32));
  assert.equal(new BlockHeader(GENESIS, hash).hash, hash);
});
