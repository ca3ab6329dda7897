import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../base/bytes.ts";
import { type MuHashChange, muhashFactor } from "../crypto/muhash.ts";
import { MuHashThread } from "./muhash_thread.ts";

function change(...elements: readonly number[]): MuHashChange {
  return {
    inserted: concatBytes(...elements.map((each) => Uint8Array.of(1, 0, 0, 0, each))),
    removed: Uint8Array.of(2, 0, 0, 0, 8, 9),
  };
}

test("factors that are made in the thread are those that are made here, each for who asked", async () => {
  const thread = new MuHashThread((error) => assert.fail(error));
  const changes = [change(1), change(1, 2, 3), change()];
  const factors = await Promise.all(changes.map((each) => thread.make(each)));
  assert.deepEqual(factors, changes.map(muhashFactor));
  await thread.close();
  assert.deepEqual(await thread.make(change(4)), muhashFactor(change(4)));
});

test("what a thread that crashes had is made here", async () => {
  const reports: string[] = [];
  const script = new URL(`data:text/javascript,${encodeURIComponent(
    `import { parentPort } from "node:worker_threads"; parentPort.on("message", () => process.exit(3));`)}`);
  const thread = new MuHashThread((error) => reports.push(error.message), script);
  const factors = await Promise.all([thread.make(change(1)), thread.make(change(2))]);
  assert.deepEqual(factors, [muhashFactor(change(1)), muhashFactor(change(2))]);
  assert.deepEqual(await thread.make(change(3)), muhashFactor(change(3)));
  assert.deepEqual(reports, ["The MuHash worker ended with code 3"]);
});
