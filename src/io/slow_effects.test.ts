import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../base/logger.ts";
import type { NodeInput } from "../node/effect.ts";
import { type SlowEffect, SlowEffects, type SlowWork } from "./slow_effects.ts";

const RANGE = { name: "blk00000.dat", offset: 0, length: 1 };

/** What is told after `effect`, where the work goes as `work` says. */
async function after(effect: SlowEffect, work: Partial<SlowWork>, isRunning = true) {
  const inputs: NodeInput[] = [];
  const faults: string[] = [];
  const feed = (input: NodeInput): void => void inputs.push(input);
  const none = async (): Promise<never> => assert.fail("not asked for");
  const slow = new SlowEffects({ verify: none, load: none, multiplyCoins: none, ...work }, {
    feed, feedInTime: feed,
  }, {
    logger: { ...silentLogger, error: (text) => void faults.push(text) },
    isRunning: () => isRunning,
    failed: (what, cause) => void faults.push(`failed: ${what}: ${String(cause)}`),
  });
  slow.run(effect);
  assert.deepEqual(inputs, [], "not in this turn");
  await new Promise(setImmediate);
  return { inputs, faults };
}

test("bytes that cannot be read are answered with none, and the log says so", async () => {
  const { inputs, faults } = await after({ type: "load", request: 1, range: RANGE }, {
    load: async () => {
      throw new Error("EIO");
    },
  });
  assert.deepEqual(inputs, [{ type: "loaded", request: 1, bytes: undefined }]);
  assert.deepEqual(faults, ["Cannot read blk00000.dat: EIO"]);
});

test("a node whose scripts cannot be checked does not go on", async () => {
  const none = new Uint8Array();
  const payload = { kind: "block", bytes: none, spentOutputs: none, flags: 0, inputCount: 0 } as const;
  const { inputs, faults } = await after({ type: "verify", job: 1, payload }, {
    verify: async () => {
      throw new Error("no thread");
    },
  });
  assert.deepEqual(inputs, []);
  assert.deepEqual(faults, ["failed: Cannot check scripts: Error: no thread"]);
});

test("the hash over the coins is told to a node that runs, and to none that is asked to stop", async () => {
  const hashCoins = async (isStopped: () => boolean) => (isStopped() ? undefined : "hash");
  const effect = { type: "hash-coins", request: 2 } as const;
  const { inputs } = await after(effect, { hashCoins });
  assert.deepEqual(inputs, [{ type: "coins-hashed", request: 2, hash: "hash" }]);
  assert.deepEqual((await after(effect, { hashCoins }, false)).inputs, []);
});
