/**
 * Attacks on the places of a node, by whoever can open many connections to it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Without } from "../../src/base/defences.ts";
import { type Duration, milliseconds, minutes, seconds } from "../../src/base/time.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import type { NetworkAddress } from "../../src/primitives/network_address.ts";
import { AttackWorld } from "../../src/sim/attack_world.ts";
import { type Crowd, repeat } from "../../src/sim/crowd.ts";
import type { VirtualHost } from "../../src/sim/virtual_host.ts";
import { hostAt } from "../../src/sim/world_defaults.ts";
import { testSeed, testSize } from "../support/environment.ts";
import { twoColumns } from "../support/two_columns.ts";

const SEED = testSeed(16);
const FLOOD = 150 * testSize("TIDINGS_ATTACKS", 1);

const RUN = `seed ${SEED}`;

installNodeCrypto();

/** One connection from each address, one after the other. */
function connectAll(
  world: AttackWorld, crowd: Crowd, to: VirtualHost, from: readonly NetworkAddress[], every: Duration,
): void {
  let next = 0;
  repeat(world.network, every, () => {
    crowd.dial(to.address, from[next++] as NetworkAddress);
    return next < from.length;
  });
}

/** 40 inbound places. */
const FORTY = { maxConnections: 51, connectOnly: [] };

interface Survivors {
  /** They answer soonest. */
  readonly near: number;
  /** They bring the blocks. */
  readonly bringing: number;
  /** They have been there for long. */
  readonly old: number;
}

/** 8 near, 4 that bring blocks and 16 old peers, all inbound; then comes the flood. Who is left? */
function flood(from: readonly NetworkAddress[], without: Without): Survivors {
  const world = new AttackWorld({ seed: SEED });
  const victim = world.victim(FORTY, without);
  victim.start();
  const quiet = (first: number, count: number, latency: Duration): Crowd => {
    const addresses = world.scattered(first, count);
    const crowd = world.attacker(addresses, world.following(), { latency });
    connectAll(world, crowd, victim, addresses, seconds(5));
    return crowd;
  };
  const old = quiet(100, 16, milliseconds(80));
  world.run(minutes(5));
  const near = quiet(200, 8, milliseconds(2));
  const addresses = world.scattered(300, 4);
  const bringing = world.honest(addresses, { latency: milliseconds(60) });
  connectAll(world, bringing, victim, addresses, seconds(5));
  world.run(minutes(45));

  const attackers = world.attacker(from, world.following(), { latency: milliseconds(20) });
  connectAll(world, attackers, victim, from, seconds(3));
  world.run((from.length * seconds(3) + minutes(5)) as Duration);
  return { near: near.ready.length, bringing: bringing.ready.length, old: old.ready.length };
}

for (const [from, groups] of [["many groups", FLOOD], ["two groups", 2]] as const) {
  test(`attack 16, inbound places taken from ${from}: who serves us well keeps its place (seed ${SEED})`,
    (t) => {
    const addresses = Array.from({ length: FLOOD }, (_, i) => hostAt(1000 + (i % groups), 256 + i));
    const { defended, undefended } = twoColumns(t, "eviction-protection", (without) =>
      flood(addresses, without));
    assert.equal(defended.near, 8);
    assert.equal(defended.bringing, 4);
    assert.ok(defended.old >= 12, `${defended.old} of 16 old peers are left`);
    const left = undefended.near + undefended.bringing + undefended.old;
    assert.ok(left <= 6, `without protection ${left} of 28 are left`);
  });
}

interface Newcomers {
  /** Of twenty honest peers that come while it goes on, those that are in at its end. */
  readonly welcome: number;
  /** Connections that a handshake was begun for. */
  readonly begun: number;
}

/** Connections that never say anything, twenty a second, and honest peers that want to come in. */
function handshakes(from: readonly NetworkAddress[], without: Without): Newcomers {
  const world = new AttackWorld({ seed: SEED });
  const victim = world.victim({ connectOnly: [] }, without);
  victim.start();
  const silent = world.attacker(from, { opened: () => false });
  connectAll(world, silent, victim, from, milliseconds(50));
  world.run(seconds(20));
  const addresses = world.scattered(100, 20);
  const honest = world.attacker(addresses, world.following());
  connectAll(world, honest, victim, addresses, seconds(1));
  world.run(seconds(39));
  const begun = world.events.filter(({ type }) => type === "peer:open").length;
  return { welcome: honest.ready.length, begun };
}

test(`attack 17, handshakes begun by one neighbourhood: few are taken up (seed ${SEED})`, (t) => {
  const from = Array.from({ length: 1200 }, (_, i) => hostAt(1000, 1 + (i % 250)));
  const { defended, undefended } = twoColumns(t, "handshake-limits", (without) => handshakes(from, without));
  assert.equal(defended.welcome, 20);
  assert.ok(defended.begun < 200, `${defended.begun} handshakes were begun`);
  assert.ok(undefended.begun > 1000, `without limits ${undefended.begun}`);
});

test(`attack 17, handshakes begun from everywhere, and none ended: honest newcomers get in (seed ${SEED})`,
  (t) => {
  const from = Array.from({ length: 1200 }, (_, i) => hostAt(1000 + i, 1));
  const { defended, undefended } = twoColumns(t, "handshake-limits", (without) => handshakes(from, without));
  assert.equal(defended.welcome, 20);
  assert.ok(undefended.welcome < 10, `without limits ${undefended.welcome} of 20 are in`);
});

/** Connections that come and go as fast as they can, from one neighbourhood. Returns the handshakes made. */
function churn(without: Without): { readonly opened: number; readonly left: number } {
  const world = new AttackWorld({ seed: SEED });
  const victim = world.victim(FORTY, without);
  victim.start();
  const from = Array.from({ length: 1200 }, (_, i) => hostAt(1000, 1 + (i % 250)));
  const restless = world.attacker(from, { ready: (peer) => peer.close() });
  connectAll(world, restless, victim, from, milliseconds(50));
  world.run(seconds(70));
  const opened = world.events.filter(({ type }) => type === "peer:open").length;
  return { opened, left: [...victim.core.peers()].length };
}

test(`attack 18, connections that come and go: few are taken up, and none leaves anything behind (${RUN})`,
  (t) => {
  const { defended, undefended } = twoColumns(t, "handshake-limits", churn);
  assert.ok(defended.opened <= 8 + 2 * 60 + 10, `${defended.opened} handshakes in a minute`);
  assert.equal(undefended.opened, 1200);
  assert.deepEqual([defended.left, undefended.left], [0, 0]);
});
