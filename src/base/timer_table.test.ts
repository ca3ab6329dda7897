import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Instant } from "./time.ts";
import { TimerTable } from "./timer_table.ts";

/** Does the same with a plain list. */
class NaiveTimers {
  readonly alarms = new Map<number, Instant>();

  next(): Instant | undefined {
    return this.alarms.size === 0 ? undefined : (Math.min(...this.alarms.values()) as Instant);
  }
}

const operation = fc.oneof(
  fc.record({ type: fc.constant("set"), key: fc.nat(20), at: fc.nat(50) }),
  fc.record({ type: fc.constant("cancel"), key: fc.nat(20), at: fc.constant(0) }),
  fc.record({ type: fc.constant("take"), key: fc.constant(0), at: fc.nat(50) }),
);

test("TimerTable does what a plain list of alarms does", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const table = new TimerTable<number>();
      const naive = new NaiveTimers();
      for (const { type, key, at } of operations) {
        if (type === "set") {
          table.set(key, at as Instant);
          naive.alarms.set(key, at as Instant);
        } else if (type === "cancel") {
          table.cancel(key);
          naive.alarms.delete(key);
        } else {
          const isDue = (naive.next() ?? Infinity) <= at;
          const next = naive.next();
          const taken = table.take(at as Instant);
          assert.equal(taken !== undefined, isDue);
          if (taken !== undefined) assert.equal(naive.alarms.get(taken), next);
          if (taken !== undefined) naive.alarms.delete(taken);
        }
        assert.equal(table.next(), naive.next());
        assert.equal(table.size, naive.alarms.size);
        for (const [each, due] of naive.alarms) assert.equal(table.at(each), due);
      }
    }),
  );
});
