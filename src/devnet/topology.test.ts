import assert from "node:assert/strict";
import { test } from "node:test";
import { isTidingsError } from "../api/errors.ts";
import { nodeName } from "./names.ts";
import { gossipNeeded, NODES_MAX, planNodes } from "./topology.ts";

test("six nodes are two miners, three full ones and one that prunes", () => {
  assert.deepEqual(planNodes(6).map(({ name, role }) => `${name} ${role}`), [
    "alice miner", "bob miner", "carol full", "dave full", "erin full", "frank pruned",
  ]);
});

test("every number of nodes has a miner, and names that differ", () => {
  for (let count = 1; count <= NODES_MAX; count++) {
    const nodes = planNodes(count);
    assert.equal(nodes.length, count);
    assert.ok(nodes.some(({ role }) => role === "miner"));
    assert.equal(new Set(nodes.map(({ name }) => name)).size, count);
  }
  assert.equal(nodeName(26), "alice2");
});

test("numbers, names and roles that cannot be are refused", () => {
  for (const nodes of [0, -1, 1.5, NODES_MAX + 1, Number.NaN]) {
    assert.throws(() => planNodes(nodes), isConfig);
  }
  assert.throws(() => planNodes({}), isConfig);
  assert.throws(() => planNodes({ "../x": "miner" }), isConfig);
  assert.throws(() => planNodes({ alice: "full" }), isConfig, "nobody mines");
  assert.throws(() => planNodes({ alice: "king" as "miner" }), isConfig);
});

function isConfig(error: unknown): boolean {
  return isTidingsError(error, "CONFIG") && error.data.option.startsWith("nodes");
}

test("a node is to find two others by gossip, where there are so many besides the one it is told of", () => {
  assert.deepEqual([0, 1, 5].map((index) => gossipNeeded(index, 6)), [2, 2, 2]);
  assert.deepEqual([0, 1, 2].map((index) => gossipNeeded(index, 3)), [2, 1, 1]);
  assert.deepEqual([0, 1].map((index) => gossipNeeded(index, 2)), [1, 0]);
  assert.equal(gossipNeeded(0, 1), 0);
});
