/** Lines that a stranger can have written, which are to fill the disk. */
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DebugLog, QUIET_LOG } from "../../src/io/debug_log.ts";
import { SITE_BYTES_MAX } from "../../src/io/log_rate_limit.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { type BlockNode, BlockTree, QUICK_MATURITY, alteredBlock } from "../support/blocks.ts";
import { tempDir } from "../support/temp_dir.ts";
import { bothWays } from "../support/two_columns.ts";
import { VictimWorld } from "../support/victim_world.ts";

installNodeCrypto();

const tree = new BlockTree(QUICK_MATURITY);
const [first] = tree.grow(tree.genesis, 1) as readonly [BlockNode];

/** Bytes of the log of a node to which so many peers in turn send a block that breaks a rule. */
function logOf(isRateLimited: boolean, blocks: number): number {
  const path = join(tempDir(), "debug.log");
  const log = new DebugLog({ ...QUIET_LOG, path, isRateLimited });
  const world = new VictimWorld({ ports: { logger: log } });
  world.give([first]);
  const bad = alteredBlock(tree.extend(first).block, { merkleRoot: new Uint8Array(32).fill(7) });
  for (let i = 0; i < blocks; i++) {
    const attacker = world.inbound();
    attacker.says({ type: "block", value: { block: bad } });
    assert.ok(!attacker.isConnected, "each costs a connection");
  }
  // What an operator is told for each, with as much text as a stranger can make up.
  for (let i = 0; i < 40_000; i++) log.warning(`Invalid block of peer=${i}: ${"x".repeat(60)}`);
  log.close();
  return statSync(path).size;
}

test("attack 19, invalid blocks in the log: a megabyte an hour is written of one kind of line, without the limit all", (t) => {
  const { defended, undefended } = bothWays(t, "-logratelimit", (isOn) => logOf(isOn, 20));
  assert.ok(defended < 1.2 * SITE_BYTES_MAX, `${defended} bytes`);
  assert.ok(undefended > 3 * SITE_BYTES_MAX, `${undefended} bytes`);
});
