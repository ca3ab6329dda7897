import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromHex } from "../../base/bytes.ts";
import { decodeWith, encodeWith } from "../../codec/codec.ts";
import { compactBlockCodec } from "./compact_block.ts";

const HEADER =
  "00000020716db7b66f7f7f863371bd045d3899e3d115c597d55670f4b0ec8678d3d68564" +
  "f48dfb2a3d2a228b53668af110ad35b5c618473d484b76348a4223e1805dd3e94b64036bffff7f2004000000";
const COINBASE =
  "02000000 0001 01 0000000000000000000000000000000000000000000000000000000000000000 ffffffff" +
  "02 5300 feffffff" +
  "02 00f2052a01000000 01 51 0000000000000000 26" +
  "6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9" +
  "01 20 0000000000000000000000000000000000000000000000000000000000000000 02000000";
const TINY = "01000000 00 00 00000000";

/** As a bitcoind on regtest sent it. */
const FROM_BITCOIND = fromHex(`${HEADER} ef8cabc872384161 00 01 00 ${COINBASE}`);

function compactBlock(rest: string): Uint8Array {
  return fromHex(`${HEADER} 0000000000000000 ${rest}`);
}

test("a compact block of bitcoind is read, and written the same", () => {
  const value = decodeWith(compactBlockCodec, FROM_BITCOIND);
  assert.equal(value.nonce, 0x61413872c8ab8cefn);
  assert.deepEqual(value.shortIds, []);
  assert.deepEqual(value.prefilled.map(({ index }) => index), [0]);
  assert.ok(value.prefilled[0]?.transaction.isCoinbase);
  assert.deepEqual(encodeWith(compactBlockCodec, value), FROM_BITCOIND);
});

test("short ids are 48 bits, lowest byte first", () => {
  const { shortIds } = decodeWith(compactBlockCodec, compactBlock("02 010203040506 ffffffffffff 00"));
  assert.deepEqual(shortIds, [0x060504030201, 2 ** 48 - 1]);
});

test("gaps between prefilled transactions become places in the block", () => {
  const bytes = compactBlock(`03 ${"aa".repeat(18)} 03 00 ${TINY} 01 ${TINY} 02 ${TINY}`);
  const value = decodeWith(compactBlockCodec, bytes);
  assert.deepEqual(value.prefilled.map(({ index }) => index), [0, 2, 5]);
  assert.deepEqual(encodeWith(compactBlockCodec, value), bytes);
});

test("a prefilled transaction past the end of the block is refused", () => {
  assert.throws(() => decodeWith(compactBlockCodec, compactBlock(`01 aaaaaaaaaaaa 01 02 ${TINY}`)), {
    fault: { kind: "malformed", field: "prefilled index", found: "2, past the block" },
  });
});

test("65,536 transactions in all are refused", () => {
  const ids = concatBytes(compactBlock("fdfeff"), new Uint8Array(0xfffe * 6));
  const taken = decodeWith(compactBlockCodec, concatBytes(ids, fromHex(`01 00 ${TINY}`)));
  assert.equal(taken.shortIds.length + taken.prefilled.length, 65_535);
  assert.throws(() => decodeWith(compactBlockCodec, concatBytes(ids, fromHex("02"))), {
    fault: { kind: "over-limit", field: "prefilled", value: 2n, max: 1 },
  });
});
