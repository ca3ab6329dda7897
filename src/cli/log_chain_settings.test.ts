import assert from "node:assert/strict";
import { test } from "node:test";
import { type Logger, silentLogger } from "../base/logger.ts";
import { defaultNodeOptions, type NodeOptions } from "../node/node_options.ts";
import { MAIN } from "../params/main.ts";
import { logChainSettings } from "./log_chain_settings.ts";

function logOf(options: Partial<NodeOptions>): readonly string[] {
  const lines: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    info: (line) => void lines.push(line),
    warning: (line) => void lines.push(`[warning] ${line}`),
  };
  logChainSettings(logger, { ...defaultNodeOptions(MAIN), ...options });
  return lines;
}

test("the log says at the start what is taken on trust", () => {
  assert.deepEqual(logOf({}), [
    "Assuming ancestors of block 00000000000000000000ccebd6d74d9194d8dcdc1d177c478e094bfad51ba5ac have valid signatures.",
    "Setting nMinimumChainWork=0000000000000000000000000000000000000001128750f82f4c366153a3a030",
  ]);
});

test("the log says when nothing is, and warns when less work than usual is enough", () => {
  const work = (1).toString(16).padStart(64, "0");
  assert.deepEqual(logOf({ assumeValid: undefined, minimumChainWork: 1n }), [
    "Validating signatures for all blocks.",
    `Setting nMinimumChainWork=${work}`,
    "[warning] nMinimumChainWork set below default value of " +
      "0000000000000000000000000000000000000001128750f82f4c366153a3a030",
  ]);
});

test("the log says how old blocks are removed", () => {
  assert.match(logOf({ pruneTarget: 0 }).at(-1) ?? "",
    /^Block pruning enabled\. Use RPC call pruneblockchain/);
  assert.equal(logOf({ pruneTarget: 550 * 1024 * 1024 }).at(-1),
    "Prune configured to target 550 MiB on disk for block and undo files.");
});
