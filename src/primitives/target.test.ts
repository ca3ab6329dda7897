import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { MAIN } from "../params/main.ts";
import type { BlockHash } from "../primitives/hash.ts";
import { blockWork, compactTarget, expandTarget, hashNumber, meetsTarget } from "./target.ts";

// From Bitcoin Core's arith_uint256_tests.cpp: compact form, and the number or nothing.
const EXPANDED: readonly (readonly [bits: number, target: bigint | undefined])[] = [
  [0x00000000, undefined],
  [0x00123456, undefined],
  [0x01003456, undefined],
  [0x02000056, undefined],
  [0x03000000, undefined],
  [0x04000000, undefined],
  [0x00923456, undefined],
  [0x01803456, undefined],
  [0x02800056, undefined],
  [0x01123456, 0x12n],
  [0x01fedcba, undefined],
  [0x02123456, 0x1234n],
  [0x03123456, 0x123456n],
  [0x04123456, 0x12345600n],
  [0x04923456, undefined],
  [0x05009234, 0x92340000n],
  [0x20123456, 0x123456n << 232n],
  [0xff123456, undefined],
];

for (const [bits, target] of EXPANDED) {
  test(`0x${bits.toString(16).padStart(8, "0")} expands to ${target?.toString(16) ?? "no target"}`, () => {
    assert.equal(expandTarget(bits), target);
  });
}

test("a target over 256 bits is none, by size and mantissa together", () => {
  assert.notEqual(expandTarget(0x2200_00ff), undefined);
  assert.equal(expandTarget(0x2200_0100), undefined);
  assert.equal(expandTarget(0x2300_00ff), undefined);
  assert.notEqual(expandTarget(0x2100_ffff), undefined);
  assert.equal(expandTarget(0x2101_0000), undefined);
});

test("compacting keeps the three leading bytes, or two when the first would look negative", () => {
  assert.equal(compactTarget(0n), 0);
  assert.equal(compactTarget(0x80n), 0x02008000);
  assert.equal(compactTarget(0x12n), 0x01120000);
  assert.equal(compactTarget(0x1234_5678n), 0x04123456);
  assert.equal(compactTarget(0x92340000n), 0x05009234);
  assert.equal(compactTarget(MAIN.work.limit), 0x1d00ffff);
});

test("what is compacted and expanded loses only lower digits, and then stays the same", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: (1n << 256n) - 1n }), (target) => {
      const bits = compactTarget(target);
      const expanded = expandTarget(bits) ?? 0n;
      assert.ok(expanded <= target);
      assert.ok((target - expanded) * 0x8000n <= target, "at least 15 bits are kept");
      if (expanded > 0n) assert.equal(compactTarget(expanded), bits);
    }),
  );
});

test("the easiest main target takes 2^32 hashes and a little more", () => {
  assert.equal(blockWork(0x1d00ffff), 0x1_0001_0001n);
  assert.equal(blockWork(0x207fffff), 2n);
  assert.equal(blockWork(0x0092_3456), 0n);
});

test("bytes are compared with a target as numbers are", () => {
  const sizes = fc.integer({ min: 1, max: 32 });
  const mantissa = fc.integer({ min: 1, max: 0x7f_ffff });
  const nearby = fc.bigInt({ min: -2n, max: 2n });
  fc.assert(fc.property(sizes, mantissa, nearby, (size, digits, step) => {
    const bits = size * 0x100_0000 + digits;
    const target = expandTarget(bits) ?? 0n;
    const value = target + step;
    if (target === 0n || value < 0n || value >= 1n << 256n) return;
    const hex = value.toString(16).padStart(64, "0");
    const hash = Uint8Array.from(Buffer.from(hex, "hex")).reverse() as BlockHash;
    assert.equal(meetsTarget(hash, bits, 1n << 256n), value <= target);
  }));
});

test("a hash up to its target meets it, unless the target is easier than the limit", () => {
  const target = expandTarget(0x1d00ffff) ?? 0n;
  const hash = (value: bigint) => {
    const bytes = Uint8Array.from(
      value.toString(16).padStart(64, "0").match(/../g) ?? [],
      (byte) => Number(`0x${byte}`),
    );
    return bytes.reverse() as BlockHash;
  };
  assert.equal(hashNumber(hash(target)), target);
  assert.equal(meetsTarget(hash(target), 0x1d00ffff, MAIN.work.limit), true);
  assert.equal(meetsTarget(hash(target + 1n), 0x1d00ffff, MAIN.work.limit), false);
  assert.equal(meetsTarget(hash(0n), 0x207fffff, MAIN.work.limit), false);
  assert.equal(meetsTarget(hash(0n), 0, MAIN.work.limit), false);
});
