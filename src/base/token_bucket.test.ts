import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Instant } from "./time.ts";
import { TokenBucket } from "./token_bucket.ts";

const at = (milliseconds: number): Instant => (1_700_000_000_000 + milliseconds) as Instant;

test("a burst passes at once, and then so many a second", () => {
  const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, at(0));
  const taken = (now: number): number => {
    let count = 0;
    while (bucket.take(at(now))) count += 1;
    return count;
  };
  assert.deepEqual([taken(0), taken(499), taken(500), taken(1500), taken(60_000)], [3, 0, 1, 2, 3]);
});

test("nextAt is when a token is there again, and never too early", () => {
  fc.assert(fc.property(fc.array(fc.nat(3000)), fc.integer({ min: 1, max: 9 }), (waits, perSecond) => {
    const bucket = new TokenBucket({ burst: 2, perSecond }, at(0));
    let now = 0;
    for (const wait of waits) {
      now += wait;
      const next = bucket.nextAt(at(now));
      const isThere = bucket.take(at(now));
      assert.equal(isThere, next === at(now));
      if (!isThere) assert.ok(next - at(now) <= 1000 / perSecond + 1);
    }
  }));
});

test("a clock that steps back gives no tokens, and takes none", () => {
  const bucket = new TokenBucket({ burst: 1, perSecond: 1 }, at(10_000));
  assert.equal(bucket.take(at(10_000)), true);
  assert.equal(bucket.take(at(0)), false);
  assert.equal(bucket.isFull(at(999)), false);
  assert.equal(bucket.isFull(at(1000)), true);
});
