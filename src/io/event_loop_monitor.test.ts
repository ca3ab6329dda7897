import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { EventLoopMonitor } from "./event_loop_monitor.ts";

test("a turn that holds the loop shows as its longest", async () => {
  const monitor = new EventLoopMonitor();
  assert.deepEqual(monitor.delays, { longest: 0, p99: 0, mean: 0 });
  monitor.reset();
  await delay(20);
  const until = performance.now() + 80;
  while (performance.now() < until);
  await delay(20);
  assert.ok(monitor.delays.longest >= 60, `longest is ${monitor.delays.longest} ms`);
  monitor.stop();
});
