import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { lastOf } from "./last_of.ts";

test("lastOf gives what sorting all and taking the end gives", () => {
  const item = fc.record({ rank: fc.nat(5), id: fc.nat() });
  const items = fc.array(item, { maxLength: 60 });
  fc.assert(fc.property(items, fc.integer({ min: -1, max: 30 }), (all, count) => {
    const byRank = (a: { rank: number }, b: { rank: number }): number => a.rank - b.rank;
    const first = Math.max(0, all.length - Math.max(0, count));
    assert.deepEqual(lastOf(all, byRank, count), [...all].sort(byRank).slice(first));
  }));
});
