import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Bytes, concatBytes } from "../base/bytes.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { ByteWriter, countSize } from "../codec/byte_writer.ts";
import { DecodeError } from "../codec/decode_error.ts";
import { readWitness, type Witness } from "./witness.ts";

function written(items: readonly Bytes[]): Bytes {
  const size = items.reduce((sum, { length }) => sum + countSize(length) + length, countSize(items.length));
  const writer = new ByteWriter(size).count(items.length);
  for (const item of items) writer.varBytes(item);
  return writer.finish();
}

/** With `before` bytes in front of it. */
function read(bytes: Bytes, before = 0): Witness {
  const reader = new ByteReader(concatBytes(new Uint8Array(before), bytes), before);
  const witness = readWitness(reader, reader.rest(), before);
  reader.end();
  return witness;
}

const item = fc.oneof(fc.uint8Array({ maxLength: 3 }), fc.uint8Array({ minLength: 250, maxLength: 260 }));

test("a witness that is read does what an array of its items does", () => {
  const place = fc.option(fc.integer({ min: -8, max: 8 }), { nil: undefined });
  fc.assert(
    fc.property(fc.array(item, { maxLength: 6 }), fc.nat(3), place, place, (items, before, from, to) => {
      const witness = read(written(items), before);
      assert.equal(witness.length, items.length);
      assert.deepEqual([...witness], items);
      assert.deepEqual(witness.slice(from, to), items.slice(from, to));
      for (let at = -8; at <= 8; at++) assert.deepEqual(witness.at(at), items.at(at), `item ${at}`);
    }),
  );
});

test("items of every form of length are found", () => {
  const lengths = [0, 1, 252, 253, 0xffff, 0x1_0000, 0x1_0001];
  const items = lengths.map((length) => new Uint8Array(length).fill(length));
  assert.deepEqual(read(written(items)).slice(), items);
});

test("a witness that is cut short, or counts more than there is, is refused when it is read past", () => {
  const bytes = written([new Uint8Array(300), new Uint8Array(2)]);
  for (let end = 0; end < bytes.length; end++) {
    assert.throws(() => read(bytes.slice(0, end)), DecodeError, `${end} bytes`);
  }
  assert.throws(() => read(Uint8Array.of(1, 0xfd, 1, 0, 0)), DecodeError, "a length not in its shortest form");
});

test("399,000 empty items cost no memory until they are asked for, and then one array", () => {
  const witness = read(written(new Array<Bytes>(399_000).fill(new Uint8Array(0))));
  assert.deepEqual(Object.keys(witness), ["length"]);
  assert.equal(new Set(witness.slice()).size, 1, "one view for all of them");
});
