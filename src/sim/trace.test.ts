import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../base/bytes.ts";
import type { Instant } from "../base/time.ts";
import { Trace } from "./trace.ts";

type Delivery = readonly [at: number, host: number, what: string, bytes: string];

function hashOf(...deliveries: readonly Delivery[]): string {
  const trace = new Trace();
  for (const [at, host, what, bytes] of deliveries) trace.add(at as Instant, host, what, fromHex(bytes));
  assert.equal(trace.count, deliveries.length);
  return trace.hash;
}

const FIRST: Delivery = [1, 0, "received", "aa"];
const SECOND: Delivery = [2, 1, "woken", ""];

test("time, place, kind, bytes and order of a delivery all show in the trace", () => {
  const hash = hashOf(FIRST, SECOND);
  assert.equal(hashOf(FIRST, SECOND), hash);
  const others: readonly (readonly Delivery[])[] = [
    [SECOND, FIRST], [FIRST], [[1.5, 0, "received", "aa"], SECOND], [[1, 1, "received", "aa"], SECOND],
    [[1, 0, "closed", "aa"], SECOND], [[1, 0, "received", "ab"], SECOND],
  ];
  assert.equal(new Set([hash, ...others.map((each) => hashOf(...each))]).size, others.length + 1);
});
