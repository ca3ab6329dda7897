import assert from "node:assert/strict";
import { test } from "node:test";
import { hours, minutes, seconds, type UnixSeconds } from "../base/time.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { UploadTarget } from "./upload_target.ts";

const START = 1_700_000_000 as UnixSeconds;
const MB = 1_000_000;
/** Room for one long block in each ten minutes of a day. */
const NEW_BLOCKS = 144 * 4 * MB;

function bench(target: number) {
  const clock = new VirtualClock(START);
  return { clock, uploads: new UploadTarget(clock, target) };
}

test("without a target nothing is ever reached, and nothing is left to be told", () => {
  const { uploads } = bench(0);
  uploads.sent(1e12);
  assert.deepEqual([uploads.isReached(false), uploads.isReached(true)], [false, false]);
  assert.deepEqual(uploads.report(), {
    cycle: 86_400, target: 0, isReached: false, servesHistory: true, bytesLeft: 0, secondsLeft: 0,
  });
});

test("old blocks are sent until what is left is needed for a day's new ones", () => {
  const { clock, uploads } = bench(NEW_BLOCKS + 100 * MB);
  uploads.sent(100 * MB - 1);
  assert.equal(uploads.isReached(true), false);
  uploads.sent(1);
  assert.deepEqual([uploads.isReached(true), uploads.isReached(false)], [true, false]);
  // The room that the first ten minutes did not take is free again.
  clock.advance(minutes(10));
  assert.equal(uploads.isReached(true), false);
  uploads.sent(NEW_BLOCKS);
  assert.equal(uploads.isReached(false), true);
  assert.equal(uploads.report().bytesLeft, 0);
});

test("a target that is smaller than a day's new blocks leaves nothing for old ones", () => {
  const { uploads } = bench(1 * MB);
  assert.deepEqual([uploads.isReached(true), uploads.isReached(false)], [true, false]);
});

test("a day after the first byte all is counted anew", () => {
  const { clock, uploads } = bench(NEW_BLOCKS + 1);
  uploads.sent(NEW_BLOCKS + 1);
  clock.advance(hours(24));
  assert.deepEqual([uploads.isReached(false), uploads.report().secondsLeft], [true, 0]);
  clock.advance(seconds(1));
  uploads.sent(1);
  assert.equal(uploads.isReached(false), false);
  assert.deepEqual([uploads.report().bytesLeft, uploads.report().secondsLeft], [NEW_BLOCKS, 86_400]);
});
