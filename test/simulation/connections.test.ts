import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { addDuration, type Duration, minutes, seconds } from "../../src/base/time.ts";
import { defaultNodeOptions } from "../../src/node/node_options.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import type { ConnectionType } from "../../src/peer/peer.ts";
import { formatAddress } from "../../src/primitives/host_text.ts";
import type { VirtualHost } from "../../src/sim/virtual_host.ts";
import { VirtualNetwork } from "../../src/sim/virtual_network.ts";
import { hostAt, SIM_START, USUAL_LATENCY } from "../../src/sim/world_defaults.ts";
import { testSeed, testSize } from "../support/environment.ts";

const SEED = testSeed(1);
const NODES = testSize("TIDINGS_NODES", 24);
const MIB = 1024 * 1024;

class World {
  readonly lines: string[] = [];
  readonly network: VirtualNetwork;

  constructor() {
    const note = (text: string): void => void this.lines.push(text);
    this.network = new VirtualNetwork({
      seed: SEED, start: SIM_START, latency: USUAL_LATENCY, isTraced: false,
      logger: {
        info: note, warning: note, error: note, trace: () => {},
        debug: (category, text) => category === "net" && note(text()),
      },
    });
    const addresses = Array.from({ length: NODES }, (_, index) => hostAt(index, 1));
    for (const address of addresses) {
      const options = {
        ...defaultNodeOptions(REGTEST), advertise: [address], v2Transport: false, coinsCacheBytes: 4 * MIB,
      };
      const host = this.network.addHost(address, options);
      host.start();
      const others = addresses.filter((each) => each !== address);
      host.command({ type: "add-addresses", addresses: others, source: address });
    }
    this.mine();
  }

  /** One block: it tells everybody that the chain is new. */
  mine(): void {
    this.host(0).command({ type: "generate", count: 1, script: Uint8Array.of(0x51), maxTries: 1_000_000 });
  }

  host(index: number): VirtualHost {
    const host = this.network.hosts[index];
    assert.ok(host !== undefined);
    return host;
  }

  runFor(length: Duration): void {
    this.lines.length = 0;
    this.network.runUntil(addDuration(this.network.clock.now(), length));
  }

  count(pattern: RegExp): number {
    return this.lines.filter((line) => pattern.test(line)).length;
  }

  /** Of each node. */
  countsOf(type: ConnectionType): readonly number[] {
    return this.network.hosts.map(({ core }) => peersOf(core, type).length);
  }
}

function peersOf(core: VirtualHost["core"], type: ConnectionType): readonly string[] {
  return [...core.peers()].filter((peer) => peer.type === type).map(({ address }) => formatAddress(address));
}

describe(`${NODES} nodes that know each other, seed ${SEED}`, () => {
  const world = new World();

  test("each has eight full-relay peers and two block-relay peers within half a minute", () => {
    world.runFor(seconds(30));
    assert.deepEqual([...new Set(world.countsOf("outbound-full-relay"))], [8]);
    assert.deepEqual([...new Set(world.countsOf("block-relay-only"))], [2]);
  });

  test("feelers, and more block-relay peers, come and go, and leave no more than there should be", () => {
    world.runFor(minutes(12));
    assert.ok(world.count(/^Making feeler connection to/) > NODES * 3);
    assert.ok(world.count(/^disconnecting extra block-relay-only peer/) > NODES);
    for (const count of world.countsOf("block-relay-only")) assert.ok(count === 2 || count === 3);
    const tried = world.network.hosts.map(({ core }) => core.addresses.size({ isNew: false }));
    assert.ok(Math.min(...tried) > 10, `the fewest tried addresses are ${Math.min(...tried)}`);
  });

  test("a node that starts again dials the block-relay peers that it had before all others", () => {
    const host = world.host(5);
    const before = peersOf(host.core, "block-relay-only").slice(0, 2);
    host.restart();
    world.runFor(seconds(20));
    const pattern = /^Trying to make an anchor connection to (.*)$/;
    const anchors = world.lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
    assert.deepEqual([...anchors].sort(), [...before].sort());
    assert.deepEqual(before.filter((text) => !peersOf(host.core, "block-relay-only").includes(text)), []);
  });

  test("when no block comes for half an hour each node takes one full-relay peer more, in turn", () => {
    world.runFor(minutes(32));
    assert.ok(world.count(/^Potential stale tip detected/) >= NODES);
    assert.ok(world.count(/^disconnecting extra outbound peer/) >= NODES / 2);
    const counts = world.countsOf("outbound-full-relay");
    assert.ok(counts.every((count) => count === 8 || count === 9), `${counts.join()}`);
  });

  test("while its network is off a node has nobody, and afterwards as many as before", () => {
    const host = world.host(7);
    host.command({ type: "set-network-active", isActive: false });
    world.runFor(seconds(30));
    assert.equal([...host.core.peers()].length, 0);
    host.command({ type: "set-network-active", isActive: true });
    world.runFor(minutes(2));
    assert.ok(peersOf(host.core, "outbound-full-relay").length >= 8);
  });
});
