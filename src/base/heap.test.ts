import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Heap } from "./heap.ts";

test("items come out in order, whatever the order in which they went in", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (values) => {
      const heap = new Heap<number>((a, b) => a < b);
      for (const value of values) heap.push(value);
      const taken = values.map(() => heap.pop());
      assert.deepEqual(taken, values.toSorted((a, b) => a - b));
      assert.equal(heap.pop(), undefined);
    }),
  );
});

test("Heap does what a sorted list does, with pushes and pops mixed", () => {
  const operation = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant("pop" as const));
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const heap = new Heap<number>((a, b) => a < b);
      let naive: number[] = [];
      for (const each of operations) {
        if (each === "pop") assert.equal(heap.pop(), naive.shift());
        else {
          heap.push(each);
          naive = [...naive, each].sort((a, b) => a - b);
        }
        assert.equal(heap.peek(), naive[0]);
        assert.equal(heap.size, naive.length);
      }
    }),
  );
});
