import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Serial } from "./serial.ts";

test("pieces of work run one after the other, past one that fails", async () => {
  const serial = new Serial();
  const done: string[] = [];
  const slow = serial.run(async () => {
    await nextTurn();
    done.push("slow");
  });
  const failing = serial.run(async () => {
    done.push("failing");
    throw new Error("no");
  });
  const last = serial.run(async () => done.push("last"));
  await assert.rejects(failing, /no/);
  await Promise.all([slow, last]);
  assert.deepEqual(done, ["slow", "failing", "last"]);
});

test("idle waits for work that is handed in while it waits", async () => {
  const serial = new Serial();
  let isDone = false;
  void serial.run(async () => {
    await nextTurn();
    void serial.run(async () => {
      await nextTurn();
      isDone = true;
    });
  });
  await serial.idle();
  assert.equal(isDone, true);
});
