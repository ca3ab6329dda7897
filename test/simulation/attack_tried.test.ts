/**
 * Defences of the address book, one at a time: in docs/eclipse.md each overlaps with the others, so that a
 * node with all but one is hardly worse off. Here is what each does by itself.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Without } from "../../src/base/defences.ts";
import { hours, minutes, seconds } from "../../src/base/time.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import type { NetworkAddress } from "../../src/primitives/network_address.ts";
import { AttackWorld } from "../../src/sim/attack_world.ts";
import { type Crowd, repeat } from "../../src/sim/crowd.ts";
import type { VirtualHost } from "../../src/sim/virtual_host.ts";
import { hostAt } from "../../src/sim/world_defaults.ts";
import { testSeed } from "../support/environment.ts";
import { twoColumns } from "../support/two_columns.ts";

const SEED = testSeed(13);

installNodeCrypto();

/** Of the node's good addresses, those that are this crowd's. */
function triedOf({ core }: VirtualHost, crowd: Crowd): number {
  const entries = [...core.addresses.entries()];
  return entries.filter(({ address, table }) => table === "tried" && crowd.owns(address)).length;
}

/** One that says hello from each of its addresses, and goes. */
function callers(world: AttackWorld, to: VirtualHost, addresses: readonly NetworkAddress[]): Crowd {
  const crowd = world.attacker(addresses, {
    ready: (peer) => {
      if (!peer.isInbound) peer.close();
    },
  });
  let next = 0;
  repeat(world.network, seconds(1), () => {
    crowd.dial(to.address, addresses[next++] as NetworkAddress);
    return next < addresses.length;
  });
  return crowd;
}

function calledBy(without: Without): number {
  const world = new AttackWorld({ seed: SEED });
  const victim = world.victim({ connectOnly: [] }, without);
  victim.start();
  const crowd = callers(world, victim, world.scattered(1000, 50));
  world.run(minutes(2));
  return triedOf(victim, crowd);
}

test(`attack 13, hello from fifty addresses: none becomes a good one by dialling us (seed ${SEED})`, (t) => {
  const { defended, undefended } = twoColumns(t, "tried-by-dial", calledBy);
  assert.equal(defended, 0);
  assert.ok(undefended >= 45, `${undefended} of 50 where that counts`);
});

/** Of forty good addresses, those that are left when a hundred others want their places. */
function leftOf(without: Without): number {
  const world = new AttackWorld({ seed: SEED });
  // Whoever calls counts, so that the places are soon taken; and there are 64 of them.
  const both: Without = new Set([...without, "tried-by-dial"] as const);
  const victim = world.victim({}, both, { tableRules: { triedBuckets: 1, triedBucketsPerGroup: 1 } });
  victim.start();
  const honest = callers(world, victim, world.scattered(100, 40));
  world.run(seconds(45));
  callers(world, victim, world.scattered(1000, 100));
  world.run(minutes(2));
  return triedOf(victim, honest);
}

test(`attack 13, good addresses pushed out by others: who still answers keeps its place (seed ${SEED})`, (t) => {
  const { defended, undefended } = twoColumns(t, "test-before-evict", leftOf);
  assert.ok(undefended < defended / 2, `${undefended} against ${defended}`);
});

/** Addresses that answer among the good ones, two hours after the start of a node that heard of many dead ones. */
function foundAlive(without: Without): number {
  const world = new AttackWorld({ seed: SEED });
  const alive = world.scattered(100, 60);
  const honest = world.honest(alive);
  const dead = world.scattered(1000, 200);
  const victim = world.victim({}, without);
  victim.start();
  victim.command({ type: "add-addresses", addresses: [...alive, ...dead], source: hostAt(1, 1) });
  world.run(hours(2));
  return triedOf(victim, honest);
}

test(`attack 13, a book of dead addresses: feelers find those that answer, for the next start (seed ${SEED})`, (t) => {
  const { defended, undefended } = twoColumns(t, "feelers", foundAlive);
  // Of three seeds: 20 to 26 against 13 or 14.
  assert.ok(defended >= undefended + 4, `${defended} against ${undefended}`);
});
