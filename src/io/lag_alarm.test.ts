import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { silentLogger } from "../base/logger.ts";
import { LAG_WARNED_MS, LagAlarm } from "./lag_alarm.ts";

test("attack 49, a loop that is held: a turn of half a second is told of, once", async () => {
  const told: string[] = [];
  const alarm = new LagAlarm({ ...silentLogger, warning: (text) => void told.push(text) }, 50);
  try {
    for (let i = 0; i < 2; i++) {
      await delay(20);
      const start = performance.now();
      while (performance.now() - start < LAG_WARNED_MS + 100);
    }
    await delay(50);
    assert.equal(told.length, 1, told.join("; "));
    const [first = ""] = told;
    const [, length] = /^The event loop was held for (\d+) ms: peers wait meanwhile$/.exec(first) ?? [];
    assert.ok(Number(length) >= LAG_WARNED_MS, first);
  } finally {
    alarm.close();
  }
});
