import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Instant } from "../base/time.ts";
import { EventQueue } from "./event_queue.ts";

test("events come in the order of their times, and of their scheduling where times are equal", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 })), (times) => {
      const queue = new EventQueue();
      const happened: number[] = [];
      for (const [index, time] of times.entries()) queue.add(time as Instant, () => happened.push(index));
      for (let next = queue.take(); next !== undefined; next = queue.take()) next.action();
      // A stable sort keeps what is equal in its order.
      const expected = [...times.keys()].sort((a, b) => (times[a] as number) - (times[b] as number));
      assert.deepEqual(happened, expected);
      assert.equal(queue.size, 0);
    }),
  );
});

test("the time of the next event is known before it is taken", () => {
  const queue = new EventQueue();
  assert.equal(queue.nextAt, undefined);
  queue.add(7 as Instant, () => {});
  queue.add(3 as Instant, () => {});
  assert.equal(queue.nextAt, 3);
});
