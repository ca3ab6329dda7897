/**
 * Attacks on a node that catches up, each on a node with the defence and on one without it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type Without, WITHOUT_NOTHING } from "../../src/base/defences.ts";
import { milliseconds, minutes, seconds } from "../../src/base/time.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import type { NetworkAddress } from "../../src/primitives/network_address.ts";
import { AttackWorld, heightOf } from "../../src/sim/attack_world.ts";
import { PublishedChain } from "../../src/sim/published_chain.ts";
import { hostAt, SIM_START } from "../../src/sim/world_defaults.ts";
import { testSeed } from "../support/environment.ts";
import { twoColumns } from "../support/two_columns.ts";

const SEED = testSeed(25);
/** More than the window of 1,024, or nobody could hold it up. */
const BLOCKS = 1_120;
/** What one block takes on an honest line. */
const BLOCK_TIME = milliseconds(300);

installNodeCrypto();

const chain = new PublishedChain({
  params: REGTEST, first: SIM_START - BLOCKS * 600, interval: 600, count: BLOCKS,
});
before(() => chain.block(BLOCKS));

interface Company {
  readonly honest: number;
  /** They send a block now and then. */
  readonly slow: number;
  /** They send headers, and no block. */
  readonly stalling: number;
}

/** How long the sync takes, in seconds; `undefined` if it is not over after eight minutes. */
function sync({ honest, slow, stalling }: Company, without: Without): number | undefined {
  const world = new AttackWorld({ seed: SEED, chain });
  const at = (first: number, count: number): NetworkAddress[] =>
    Array.from({ length: count }, (_, i) => hostAt(first + i, 1));
  const good = at(100, honest);
  const bad = [...at(200, slow), ...at(300, stalling)];
  world.honest(good, {}, { blockTime: BLOCK_TIME });
  if (slow > 0) world.honest(at(200, slow), {}, { blockTime: seconds(30) });
  if (stalling > 0) {
    world.attacker(at(300, stalling), {
      received: (peer, message) => {
        if (message.type !== "getheaders") return;
        for (const answer of chain.answer(message, world.now)) peer.send(answer);
      },
    });
  }
  const victim = world.victim({}, without);
  victim.start();
  victim.command({ type: "add-addresses", addresses: [...good, ...bad], source: hostAt(1, 1) });
  const took = world.runUntil(() => heightOf(victim) === BLOCKS, { step: seconds(1), most: minutes(8) });
  return took === undefined ? undefined : took / 1000;
}

test(`attack 25, blocks withheld in the initial sync: it takes at most 1.5 times as long (seed ${SEED})`,
  (t) => {
  const quiet = sync({ honest: 5, slow: 0, stalling: 0 }, WITHOUT_NOTHING) ?? assert.fail("no sync at all");
  t.diagnostic(`with honest peers alone: ${quiet} s`);
  const { defended, undefended } = twoColumns(t, "stall-timeouts", (without) =>
    sync({ honest: 5, slow: 2, stalling: 3 }, without));
  assert.ok(defended !== undefined && defended <= 1.5 * quiet, `${defended} s, and ${quiet} s without them`);
  assert.equal(undefended, undefined, "without timeouts it never ends");
});
