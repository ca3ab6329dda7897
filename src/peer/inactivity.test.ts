import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Duration, type Instant, minutes, seconds } from "../base/time.ts";
import { type Activity, findInactivity, inactiveAt, INACTIVITY_TIMEOUT } from "./inactivity.ts";

const TIMEOUT = seconds(60);

type Times = Partial<Record<"connectedAt" | "lastSend" | "lastReceive", number>>;

function activity(isReady: boolean, times: Times = {}): Activity {
  const { connectedAt = 1000, lastSend = 1000, lastReceive = 1000 } = times;
  return {
    connectedAt: connectedAt as Instant,
    lastSend: lastSend as Instant,
    lastReceive: lastReceive as Instant,
    isReady,
    transportType: "v1",
  };
}

function reasonAt(each: Activity, now: number): string | undefined {
  return findInactivity(each, TIMEOUT, now as Instant)?.reason;
}

test("a ready peer is dropped after twenty minutes of silence, and not a millisecond sooner", () => {
  const later = 1000 + minutes(10);
  const end = 1000 + INACTIVITY_TIMEOUT;
  const silent = activity(true, { lastSend: later });
  const deaf = activity(true, { lastReceive: later });
  assert.deepEqual([reasonAt(silent, end - 1), reasonAt(silent, end)], [undefined, "receive-timeout"]);
  assert.deepEqual([reasonAt(deaf, end - 1), reasonAt(deaf, end)], [undefined, "send-timeout"]);
});

test("a timeout of more than twenty minutes for the handshake holds for silence too", () => {
  const each = activity(true);
  const patient = minutes(60);
  assert.equal(findInactivity(each, patient, (1000 + patient - 1) as Instant), undefined);
  assert.notEqual(findInactivity(each, patient, (1000 + patient) as Instant), undefined);
});

test("something is found from inactiveAt on, and nothing before", () => {
  const at = fc.nat(3_000_000);
  fc.assert(fc.property(fc.boolean(), at, at, at, at, (isReady, connectedAt, lastSend, lastReceive, now) => {
    const each = activity(isReady, { connectedAt, lastSend: lastSend + 1, lastReceive: lastReceive + 1 });
    const isFound = findInactivity(each, TIMEOUT as Duration, now as Instant) !== undefined;
    assert.equal(isFound, now >= inactiveAt(each, TIMEOUT));
  }));
});
