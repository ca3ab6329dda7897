import assert from "node:assert/strict";
import { test } from "node:test";
import { addDuration, seconds } from "../../src/base/time.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import type { NodeEvent } from "../../src/node/event.ts";
import { defaultNodeOptions, type NodeOptions } from "../../src/node/node_options.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import type { NetworkAddress } from "../../src/primitives/network_address.ts";
import type { VirtualHost } from "../../src/sim/virtual_host.ts";
import { VirtualNetwork } from "../../src/sim/virtual_network.ts";
import { hostAt, SIM_START } from "../../src/sim/world_defaults.ts";

installNodeCrypto();

const ANYONE = new Uint8Array([0x51]);

function address(index: number): NetworkAddress {
  return hostAt(index, 1);
}

/** Whole nodes on a virtual network; whom each dials is said for each. */
class Town {
  readonly network = new VirtualNetwork({ seed: 1, start: SIM_START, latency: { least: 10, most: 50 } });
  readonly events: { readonly host: number; readonly event: NodeEvent }[] = [];

  constructor() {
    this.network.onEvent((host, event) => this.events.push({ host: host.index, event }));
  }

  add(dials: readonly number[], options: Partial<NodeOptions> = {}): VirtualHost {
    const index = this.network.hosts.length;
    const host = this.network.addHost(address(index), {
      ...defaultNodeOptions(REGTEST),
      advertise: [address(index)],
      connectOnly: dials.map(address),
      coinsCacheBytes: 4 * 1024 * 1024,
      ...options,
    });
    host.start();
    return host;
  }

  mine(host: VirtualHost, count: number): void {
    host.command({ type: "generate", count, script: ANYONE, maxTries: 1_000_000 });
    this.run(1);
  }

  run(length: number): void {
    this.network.runUntil(addDuration(this.network.clock.now(), seconds(length)));
  }

  closings(host: VirtualHost): readonly string[] {
    return this.events.flatMap(({ host: index, event }) =>
      index === host.index && event.type === "peer:closed" ? [event.data.reason] : []);
  }
}

function height({ core: { chain } }: VirtualHost): number {
  return chain.headers.height(chain.tip);
}

function ready({ core }: VirtualHost): number {
  return [...core.peers()].filter(({ isReady }) => isReady).length;
}

test("a node that dials itself notices, and does not stay connected", () => {
  const town = new Town();
  // It does not know that this is its own address.
  const self = town.add([0], { advertise: [] });
  town.run(60);
  assert.equal(ready(self), 0);
  assert.ok(town.closings(self).includes("self-connection"), town.closings(self).join());
});

test("a node of another network is dropped for its magic", () => {
  const town = new Town();
  const ours = town.add([], { v2Transport: false });
  town.add([0], { v2Transport: false, params: { ...REGTEST, magic: new Uint8Array([1, 2, 3, 4]) } });
  town.run(10);
  assert.equal(ready(ours), 0);
  assert.ok(town.closings(ours).includes("wrong-magic"), town.closings(ours).join());
});

test("a node that joins late gets all blocks, also past the window of 1,024", () => {
  const town = new Town();
  const first = town.add([]);
  town.mine(first, 1100);
  const late = town.add([0]);
  town.run(60);
  assert.equal(height(late), height(first));
  assert.equal(height(late), 1100);
});

test("two nodes that mined apart agree on the chain with more work when they meet", () => {
  const town = new Town();
  const short = town.add([]);
  const long = town.add([]);
  town.mine(short, 5);
  town.mine(long, 8);
  const between = town.add([0, 1]);
  town.run(60);
  assert.deepEqual([height(short), height(long), height(between)], [8, 8, 8]);
  const reorganised = town.events.filter(({ host, event }) => host === 0 && event.type === "chain:reorg");
  assert.equal(reorganised.length, 1);
});

test("a block is announced to everyone, over several hops, within seconds", () => {
  const town = new Town();
  const hosts = [0, 1, 2, 3, 4].map((index) => town.add(index === 0 ? [] : [index - 1]));
  town.run(5);
  town.mine(hosts[0] as VirtualHost, 1);
  town.run(60);
  town.mine(hosts[4] as VirtualHost, 1);
  town.run(3);
  assert.deepEqual(hosts.map(height), [2, 2, 2, 2, 2]);
});

test("a node that knows nobody begins with the seeds of its network", () => {
  const town = new Town();
  const seed = town.add([]);
  const params = { ...REGTEST, fixedSeeds: ["20.0.0.1:18444"], dnsSeeds: [] };
  const newcomer = town.add([], { params, connectOnly: undefined });
  town.run(60);
  assert.deepEqual([ready(seed), ready(newcomer)], [1, 1]);
});

test("a node that is told whom to dial leaves the seeds alone", () => {
  const town = new Town();
  const seed = town.add([]);
  const told = town.add([0], { params: { ...REGTEST, fixedSeeds: ["20.0.0.9:18444"] } });
  town.run(60);
  assert.deepEqual([ready(seed), ready(told)], [1, 1]);
  assert.equal(told.core.addresses.size(), 0);
});

test("a node that is started again has its blocks and addresses, and finds its peers by them", () => {
  const town = new Town();
  const seed = town.add([]);
  const node = town.add([], { connectOnly: undefined });
  node.command({ type: "add-addresses", addresses: [address(0)], source: address(9) });
  town.run(5);
  town.mine(seed, 3);
  town.run(5);
  const { core } = node;
  node.restart();
  town.run(60);
  assert.notEqual(node.core, core);
  assert.deepEqual([height(node), ready(node), node.core.addresses.size()], [3, 1, 1]);
});
