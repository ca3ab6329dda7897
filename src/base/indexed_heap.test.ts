import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { IndexedHeap } from "./indexed_heap.ts";

interface Item {
  rank: number;
  place: number;
}

test("IndexedHeap does what a list does that is gone through for its least", () => {
  const operation = fc.record({
    kind: fc.constantFrom("add", "add", "delete", "change"), pick: fc.nat(), rank: fc.nat(9),
  });
  fc.assert(
    fc.property(fc.array(operation), (operations) => {
      const heap = new IndexedHeap<Item>((a, b) => a.rank < b.rank);
      const list: Item[] = [];
      for (const { kind, pick, rank } of operations) {
        const at = pick % Math.max(1, list.length);
        const item = list[at];
        if (kind === "add" || item === undefined) {
          list.push({ rank, place: -1 });
          heap.add(list.at(-1) as Item);
        } else if (kind === "delete") {
          list.splice(at, 1);
          heap.delete(item);
        } else {
          item.rank = rank;
          heap.settle(item);
        }
        assert.equal(heap.size, list.length);
        assert.deepEqual(new Set(heap), new Set(list));
        const least = Math.min(...list.map((each) => each.rank));
        assert.equal(heap.peek()?.rank, list.length === 0 ? undefined : least);
      }
    }),
  );
});

test("an item finds its way in as many comparisons as the heap is deep", () => {
  let comparisons = 0;
  const heap = new IndexedHeap<Item>((a, b) => {
    comparisons++;
    return a.rank < b.rank;
  });
  const items = Array.from({ length: 1_023 }, (_, rank): Item => ({ rank, place: -1 }));
  for (const item of items) heap.add(item);
  for (const [change, most] of [
    [(item: Item) => heap.delete(item), 20],
    [(item: Item) => heap.add(item), 10],
    [(item: Item) => {
      item.rank = -1;
      heap.settle(item);
    }, 20],
  ] as const) {
    comparisons = 0;
    change(items[500] as Item);
    assert.ok(comparisons <= most, `${comparisons} comparisons`);
  }
});
