import assert from "node:assert/strict";
import { test } from "node:test";
import { milliseconds, seconds } from "../base/time.ts";
import { START } from "../../test/support/peer_bench.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { DialBackoff } from "./dial_backoff.ts";

function bench() {
  const clock = new VirtualClock(START);
  return { clock, backoff: new DialBackoff(clock, { first: seconds(1), longest: seconds(8) }) };
}

test("each failure in a row doubles the wait, up to the longest", () => {
  const { clock, backoff } = bench();
  const waits = Array.from({ length: 6 }, () => {
    backoff.failed("a");
    return ((backoff.dueAt("a") ?? 0) - clock.now()) / 1000;
  });
  assert.deepEqual(waits, [1, 2, 4, 8, 8, 8]);
});

test("an address is due when its wait is over, and not a millisecond sooner", () => {
  const { clock, backoff } = bench();
  assert.equal(backoff.isDue("a"), true);
  backoff.failed("a");
  clock.advance(milliseconds(999));
  assert.equal(backoff.isDue("a"), false);
  clock.advance(milliseconds(1));
  assert.equal(backoff.isDue("a"), true);
});

test("a connection that lasted ten seconds forgets all failures, one that did not is one more", () => {
  for (const [lasted, wait] of [[seconds(10), seconds(1)], [seconds(9), seconds(4)]] as const) {
    const { clock, backoff } = bench();
    backoff.failed("a");
    backoff.failed("a");
    const connectedAt = clock.now();
    clock.advance(lasted);
    backoff.ended("a", connectedAt);
    assert.equal(backoff.dueAt("a"), clock.now() + wait);
  }
});

test("of too many addresses, the one that failed longest ago is forgotten", () => {
  const { backoff } = bench();
  for (let i = 0; i < 2000; i++) backoff.failed(`${i}`);
  backoff.failed("0");
  backoff.failed("new");
  assert.deepEqual(["0", "1", "2", "new"].map((key) => backoff.isDue(key)), [false, true, false, false]);
});
