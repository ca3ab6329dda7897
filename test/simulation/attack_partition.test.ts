/**
 * A network that is cut in two, and how long it takes to be one again: one node among scripted peers, and, if
 * TIDINGS_NODES says so, many whole nodes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Without } from "../../src/base/defences.ts";
import { addDuration, type Duration, hours, minutes, seconds } from "../../src/base/time.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { defaultNodeOptions } from "../../src/node/node_options.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import { displayHash } from "../../src/primitives/hash.ts";
import { addressKey } from "../../src/primitives/network_address.ts";
import { ATTACK_START, AttackWorld, heightOf, hostAt, outboundPeers } from "../../src/sim/attack_world.ts";
import type { VirtualHost } from "../../src/sim/virtual_host.ts";
import { VirtualNetwork } from "../../src/sim/virtual_network.ts";
import { testSeed, testSize } from "../support/environment.ts";
import { twoColumns } from "../support/two_columns.ts";

const SEED = testSeed(46);
/** From so many on, each half has enough nodes to be content with itself: worth the minute it takes. */
const NODES_MANY = 24;
const NODES = testSize("TIDINGS_NODES", 1);
const ANYONE = Uint8Array.of(0x51);

installNodeCrypto();

class Halves {
  readonly network = new VirtualNetwork({
    seed: SEED, start: ATTACK_START, latency: { least: 10, most: 150 }, isTraced: false,
  });
  readonly hosts: readonly VirtualHost[];

  constructor() {
    const addresses = Array.from({ length: NODES }, (_, i) => hostAt(100 + i, 1));
    this.hosts = addresses.map((address) => this.network.addHost(address, {
      ...defaultNodeOptions(REGTEST), advertise: [address], coinsCacheBytes: 1024 * 1024,
    }));
    for (const host of this.hosts) {
      host.start();
      host.command({ type: "add-addresses", addresses, source: host.address });
    }
    this.mine(0, 1);
    this.run(minutes(10));
  }

  run(length: Duration): void {
    this.network.runUntil(addDuration(this.network.clock.now(), length));
  }

  mine(host: number, count: number): void {
    this.hosts[host]?.command({ type: "generate", count, script: ANYONE, maxTries: 1_000_000 });
  }

  sideOf(host: { readonly index: number }): number {
    return host.index < NODES / 2 ? 0 : 1;
  }

  cut(): void {
    this.network.cut((host) => this.sideOf(host));
  }

  /** Outbound connections that lead to the other half. */
  get bridges(): number {
    return this.hosts.flatMap((host) => outboundPeers(host).filter(({ address }) => {
      const other = this.hosts.find((each) => addressKey(each.address) === addressKey(address));
      return other !== undefined && this.sideOf(other) !== this.sideOf(host);
    })).length;
  }

  get isOne(): boolean {
    const tips = this.hosts.map(({ core: { chain } }) => displayHash(chain.headers.hash(chain.tip)));
    return new Set(tips).size === 1;
  }
}

/** Seconds from the end of a cut of three hours until all nodes have one tip. */
function heal(): number | undefined {
  const world = new Halves();
  assert.ok(world.isOne, "they are one network before");
  world.cut();
  for (let i = 0; i < 6; i++) {
    world.mine(0, 1);
    world.mine(NODES - 1, i % 2);
    world.run(minutes(30));
  }
  assert.equal(world.bridges, 0, "no connection outlives the cut");
  assert.ok(!world.isOne);
  world.network.heal();
  const step = seconds(10);
  for (let took = 0; took <= hours(2); took += step) {
    if (world.isOne) return took / 1000;
    world.run(step);
  }
  return undefined;
}

if (NODES >= NODES_MANY) {
  test(`attack 45, ${NODES} nodes cut in two for three hours: one again in half an hour (seed ${SEED})`,
    (t) => {
      const took = heal();
      t.diagnostic(`after ${took} s`);
      assert.ok(took !== undefined && took <= 30 * 60, `${took} s`);
    });
}

/** Minutes from the end of a cut until a node is in step that had enough peers on the wrong side of it. */
function rejoin(without: Without): number | undefined {
  const world = new AttackWorld({ seed: SEED });
  const cutAt = world.now + 1800;
  const near = world.scattered(1000, 14);
  // Nobody finds a block on this side.
  world.attacker(near, {
    received: (peer, message) => {
      for (const answer of world.chain.answer(message, Math.min(world.now, cutAt))) peer.send(answer);
    },
  });
  const others = world.scattered(100, 60);
  const far = world.honest(others);
  const victim = world.victim({}, without);
  victim.start();
  victim.command({ type: "add-addresses", addresses: [...near, ...others], source: hostAt(1, 1) });
  world.run(minutes(30));
  assert.equal(heightOf(victim), world.height, "it is in step before");
  world.network.cut((end) => (end === far ? 1 : 0));
  world.run(hours(2));
  assert.ok(outboundPeers(victim).length >= 10, "it has all the peers it wants");
  assert.ok(heightOf(victim) < world.height);
  world.network.heal();
  const took = world.runUntil(() => heightOf(victim) === world.height, { step: seconds(30), most: hours(2) });
  return took === undefined ? undefined : took / minutes(1);
}

test(`attack 45, a node cut off for two hours with peers enough: it is in step soon after (seed ${SEED})`,
  (t) => {
  const { defended, undefended } = twoColumns(t, "extra-outbound", rejoin);
  assert.ok(defended !== undefined && defended <= 45, `${defended} minutes`);
  assert.ok(undefended === undefined || undefended > 3 * defended, `${undefended} minutes`);
});
