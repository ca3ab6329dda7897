/**
 * A network that is cut in two, and how long it takes to be one again: two whole nodes among scripted
 * peers, and, if TIDINGS_NODES says so, many.
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
import { AttackWorld, heightOf, outboundPeers } from "../../src/sim/attack_world.ts";
import type { VirtualHost } from "../../src/sim/virtual_host.ts";
import { VirtualNetwork } from "../../src/sim/virtual_network.ts";
import { hostAt, SIM_START, USUAL_LATENCY } from "../../src/sim/world_defaults.ts";
import { testSeed, testSize } from "../support/environment.ts";
import { twoColumns } from "../support/two_columns.ts";

const SEED = testSeed(46);
/** From so many whole nodes on, each half has enough to be content with itself: worth the minute it takes. */
const NODES_MANY = 24;
const NODES = testSize("TIDINGS_NODES", 1);
const ANYONE = Uint8Array.of(0x51);

installNodeCrypto();

class Halves {
  readonly network = new VirtualNetwork({
    seed: SEED, start: SIM_START, latency: USUAL_LATENCY, isTraced: false,
  });
  readonly hosts: readonly VirtualHost[];

  constructor() {
    const addresses = Array.from({ length: NODES }, (_, i) => hostAt(100 + i, 1));
    const options = { ...defaultNodeOptions(REGTEST), v2Transport: false, coinsCacheBytes: 1024 * 1024 };
    this.hosts = addresses.map((address) => {
      return this.network.addHost(address, { ...options, advertise: [address] });
    });
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

// Not with few nodes: they have places left, and a dial for each of them every half second takes its time.
if (NODES >= NODES_MANY) {
  test(`attack 45, ${NODES} nodes cut in two for three hours: one again in half an hour (seed ${SEED})`, (t) => {
    const took = heal();
    t.diagnostic(`after ${took} s`);
    assert.ok(took !== undefined && took <= 30 * 60, `${took} s`);
  });
}

/** Minutes from the end of a cut until two nodes are in step that had peers enough, and no new blocks. */
function rejoin(without: Without): number | undefined {
  const world = new AttackWorld({ seed: SEED });
  const cutAt = world.now + 900;
  const near = world.scattered(1000, 14);
  world.attacker(near, {
    received: (peer, message) => {
      for (const answer of world.chain.answer(message, Math.min(world.now, cutAt))) peer.send(answer);
    },
  });
  const others = world.scattered(100, 60);
  const far = world.honest(others);
  const own = Array.from({ length: 2 }, (_, i) => hostAt(2000 + i, 1));
  const hosts = own.map((address) => world.node(address, {}, without));
  for (const host of hosts) {
    host.start();
    host.command({ type: "add-addresses", addresses: [...near, ...others, ...own], source: hostAt(1, 1) });
  }
  const areInStep = (): boolean => hosts.every((host) => heightOf(host) === world.height);
  world.run(minutes(15));
  assert.ok(areInStep(), "they are in step before");
  world.network.cut((end) => (end === far ? 1 : 0));
  world.run(minutes(40));
  for (const host of hosts) {
    assert.ok(outboundPeers(host).length >= 10, "it has all the peers it wants");
    assert.ok(heightOf(host) < world.height);
  }
  world.network.heal();
  const took = world.runUntil(areInStep, { step: seconds(30), most: minutes(15) });
  return took === undefined ? undefined : took / minutes(1);
}

test(`attack 45, two nodes cut off with peers enough: they are in step minutes after the cut (seed ${SEED})`,
  (t) => {
  const { defended, undefended } = twoColumns(t, "extra-outbound", rejoin);
  assert.ok(defended !== undefined && defended <= 8, `${defended} minutes`);
  assert.equal(undefended, undefined, "not in a quarter of an hour without extra peers");
});
