import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { InvariantError } from "../base/assert.ts";
import { fromHex, toHex } from "../base/bytes.ts";
import { ByteReader } from "./byte_reader.ts";
import { ByteWriter, countSize } from "./byte_writer.ts";

test("fields are little-endian, ports big-endian", () => {
  const writer = new ByteWriter(29);
  writer.u8(1).u16(0x0201).u16be(8333).u32(0x04030201).i32(-1).u64(0x0807060504030201n).i64(-2n);
  assert.equal(toHex(writer.finish()), "010102208d01020304ffffffff0102030405060708feffffffffffffff");
});

test("a whole number as 64 bits is what it was, either sign", () => {
  fc.assert(fc.property(fc.maxSafeInteger(), (value) => {
    assert.equal(new ByteReader(new ByteWriter(8).i64FromNumber(value).finish()).i64(), BigInt(value));
  }));
});

test("a CompactSize is the shortest there is, and as long as announced", () => {
  const edges = [0, 252, 253, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER];
  const number = fc.oneof(fc.constantFrom(...edges), fc.maxSafeNat());
  fc.assert(fc.property(number, (value) => {
    const bytes = new ByteWriter(countSize(value)).count(value).finish();
    assert.equal(new ByteReader(bytes).compactU64(), BigInt(value));
    assert.deepEqual(new ByteWriter(countSize(BigInt(value))).compactU64(BigInt(value)).finish(), bytes);
  }));
  assert.deepEqual(edges.map(countSize), [1, 1, 3, 3, 5, 5, 9, 9]);
  assert.equal(countSize(2n ** 64n - 1n), 9);
});

test("bytes with their length in front", () => {
  assert.deepEqual(new ByteWriter(3).varBytes(fromHex("0102")).finish(), fromHex("020102"));
});

test("to write less than was announced is our own fault", () => {
  assert.throws(() => new ByteWriter(2).u8(1).finish(), InvariantError);
});

test("to write more than was announced is our own fault", () => {
  assert.throws(() => new ByteWriter(1).u16(1), RangeError);
  assert.throws(() => new ByteWriter(1).bytes(fromHex("0102")), RangeError);
});
