import assert from "node:assert/strict";
import { test } from "node:test";
import type { Instant } from "../base/time.ts";
import { Arrivals } from "./arrivals.ts";

test("delays are counted from the first node on, once a node", () => {
  const arrivals = new Arrivals();
  for (const [node, at] of [[0, 100], [1, 110], [2, 130], [1, 500]] as const) arrivals.seen("a", node, at as Instant);
  arrivals.seen("b", 3, 1000 as Instant);
  assert.deepEqual(arrivals.summary(), { count: 2, p50: 30, p90: 30, p99: 30 });
});

test("without anything seen the summary is all zeros", () => {
  assert.deepEqual(new Arrivals().summary(), { count: 0, p50: 0, p90: 0, p99: 0 });
});
