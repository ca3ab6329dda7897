import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Tally } from "./tally.ts";

test("Tally counts what a plain list counts", () => {
  const operation = fc.record({ adds: fc.boolean(), kind: fc.constantFrom("a", "b", "c") });
  fc.assert(fc.property(fc.array(operation), (operations) => {
    const tally = new Tally<string>();
    const list: string[] = [];
    for (const { adds, kind } of operations) {
      if (adds) {
        tally.add(kind);
        list.push(kind);
      } else {
        tally.remove(kind);
        if (list.includes(kind)) list.splice(list.indexOf(kind), 1);
      }
      for (const each of ["a", "b", "c"]) {
        assert.equal(tally.count(each), list.filter((other) => other === each).length);
        assert.equal(tally.has(each), list.includes(each));
      }
      assert.equal(tally.size, new Set(list).size);
    }
  }));
});
