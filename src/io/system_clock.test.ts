import assert from "node:assert/strict";
import { test } from "node:test";
import { SystemClock } from "./system_clock.ts";

test("SystemClock starts at the wall clock and never steps back", () => {
  const clock = new SystemClock();
  assert.ok(Math.abs(clock.now() - Date.now()) < 10_000, `now is ${clock.now()}`);
  let last = clock.now();
  for (let i = 0; i < 10_000; i++) {
    const now = clock.now();
    assert.ok(now >= last);
    last = now;
  }
});

test("SystemClock tells whole Unix seconds", () => {
  const before = Math.floor(Date.now() / 1000);
  const time = new SystemClock().unixTime();
  assert.ok(Number.isInteger(time));
  assert.ok(time >= before && time <= Date.now() / 1000);
});
