import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DrawSet } from "./draw_set.ts";
import { seededRng } from "./rng.ts";

test("DrawSet is a set", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(20))), fc.nat(), (changes, seed) => {
      const set = new DrawSet<number>();
      const twin = new Set<number>();
      const rng = seededRng(seed);
      for (const [isAdded, member] of changes) {
        if (isAdded) assert.equal(set.add(member), !twin.has(member));
        else assert.equal(set.delete(member), twin.has(member));
        if (isAdded) twin.add(member);
        else twin.delete(member);
        const drawn = set.draw(rng);
        assert.ok(drawn === undefined ? twin.size === 0 : twin.has(drawn));
        assert.deepEqual([...set].sort(), [...twin].sort());
        assert.equal(set.size, twin.size);
      }
    }),
  );
});

test("every member is drawn as often as any other", () => {
  const set = new DrawSet<number>();
  for (let i = 0; i < 12; i++) set.add(i);
  set.delete(0);
  set.delete(7);
  const rng = seededRng(7);
  const counts = new Map<number | undefined, number>();
  for (let i = 0; i < 10_000; i++) {
    const drawn = set.draw(rng);
    counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
  }
  assert.deepEqual([...counts.keys()].sort((a = -1, b = -1) => a - b), [1, 2, 3, 4, 5, 6, 8, 9, 10, 11]);
  for (const count of counts.values()) assert.ok(Math.abs(count - 1_000) < 150, `${[...counts]}`);
});
