import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../base/logger.ts";
import { TimeOffsets } from "./time_offsets.ts";

function bench() {
  const raised: string[] = [];
  const offsets = new TimeOffsets(silentLogger, (text) => void raised.push(text));
  const add = (...samples: readonly number[]) => {
    for (const seconds of samples) offsets.add(seconds);
  };
  return { offsets, raised, add };
}

test("four peers say nothing of our clock, and of five the middle one counts", () => {
  const { offsets, add } = bench();
  add(7_000, -7_000, 3, 5);
  assert.equal(offsets.median, 0);
  add(4);
  assert.equal(offsets.median, 4);
});

test("the operator is warned once when most peers are more than ten minutes off, until they are not", () => {
  const { offsets, raised, add } = bench();
  add(0, 0, 600, 601, 601);
  assert.deepEqual([offsets.warning, raised.length], [undefined, 0]);
  add(-20_000, 601, 601, 601);
  assert.match(offsets.warning ?? "", /^Your computer's date and time .* more than 10 minutes out of sync/);
  assert.deepEqual(raised, [offsets.warning]);
  add(601);
  assert.equal(raised.length, 1);
  add(...new Array<number>(30).fill(-1));
  assert.equal(offsets.warning, undefined);
  add(...new Array<number>(60).fill(-601));
  assert.equal(raised.length, 2, "and again when it is so again");
});

test("what fifty later peers say is all that counts", () => {
  const { offsets, add } = bench();
  add(...new Array<number>(200).fill(9_000), ...new Array<number>(50).fill(2));
  assert.equal(offsets.median, 2);
});
