import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addDuration, days, earlier, elapsed, hours, type Instant, milliseconds, minutes, seconds, toUnixSeconds,
} from "./time.ts";

test("lengths of time agree with one another", () => {
  assert.equal(seconds(1), milliseconds(1000));
  assert.equal(minutes(2), seconds(120));
  assert.equal(hours(2), minutes(120));
  assert.equal(days(2), hours(48));
});

test("what was added is what has elapsed", () => {
  const start = 1_000 as Instant;
  assert.equal(elapsed(start, addDuration(start, seconds(3))), seconds(3));
});

test("never is later than any moment", () => {
  const [a, b] = [1 as Instant, 2 as Instant];
  assert.deepEqual(
    [earlier(a, b), earlier(b, a), earlier(a, undefined), earlier(undefined, b)],
    [a, a, a, b],
  );
  assert.equal(earlier(undefined, undefined), undefined);
});

test("seconds are cut, not rounded", () => {
  assert.equal(toUnixSeconds(1_999.9 as Instant), 1);
});
