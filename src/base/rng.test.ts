import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { below, fraction, poissonWait, randomBytes, type Rng, seededRng, shuffle, u64 } from "./rng.ts";
import { seconds } from "./time.ts";

/** Draws the given numbers in turn, over and over. */
function fixed(...draws: readonly number[]): Rng {
  let next = 0;
  return { u32: () => draws[next++ % draws.length] as number };
}

function draw(rng: Rng, count: number): readonly number[] {
  return Array.from({ length: count }, () => rng.u32());
}

test("a seed gives the same numbers on every machine", () => {
  assert.deepEqual(draw(seededRng(1), 4), [2442144158, 3238099751, 3819917871, 2104621829]);
});

test("the same seed gives the same numbers, another one others", () => {
  assert.deepEqual(draw(seededRng(7), 10), draw(seededRng(7), 10));
  assert.notDeepEqual(draw(seededRng(7), 10), draw(seededRng(8), 10));
});

test("all bits of a seeded number are set half the time", () => {
  const numbers = draw(seededRng(3), 4000);
  for (let bit = 0; bit < 32; bit++) {
    const share = numbers.filter((number) => ((number >>> bit) & 1) === 1).length / numbers.length;
    assert.ok(Math.abs(share - 0.5) < 0.05, `bit ${bit} is set in ${share}`);
  }
});

test("numbers below a bound are below it, and each comes as often", () => {
  const counts = new Array<number>(6).fill(0);
  const rng = seededRng(5);
  for (let i = 0; i < 6000; i++) counts[below(rng, 6)]! += 1;
  for (const count of counts) assert.ok(Math.abs(count - 1000) < 150, `counts are ${counts}`);
});

test("a draw that would favour small numbers is thrown away", () => {
  // 2^32 - 1 lies past the last whole multiple of 3.
  assert.equal(below(fixed(2 ** 32 - 1, 7), 3), 1);
});

test("a bound of one leaves no choice; bounds that make no sense are refused", () => {
  assert.equal(below(seededRng(1), 1), 0);
  assert.equal(below(fixed(2 ** 32 - 1), 2 ** 32), 2 ** 32 - 1);
  for (const bound of [0, -1, 1.5, Number.NaN, 2 ** 32 + 1]) {
    assert.throws(() => below(seededRng(1), bound), RangeError);
  }
});

test("a fraction is at least zero and below one", () => {
  assert.equal(fraction(fixed(0)), 0);
  assert.equal(fraction(fixed(2 ** 32 - 1)), 1 - 2 ** -53);
});

test("64 bits are two draws, the upper first", () => {
  assert.equal(u64(fixed(1, 2)), 0x1_0000_0002n);
});

test("waits are never negative nor endless, and are as long on average as was asked", () => {
  const rng = seededRng(11);
  const waits = Array.from({ length: 5000 }, () => poissonWait(rng, seconds(10)));
  const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
  assert.ok(waits.every((wait) => wait >= 0 && Number.isFinite(wait)));
  assert.ok(Math.abs(mean - 10_000) < 600, `the mean is ${mean} ms`);
  assert.ok(Number.isFinite(poissonWait(fixed(2 ** 32 - 1), seconds(10))));
});

test("as many random bytes as asked for", () => {
  assert.equal(randomBytes(seededRng(1), 17).length, 17);
  assert.ok(new Set(randomBytes(seededRng(1), 200)).size > 50);
});

test("shuffling keeps the items and moves them evenly", () => {
  fc.assert(fc.property(fc.array(fc.nat()), fc.nat(), (items, seed) => {
    assert.deepEqual(shuffle(seededRng(seed), [...items]).sort(), [...items].sort());
  }));
  const first = new Map<string, number>();
  const rng = seededRng(13);
  for (let i = 0; i < 6000; i++) {
    const order = shuffle(rng, ["a", "b", "c"]).join("");
    first.set(order, (first.get(order) ?? 0) + 1);
  }
  assert.equal(first.size, 6);
  for (const count of first.values()) assert.ok(Math.abs(count - 1000) < 150, `${[...first]}`);
});
