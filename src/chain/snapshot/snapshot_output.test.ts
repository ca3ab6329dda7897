import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import "../../../test/support/portable_curve.ts";
import { type Bytes, concatBytes, fromHex, toHex } from "../../base/bytes.ts";
import { ByteReader } from "../../codec/byte_reader.ts";
import { DecodeError } from "../../codec/decode_error.ts";
import { curve } from "../../crypto/crypto.ts";
import { MONEY_MAX } from "../../primitives/amount.ts";
import { SCRIPT_BYTES_MAX } from "../../script/opcodes.ts";
import {
  compressAmount, decompressAmount, encodeSnapshotVarint, readSnapshotScript, readSnapshotVarint,
  SNAPSHOT_VARINT_BYTES_MAX, writeSnapshotScript,
} from "./snapshot_output.ts";

function encodeSnapshotScript(script: Bytes): Bytes {
  const bytes = new Uint8Array(SNAPSHOT_VARINT_BYTES_MAX + script.length);
  return bytes.subarray(0, writeSnapshotScript(bytes, 0, script));
}

/** From the comment in Bitcoin Core's serialize.h. */
const VARINTS: readonly (readonly [number, string])[] = [
  [0, "00"], [1, "01"], [127, "7f"], [128, "8000"], [255, "807f"], [256, "8100"], [16_383, "fe7f"],
  [16_384, "ff00"], [16_511, "ff7f"], [65_535, "82fe7f"], [2 ** 32, "8efefeff00"],
];

test("varints are those of Bitcoin Core", () => {
  for (const [value, bytes] of VARINTS) {
    assert.equal(toHex(encodeSnapshotVarint(value)), bytes);
    assert.equal(toHex(encodeSnapshotVarint(BigInt(value))), bytes);
    assert.equal(readSnapshotVarint(new ByteReader(fromHex(bytes)), 64), BigInt(value));
  }
});

test("a varint of any 64-bit number is read back, and one byte less or one bit more is refused", () => {
  fc.assert(fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (value) => {
    const bytes = encodeSnapshotVarint(value);
    assert.equal(readSnapshotVarint(new ByteReader(bytes), 64), value);
    assert.throws(() => readSnapshotVarint(new ByteReader(bytes.subarray(0, -1)), 64), DecodeError);
    const fits = value < 2n ** 32n;
    const read = (): bigint => readSnapshotVarint(new ByteReader(bytes), 32);
    if (fits) assert.equal(read(), value);
    else assert.throws(read, DecodeError);
  }));
  const tooLarge = concatBytes(encodeSnapshotVarint(2n ** 64n - 1n).map((byte) => byte | 0x80), Uint8Array.of(0));
  assert.throws(() => readSnapshotVarint(new ByteReader(tooLarge), 64), DecodeError);
});

/** Bitcoin Core: test/compress_tests.cpp. */
const AMOUNTS: readonly (readonly [number, bigint])[] = [
  [0, 0n], [1, 1n], [1_000_000, 7n], [100_000_000, 9n], [5_000_000_000, 50n], [MONEY_MAX, 21_000_000n],
];

test("amounts are made short as in Bitcoin Core", () => {
  for (const [amount, short] of AMOUNTS) {
    assert.equal(BigInt(compressAmount(amount)), short);
    assert.equal(decompressAmount(short), BigInt(amount));
  }
});

test("every amount is read back, and every 64-bit number is some amount", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: MONEY_MAX }), (amount) => {
    assert.equal(decompressAmount(BigInt(compressAmount(amount))), BigInt(amount));
  }));
  fc.assert(fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (short) => {
    const amount = decompressAmount(short);
    assert.ok(amount >= 0n && amount < 2n ** 64n);
  }));
});

const SECRET = new Uint8Array(32).fill(7);
const KEY = curve().publicKey(SECRET);
const LONG_KEY = curve().publicKey(SECRET, false);
const HASH = new Uint8Array(20).fill(9);

const SHORT_SCRIPTS: readonly (readonly [name: string, script: Bytes, bytes: number, first: number])[] = [
  ["to a key hash", concatBytes(fromHex("76a914"), HASH, fromHex("88ac")), 21, 0],
  ["to a script hash", concatBytes(fromHex("a914"), HASH, fromHex("87")), 21, 1],
  ["to a key", concatBytes(fromHex("21"), KEY, fromHex("ac")), 33, KEY[0] as number],
  ["to a long key", concatBytes(fromHex("41"), LONG_KEY, fromHex("ac")), 33, 4 + ((LONG_KEY[64] as number) & 1)],
];

for (const [name, script, bytes, first] of SHORT_SCRIPTS) {
  test(`a script that pays ${name} takes ${bytes} bytes, and is read back`, () => {
    const short = encodeSnapshotScript(script);
    assert.deepEqual([short.length, short[0]], [bytes, first]);
    assert.deepEqual(readSnapshotScript(new ByteReader(short), SCRIPT_BYTES_MAX), script);
  });
}

test("a script that only looks like one of these is kept as it is", () => {
  const notOnCurve = concatBytes(fromHex("4104"), new Uint8Array(64).fill(0xff), fromHex("ac"));
  const hybrid = concatBytes(fromHex("41"), LONG_KEY, fromHex("ac"));
  hybrid[1] = 6;
  const almost = SHORT_SCRIPTS.map(([, script]) => concatBytes(script, fromHex("51")));
  for (const script of [notOnCurve, hybrid, new Uint8Array(0), ...almost]) {
    const bytes = encodeSnapshotScript(script);
    assert.deepEqual(bytes, concatBytes(encodeSnapshotVarint(script.length + 6), script));
    assert.deepEqual(readSnapshotScript(new ByteReader(bytes), SCRIPT_BYTES_MAX), script);
  }
});

test("a key that is no point is read as an empty script, one too long as so many bytes to leave out", () => {
  const noPoint = concatBytes(Uint8Array.of(4), new Uint8Array(32).fill(0xff));
  assert.deepEqual(readSnapshotScript(new ByteReader(noPoint), SCRIPT_BYTES_MAX), new Uint8Array(0));
  const long = encodeSnapshotVarint(SCRIPT_BYTES_MAX + 1 + 6);
  assert.deepEqual(readSnapshotScript(new ByteReader(long), SCRIPT_BYTES_MAX), { skip: SCRIPT_BYTES_MAX + 1 });
});
