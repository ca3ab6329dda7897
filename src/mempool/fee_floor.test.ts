import assert from "node:assert/strict";
import { test } from "node:test";
import type { UnixSeconds } from "../base/time.ts";
import { FeeFloor } from "./fee_floor.ts";

const HALFLIFE = 12 * 3600;
const at = (seconds: number) => seconds as UnixSeconds;

function raised(): FeeFloor {
  const floor = new FeeFloor(100);
  floor.raise(9_900);
  floor.blockConnected(at(0));
  return floor;
}

test("there is no floor before anything was evicted", () => {
  assert.equal(new FeeFloor(100).current(at(0), 1), 0);
});

test("the floor is what was evicted and the increment, and only ever raised by more", () => {
  const floor = new FeeFloor(100);
  floor.raise(500);
  floor.raise(300);
  assert.equal(floor.current(at(0), 1), 600);
});

test("it stands until a block comes, and again after the next eviction", () => {
  const floor = new FeeFloor(100);
  floor.raise(9_900);
  assert.equal(floor.current(at(1e6), 1), 10_000);
  floor.blockConnected(at(1e6));
  assert.equal(floor.current(at(1e6 + HALFLIFE), 1), 5_000);
  floor.raise(5_000);
  assert.equal(floor.current(at(1e6 + 3 * HALFLIFE), 1), 5_100);
});

test("it halves in twelve hours, in six when the pool is under half full, in three under a quarter", () => {
  assert.equal(raised().current(at(HALFLIFE), 0.5), 5_000);
  assert.equal(raised().current(at(HALFLIFE), 0.49), 2_500);
  assert.equal(raised().current(at(HALFLIFE), 0.25), 2_500);
  assert.equal(raised().current(at(HALFLIFE), 0.24), 625);
});

test("it is lowered in steps of more than ten seconds", () => {
  const floor = raised();
  assert.equal(floor.current(at(10), 0), 10_000);
  assert.ok(floor.current(at(11), 0) < 10_000);
});

test("it is at least the increment, and ends below half of it", () => {
  const floor = new FeeFloor(100);
  floor.raise(20);
  floor.blockConnected(at(0));
  assert.equal(floor.current(at(HALFLIFE), 1), 100);
  assert.equal(floor.current(at(2 * HALFLIFE), 1), 0);
});
