import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { LoopDelay } from "./loop_delay.ts";

const HELD = 120;

test("a turn that holds the loop is seen, with its length, and forgotten by a reset", async () => {
  const watch = new LoopDelay();
  try {
    await delay(50);
    const start = performance.now();
    while (performance.now() - start < HELD);
    await delay(50);
    const { longest, looks, median, p99 } = watch.read();
    assert.ok(longest > HELD - 20, `${longest} ms`);
    assert.ok(median <= p99 && p99 <= longest && looks > 1);
    watch.reset();
    assert.equal(watch.read().looks, 0);
    assert.equal(watch.read().longest, 0);
  } finally {
    watch.close();
  }
});
