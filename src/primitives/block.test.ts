import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { obeysCodecLaws } from "../../test/contract/codec_laws.ts";
import { block } from "../../test/support/arbitrary_primitives.ts";
import { sharedPath, skipWithoutShared } from "../../test/support/paths.ts";
import { fromHex, toHex } from "../base/bytes.ts";
import { decodeWith } from "../codec/codec.ts";
import { Block, blockCodec } from "./block.ts";
import { displayHash } from "./hash.ts";

/** Block 1 of a regtest chain, as a bitcoind sent it. */
const REGTEST_BLOCK = fromHex(
  "0000002006226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f" +
    "f90344ddd9a16af4f07ed7af45a2e9aec7b443ae92f7bf6560bbaea78cb122b94a64036bffff7f2000000000 01" +
    "02000000 0001 01 0000000000000000000000000000000000000000000000000000000000000000 ffffffff" +
    "02 5100 feffffff" +
    "02 00f2052a01000000 01 51 0000000000000000 26" +
    "6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9" +
    "01 20 0000000000000000000000000000000000000000000000000000000000000000 00000000",
);

obeysCodecLaws("a block", blockCodec, block);

test("a block of bitcoind is read, with its sizes", () => {
  const { header, transactions, baseSize, weight, bytes } = decodeWith(blockCodec, REGTEST_BLOCK);
  assert.equal(
    displayHash(header.previous),
    "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
  );
  assert.equal(transactions.length, 1);
  assert.ok(transactions[0]?.isCoinbase);
  // Of one transaction, the id is the merkle root.
  assert.deepEqual(transactions[0]?.txid, header.merkleRoot);
  assert.deepEqual([bytes.length, baseSize, weight], [227, 191, 800]);
});

test("a block from its parts is that which was read", () => {
  const { header, transactions, hash } = decodeWith(blockCodec, REGTEST_BLOCK);
  const made = Block.of(header, transactions);
  assert.equal(toHex(made.bytes), toHex(REGTEST_BLOCK));
  assert.equal(made.hash, hash);
});

test("a block of 4,864 transactions is read, and written the same", { skip: skipWithoutShared }, () => {
  const bytes = Uint8Array.from(readFileSync(sharedPath("blocks", "mainnet-866342.block")));
  const value = decodeWith(blockCodec, bytes);
  assert.equal(value.transactions.length, 4864);
  assert.match(displayHash(value.hash), /^0000000000000000000/);
  assert.ok(value.weight <= 4_000_000);
  assert.equal(Buffer.compare(Block.of(value.header, value.transactions).bytes, bytes), 0);
});
