import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Bytes, compareBytes, concatBytes, equalBytes, fromHex, fromLatin1, fromUtf8, isHex, NO_BYTES,
  reversed, toHex, toLatin1,
} from "./bytes.ts";

const bytes = fc.uint8Array({ maxLength: 40 });

function asBuffer(value: Bytes): Buffer {
  return Buffer.from(value);
}

test("hex is what Buffer writes, and is read back", () => {
  fc.assert(fc.property(bytes, (value) => {
    assert.equal(toHex(value), asBuffer(value).toString("hex"));
    assert.deepEqual(fromHex(toHex(value)), value);
    assert.deepEqual(fromHex(toHex(value).toUpperCase()), value);
  }));
});

test("spaces between hex digits are allowed", () => {
  assert.deepEqual(fromHex("00 ff 0a0b"), Uint8Array.of(0, 255, 10, 11));
});

test("what is no hex is refused", () => {
  for (const text of ["0", "0g", "g0", "0x00", "00\n", "éé", "0\u0130", "\u01300", "\u0130\u0130", "00 0"]) {
    assert.equal(isHex(text.replaceAll(" ", "")), false, text);
    assert.throws(() => fromHex(text), RangeError, text);
  }
});

test("joined bytes are a copy of the parts in their order", () => {
  fc.assert(fc.property(fc.array(bytes), (parts) => {
    assert.deepEqual(concatBytes(...parts), Uint8Array.from(Buffer.concat(parts)));
  }));
  const part = Uint8Array.of(1);
  const joined = concatBytes(part);
  part[0] = 2;
  assert.deepEqual(joined, Uint8Array.of(1));
  assert.deepEqual(concatBytes(), NO_BYTES);
});

test("bytes are equal when they have the same length and the same content", () => {
  fc.assert(fc.property(bytes, bytes, (a, b) => {
    assert.equal(equalBytes(a, b), asBuffer(a).equals(b));
    assert.ok(equalBytes(a, a.slice()));
  }));
  assert.equal(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1)), false);
});

test("bytes are ordered as Buffer orders them", () => {
  const few = fc.uint8Array({ max: 2, maxLength: 3 });
  fc.assert(fc.property(few, few, (a, b) => {
    assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(a, b));
  }));
});

test("reversed bytes are a copy", () => {
  const value = Uint8Array.of(1, 2, 3);
  assert.deepEqual(reversed(value), Uint8Array.of(3, 2, 1));
  assert.deepEqual(value, Uint8Array.of(1, 2, 3));
});

test("a copy reversed does not write into a Buffer", () => {
  const value = Buffer.from([1, 2, 3]);
  assert.deepEqual([...reversed(value)], [3, 2, 1]);
  assert.deepEqual([...value], [1, 2, 3]);
});

test("UTF-8 is what Buffer writes, of any text", () => {
  // Of one to four bytes; fc.string would first make a table of all there are.
  const point = fc.oneof(...[0x7f, 0x7ff, 0xffff, 0x10ffff].map((max) => fc.nat(max)))
    .filter((code) => code < 0xd800 || code > 0xdfff);
  fc.assert(fc.property(fc.array(point, { maxLength: 40 }), (points) => {
    const text = String.fromCodePoint(...points);
    assert.deepEqual(fromUtf8(text), new Uint8Array(Buffer.from(text, "utf8")));
  }));
  assert.deepEqual(fromUtf8("\ud800"), new Uint8Array(Buffer.from("\ud800", "utf8")));
});

test("latin-1 has one byte a character, both ways", () => {
  fc.assert(fc.property(bytes, (value) => assert.deepEqual(fromLatin1(toLatin1(value)), value)));
  assert.deepEqual(fromLatin1("/é/"), Uint8Array.of(0x2f, 0xe9, 0x2f));
});
