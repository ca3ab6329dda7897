import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Bytes, fromHex } from "../base/bytes.ts";
import { ByteReader, SIZE_MAX } from "./byte_reader.ts";
import { DecodeError } from "./decode_error.ts";

function reading(hex: string): ByteReader {
  return new ByteReader(fromHex(hex));
}

test("fields are little-endian, ports big-endian", () => {
  const reader = reading("01 0102 208d 01020304 ffffffff 0102030405060708 ffffffffffffffff");
  assert.deepEqual(
    [reader.u8(), reader.u16(), reader.u16be(), reader.u32(), reader.i32(), reader.u64(), reader.i64()],
    [1, 0x0201, 8333, 0x04030201, -1, 0x0807060504030201n, -1n],
  );
  reader.end();
});

test("a 64-bit number as a double is exact up to 2^53 either way", () => {
  const exact = fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n });
  fc.assert(fc.property(exact, (value) => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigInt64(0, value, true);
    assert.equal(new ByteReader(bytes).i64AsNumber(), Number(value));
  }));
});

const METHODS = ["u8", "u16", "u16be", "u32", "i32", "u64", "i64", "i64AsNumber", "compactU64"] as const;

for (const method of METHODS) {
  test(`${method} past the end is truncated, and moves nothing`, () => {
    const reader = reading("");
    assert.throws(
      () => reader[method](),
      (error) => error instanceof DecodeError && error.fault.kind === "truncated",
    );
    assert.equal(reader.offset, 0);
  });
}

test("truncation says where, how much was needed, and how much there was", () => {
  const reader = reading("010203");
  reader.u8();
  assert.throws(() => reader.bytes(4), { message: "Cannot decode at byte 1: end of data: need 4 bytes, 2 remain" });
});

test("bytes are views, copies are copies", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4);
  const reader = new ByteReader(bytes);
  const [view, copy] = [reader.bytes(2), reader.copy(2)];
  bytes.fill(9);
  assert.deepEqual([...view, ...copy], [9, 9, 3, 4]);
});

test("copies of a Buffer are copies too, and plain", () => {
  const buffer = Buffer.from([1, 2]);
  const reader = new ByteReader(buffer);
  const copy = reader.copy(1);
  const view = reader.bytes(1);
  buffer.fill(9);
  assert.deepEqual([copy, view], [Uint8Array.of(1), Uint8Array.of(9)]);
});

test("a view into a larger buffer is read by its own bounds", () => {
  const reader = new ByteReader(fromHex("ff 0102 ff").subarray(1, 3));
  assert.equal(reader.u16(), 0x0201);
  assert.throws(() => reader.u8(), DecodeError);
});

test("reading may begin further on, and since gives what was read from a place", () => {
  const reader = new ByteReader(fromHex("01020304"), 1);
  const start = reader.offset;
  reader.skip(2);
  assert.deepEqual(reader.since(start), fromHex("0203"));
  assert.equal(reader.remaining, 1);
});

const COUNTS: readonly (readonly [string, bigint])[] = [
  ["00", 0n], ["fc", 252n], ["fdfd00", 253n], ["fdffff", 65_535n], ["fe00000100", 65_536n],
  ["feffffffff", 2n ** 32n - 1n], ["ff0000000001000000", 2n ** 32n], ["ffffffffffffffffff", 2n ** 64n - 1n],
];

test("a CompactSize has one, three, five or nine bytes", () => {
  for (const [hex, value] of COUNTS) {
    assert.equal(reading(hex).compactU64(), value);
    if (value <= 65_535n) assert.equal(reading(hex).count("things"), Number(value));
  }
});

test("a CompactSize that could be shorter is refused", () => {
  for (const hex of [
    "fd0000", "fdfc00", "fe00000000", "feffff0000", "ff0000000000000000", "ffffffffff00000000",
  ]) {
    assert.throws(() => reading(hex).count("things"), (error) => {
      return error instanceof DecodeError && error.fault.kind === "not-minimal" && error.offset === 0;
    });
    assert.throws(() => reading(hex).compactU64(), DecodeError);
  }
});

test("a count above its limit is refused, at the limit taken", () => {
  assert.equal(reading("05").count("things", 5), 5);
  for (const [hex, value] of [
    ["06", 6n], ["fd0001", 256n], ["ffffffffffffffffff", 2n ** 64n - 1n],
  ] as const) {
    assert.throws(() => reading(hex).count("things", 5), {
      fault: { kind: "over-limit", field: "things", value, max: 5 },
    });
  }
});

test("a count without a limit of its own has Bitcoin Core's", () => {
  assert.equal(reading("fe00000002").count("things"), SIZE_MAX);
  assert.throws(() => reading("fe01000002").count("things"), DecodeError);
});

test("bytes with their length in front are refused when they are not all there", () => {
  assert.deepEqual(reading("02 0102").varBytes("script"), fromHex("0102"));
  assert.throws(
    () => reading("03 0102").varBytes("script"),
    { fault: { kind: "truncated", needed: 3, remaining: 2 } },
  );
  assert.throws(() => reading("03 010203").varBytes("script", 2), DecodeError);
});

test("bytes left over are an error at the end", () => {
  const reader = reading("0102");
  reader.u8();
  assert.throws(() => reader.end(), { message: "Cannot decode at byte 1: 1 bytes remain after the end" });
});

test("no sequence of reads on any bytes throws anything but a DecodeError, or passes the end", () => {
  const step = fc.oneof(fc.constantFrom(...METHODS), fc.nat(20));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 30 }), fc.array(step), (bytes: Bytes, steps) => {
    const reader = new ByteReader(bytes);
    for (const each of steps) {
      try {
        if (typeof each === "number") reader.bytes(each);
        else reader[each]();
      } catch (error) {
        assert.ok(error instanceof DecodeError, `threw ${error}`);
      }
      assert.ok(reader.offset <= bytes.length);
    }
  }));
});
