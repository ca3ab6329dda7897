import assert from "node:assert/strict";
import { test } from "node:test";
import { holdingsOf } from "../support/holdings.ts";

class Inner {
  readonly #queue = [1, 2, 3];
  get length(): number {
    return this.#queue.length;
  }
}

class Outer {
  readonly shown = new Set(["a"]);
  readonly #byName = new Map([["x", new Inner()], ["y", new Inner()]]);
  readonly #bytes = new Uint8Array(100);
  readonly #self = this;
  get total(): number {
    return this.#byName.size + this.#bytes.length + (this.#self === this ? 1 : 0);
  }
}

test("what hangs on an object is found by the fields that hold it, private ones as well, and once", () => {
  const root = new Outer();
  assert.equal(root.total, 103);
  assert.deepEqual(Object.fromEntries(holdingsOf(root, new Set())), {
    "Outer.shown": { size: 1, unit: "entries" },
    "Outer.#byName": { size: 2, unit: "entries" },
    "Outer.#bytes": { size: 100, unit: "bytes" },
    "Inner.#queue": { size: 3, unit: "entries" },
  });
});

test("what lies outside is not gone into", () => {
  const found = [...holdingsOf(new Outer(), new Set(["Inner"])).keys()];
  assert.deepEqual(found.sort(), ["Outer.#byName", "Outer.#bytes", "Outer.shown"]);
});
