import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Bytes, fromHex, toHex } from "../base/bytes.ts";
import { ByteWriter } from "../codec/byte_writer.ts";
import { DecodeError } from "../codec/decode_error.ts";
import { sipHash64, sipKeyOf } from "../crypto/siphash.ts";
import { ELEMENTS_MAX, GolombSet, GolombSetBuilder } from "./golomb_set.ts";

const KEY_BYTES = fromHex("000102030405060708090a0b0c0d0e0f");
const KEY = sipKeyOf(KEY_BYTES);

const elements = fc.uniqueArray(fc.uint8Array({ maxLength: 40 }), { maxLength: 60, selector: (each) => toHex(each) });

function encode(of: Iterable<Bytes>): Bytes {
  const builder = new GolombSetBuilder(KEY);
  for (const element of of) builder.add(element);
  return builder.finish();
}

/** BIP158 word by word, in bigints and a string of bits. */
function naive(of: readonly Bytes[]): string {
  const range = BigInt(of.length) * 784_931n;
  const values = of.map((each) => (sipHash64(KEY, each) * range) >> 64n).sort((a, b) => (a < b ? -1 : 1));
  let bits = "";
  let last = 0n;
  for (const value of values) {
    const difference = value - last;
    bits += `${"1".repeat(Number(difference >> 19n))}0${(difference & 0x7ffffn).toString(2).padStart(19, "0")}`;
    last = value;
  }
  const bytes = (bits.match(/.{1,8}/g) ?? []).map((each) => Number.parseInt(each.padEnd(8, "0"), 2));
  return toHex(Uint8Array.of(of.length, ...bytes));
}

test("a set is encoded as its specification says, bit by bit", () => {
  fc.assert(fc.property(elements, (of) => assert.equal(toHex(encode(of)), naive(of))), { numRuns: 60 });
});

test("every element of a set matches, alone and among others that are not in it", () => {
  fc.assert(fc.property(elements, fc.array(fc.uint8Array({ minLength: 41, maxLength: 50 })), (of, others) => {
    const set = GolombSet.decode(encode(of), KEY);
    assert.equal(set.count, of.length);
    for (const each of of) {
      assert.ok(set.matches(each));
      assert.ok(set.matchesAny([...others, each]));
    }
  }), { numRuns: 40 });
});

test("matching many is matching any of them one by one", () => {
  fc.assert(fc.property(elements, fc.array(fc.uint8Array({ maxLength: 3 }), { maxLength: 30 }), (of, asked) => {
    const set = GolombSet.decode(encode(of), KEY);
    assert.equal(set.matchesAny(asked), asked.some((each) => set.matches(each)));
  }), { numRuns: 60 });
});

test("what is not in a set matches once in some 784,931 times only", () => {
  const numbered = (i: number): Bytes => new ByteWriter(8).u64(BigInt(i)).finish();
  const set = GolombSet.decode(encode(Array.from({ length: 500 }, (_, i) => numbered(i))), KEY);
  let matches = 0;
  for (let i = 1_000; i < 21_000; i++) if (set.matches(numbered(i))) matches++;
  assert.ok(matches <= 2, `${matches} of 20,000`);
});

test("neither the order nor a second copy of an element counts", () => {
  fc.assert(fc.property(elements, (of) => {
    assert.deepEqual(encode([...of.toReversed(), ...of]), encode(of));
  }), { numRuns: 30 });
});

test("the empty set is one zero byte, and matches nothing", () => {
  const set = GolombSet.decode(encode([]), KEY);
  assert.deepEqual(encode([]), Uint8Array.of(0));
  assert.ok(!set.matches(Uint8Array.of(1)));
  assert.ok(!set.matchesAny([]));
});

test("any bytes at all are a set, or a DecodeError", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    try {
      GolombSet.decode(bytes, KEY).matches(bytes);
    } catch (error) {
      assert.ok(error instanceof DecodeError, String(error));
    }
  }), { numRuns: 300 });
});

test("a set that was cut off or went on is refused", () => {
  const bytes = encode([Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)]);
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => GolombSet.decode(bytes.subarray(0, length), KEY), DecodeError);
  }
  assert.throws(() => GolombSet.decode(Uint8Array.of(...bytes, 0), KEY), /1 bytes? remain/);
});

test("a set that claims more elements than a block has scripts is refused before they are looked for", () => {
  const claim = new ByteWriter(5).u8(0xfe).u32(ELEMENTS_MAX + 1).finish();
  assert.throws(() => GolombSet.decode(claim, KEY), /filter elements is 111112/);
});

test("long elements that differ in one byte are two", () => {
  const [one, other] = [new Uint8Array(9_000), new Uint8Array(9_000)];
  other[8_500] = 1;
  assert.equal(GolombSet.decode(encode([one, other, one]), KEY).count, 2);
});
