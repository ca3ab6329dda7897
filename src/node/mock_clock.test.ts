import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds, type UnixSeconds } from "../base/time.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { MockClock } from "./mock_clock.ts";

const START = 1_700_000_000 as UnixSeconds;

test("without mock time the real clock shows", () => {
  const real = new VirtualClock(START);
  const clock = new MockClock(real, 0);
  real.advance(seconds(5));
  assert.equal(clock.unixTime(), START + 5);
  assert.equal(clock.now(), (START + 5) * 1000);
  assert.equal(clock.mockTime, undefined);
});

test("mock time stands still, may step back, and zero gives the real clock back", () => {
  const real = new VirtualClock(START);
  const clock = new MockClock(real, START + 1000);
  real.advance(seconds(5));
  assert.equal(clock.unixTime(), START + 1000);
  clock.set(START - 1000);
  assert.equal(clock.now(), (START - 1000) * 1000);
  clock.set(0);
  assert.equal(clock.unixTime(), START + 5);
});
