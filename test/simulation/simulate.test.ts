import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { milliseconds, minutes } from "../../src/base/time.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { testSize } from "../support/environment.ts";
import { simulate, type SimulationOptions, type SimulationReport } from "../../src/sim/simulate.ts";

installNodeCrypto();

const NODES = testSize("TIDINGS_NODES", 9);
/** From so many on, they also run for longer, and once more in another process. */
const NODES_MANY = 24;
const isLarge = NODES >= NODES_MANY;
const LENGTH_MINUTES = isLarge ? 30 : 14;

/** Half the nodes are cut off from the other half for ten minutes. */
const LARGE: SimulationOptions = {
  seed: 1,
  nodes: NODES,
  length: minutes(LENGTH_MINUTES),
  partition: { at: minutes(isLarge ? 5 : 2), length: minutes(10), share: 0.5 },
};

const SMALL: SimulationOptions = { seed: 7, nodes: 4, length: minutes(3) };

const small = simulate(SMALL);

async function inAnotherProcess(options: SimulationOptions): Promise<SimulationReport> {
  const program = join(import.meta.dirname, "run_simulation.js");
  const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(options)]);
  return JSON.parse(stdout) as SimulationReport;
}

test(`${NODES} nodes that were split for ten of ${LENGTH_MINUTES} minutes end at one tip`, async () => {
  const other = isLarge ? inAnotherProcess(LARGE) : undefined;
  const report = simulate(LARGE);
  assert.ok(report.isOneTip, `seed ${LARGE.seed}: tips ${JSON.stringify(report.tips)}`);
  assert.ok(report.deepestReorganisation >= 1, `seed ${LARGE.seed}: the split left nothing to reorganise`);
  assert.ok(report.fewestPeers >= 8, `seed ${LARGE.seed}: a node has ${report.fewestPeers} peers`);
  assert.ok(report.transactions.count > 50, `seed ${LARGE.seed}: ${report.transactions.count} payments`);
  if (other !== undefined) assert.deepEqual(await other, report, "a second process sees the same");
});

test("runs from one seed do the same, also in two processes, and from another they do not", async () => {
  const other = inAnotherProcess(SMALL);
  assert.deepEqual(simulate(SMALL), small);
  assert.notEqual(simulate({ ...SMALL, seed: 8 }).trace, small.trace);
  assert.deepEqual(await other, small);
});

test("a single delivery that comes a millisecond later shows in the trace", () => {
  const moved = simulate({ ...SMALL, moved: { delivery: 1000, by: milliseconds(1) } });
  assert.notEqual(moved.trace, small.trace);
});
