import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { NodeEvent } from "../node/event.ts";
import { EventRing } from "./event_ring.ts";

function warning(seq: number): NodeEvent {
  return { seq, time: seq, type: "node:warning", data: { text: "" } };
}

const unheard = (error: unknown): void => assert.fail(String(error));

test("since gives what a plain list of the last events gives", () => {
  fc.assert(
    fc.property(fc.nat(12), fc.integer({ min: 1, max: 5 }), fc.nat(14), (count, limit, seq) => {
      const ring = new EventRing(unheard, limit);
      const all = Array.from({ length: count }, (_, i) => warning(i + 1));
      for (const event of all) ring.append(event);
      const asked = all.filter((event) => event.seq > seq);
      const kept = asked.slice(-limit);
      assert.deepEqual(ring.since(seq), { events: kept, missed: asked.length - kept.length });
      assert.equal(ring.lastSeq, count);
    }),
  );
});

test("each listener hears every event once, in order, until it stops", () => {
  const ring = new EventRing(unheard);
  const heard: number[] = [];
  const listener = ({ seq }: NodeEvent): void => void heard.push(seq);
  const stopFirst = ring.listen(listener);
  const stopSecond = ring.listen(listener);
  ring.append(warning(1));
  stopFirst();
  ring.append(warning(2));
  stopSecond();
  ring.append(warning(3));
  assert.deepEqual(heard, [1, 1, 2]);
});

test("a listener that throws keeps no one else from hearing", () => {
  const errors: unknown[] = [];
  const ring = new EventRing((error) => errors.push(error));
  const heard: number[] = [];
  ring.listen(() => {
    throw new Error("mine");
  });
  ring.listen(({ seq }) => heard.push(seq));
  ring.append(warning(1));
  assert.deepEqual(heard, [1]);
  assert.equal(errors.length, 1);
});
