import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Bytes, fromHex } from "../base/bytes.ts";
import { sipHash64, sipHashHalves, sipKeyOf } from "./siphash.ts";

const KEY_BYTES = fromHex("000102030405060708090a0b0c0d0e0f");
const KEY = sipKeyOf(KEY_BYTES);

// The first entries of the table in the authors' own implementation: messages 00 01 02 ... of growing length.
const PUBLISHED = [
  0x726fdb47dd0e0e31n,
  0x74f839c593dc67fdn,
  0x0d6c8009d9a94f5an,
  0x85676696d7fb7e2dn,
  0xcf2794e0277187b7n,
  0x18765564cd99a68dn,
  0xcbc9466e58fee3cen,
  0xab0200f58b01d137n,
  0x93f5f5799a932462n,
  0x9e0082df0ba9e4b0n,
  0x7a5dbbc594ddb9f3n,
  0xf4b32f46226bada7n,
  0x751e8fbc860ee5fbn,
  0x14ea5627c0843d90n,
  0xf723ca908e7af2een,
  0xa129ca6149be45e5n,
];

for (const [length, expected] of PUBLISHED.entries()) {
  test(`the published hash of ${length} bytes comes out`, () => {
    assert.equal(
      sipHash64(
        KEY,
        Uint8Array.from({ length }, (_, i) => i),
      ),
      expected,
    );
  });
}

test("hashes of any key and data are those of the definition on 64-bit words", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.uint8Array({ maxLength: 300 }),
      (key, data) => {
        assert.equal(sipHash64(sipKeyOf(key), data), naiveSipHash(key, data));
      },
    ),
  );
});

test("the halves of a hash are those of the whole", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (data) => {
      const halves = new Uint32Array(2);
      sipHashHalves(KEY, data, halves);
      assert.equal((BigInt(halves[1] ?? 0) << 32n) | BigInt(halves[0] ?? 0), sipHash64(KEY, data));
    }),
  );
});

test("a key may stand anywhere in a larger buffer", () => {
  const buffer = new Uint8Array(20);
  buffer.set(KEY_BYTES, 3);
  assert.deepEqual(sipKeyOf(buffer.subarray(3)), KEY);
});

function naiveSipHash(key: Bytes, data: Bytes): bigint {
  const k0 = littleEndian(key.subarray(0, 8));
  const k1 = littleEndian(key.subarray(8));
  const v = [
    0x736f6d6570736575n ^ k0,
    0x646f72616e646f6dn ^ k1,
    0x6c7967656e657261n ^ k0,
    0x7465646279746573n ^ k1,
  ] as [bigint, bigint, bigint, bigint];
  const rotate = (x: bigint, by: bigint): bigint => BigInt.asUintN(64, (x << by) | (x >> (64n - by)));
  const round = (): void => {
    v[0] = BigInt.asUintN(64, v[0] + v[1]);
    v[1] = rotate(v[1], 13n) ^ v[0];
    v[0] = rotate(v[0], 32n);
    v[2] = BigInt.asUintN(64, v[2] + v[3]);
    v[3] = rotate(v[3], 16n) ^ v[2];
    v[0] = BigInt.asUintN(64, v[0] + v[3]);
    v[3] = rotate(v[3], 21n) ^ v[0];
    v[2] = BigInt.asUintN(64, v[2] + v[1]);
    v[1] = rotate(v[1], 17n) ^ v[2];
    v[2] = rotate(v[2], 32n);
  };
  const padded = new Uint8Array(8 * (Math.floor(data.length / 8) + 1));
  padded.set(data);
  padded[padded.length - 1] = data.length & 0xff;
  for (let i = 0; i < padded.length; i += 8) {
    const word = littleEndian(padded.subarray(i, i + 8));
    v[3] ^= word;
    round();
    round();
    v[0] ^= word;
  }
  v[2] ^= 0xffn;
  for (let i = 0; i < 4; i++) round();
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

function littleEndian(bytes: Bytes): bigint {
  return bytes.reduceRight((value, byte) => value * 256n + BigInt(byte), 0n);
}
