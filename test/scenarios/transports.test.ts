/** Nodes that encrypt and nodes that do not, on a virtual network. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../../src/base/bytes.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { addDuration, seconds } from "../../src/base/time.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { defaultNodeOptions, type NodeOptions } from "../../src/node/node_options.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import type { Peer } from "../../src/peer/peer.ts";
import type { NetworkAddress } from "../../src/primitives/network_address.ts";
import type { VirtualHost } from "../../src/sim/virtual_host.ts";
import { VirtualNetwork } from "../../src/sim/virtual_network.ts";
import { hostAt, SIM_START } from "../../src/sim/world_defaults.ts";
import { NODE_P2P_V2 } from "../../src/wire/services.ts";

installNodeCrypto();

const [A, B] = [address(1), address(2)];

function address(index: number): NetworkAddress {
  return hostAt(index, 1);
}

/** The first dials the second. */
class Street {
  readonly closings: string[] = [];
  /** Of both nodes. */
  readonly log: string[] = [];
  readonly from: VirtualHost;
  readonly to: VirtualHost;
  readonly #network = new VirtualNetwork({
    seed: 3, start: SIM_START, latency: { least: 10, most: 50 },
    logger: {
      ...silentLogger,
      info: (text) => void this.log.push(text),
      debug: (_, text) => void this.log.push(text()),
    },
  });

  /** What the log says of how each peer is spoken to. */
  get transportsLogged(): readonly string[] {
    return this.log.flatMap((text) => /peer connected: transport: (\w+)/.exec(text)?.[1] ?? []);
  }

  constructor(from: Partial<NodeOptions>, to: Partial<NodeOptions>) {
    this.#network.onEvent((host, event) => {
      if (event.type === "peer:closed") this.closings.push(`${host.index}: ${event.data.reason}`);
    });
    this.to = this.#add(B, to);
    this.from = this.#add(A, { connectOnly: [B], ...from });
  }

  run(length: number): void {
    this.#network.runUntil(addDuration(this.#network.clock.now(), seconds(length)));
  }

  #add(at: NetworkAddress, options: Partial<NodeOptions>): VirtualHost {
    const host = this.#network.addHost(at, {
      ...defaultNodeOptions(REGTEST), connectOnly: [], coinsCacheBytes: 4 * 1024 * 1024, ...options,
    });
    host.start();
    return host;
  }
}

function onlyPeer({ core }: VirtualHost): Peer {
  const peers = [...core.peers()];
  assert.equal(peers.length, 1);
  return peers[0] ?? assert.fail();
}

test("nodes encrypt by default: both ends show one session, and say that they can", () => {
  const street = new Street({}, {});
  street.run(5);
  const [ours, theirs] = [onlyPeer(street.from), onlyPeer(street.to)];
  assert.deepEqual([ours.isReady, ours.transportType, theirs.transportType], [true, "v2", "v2"]);
  assert.equal(toHex(ours.sessionId ?? assert.fail()), toHex(theirs.sessionId ?? assert.fail()));
  assert.deepEqual(street.transportsLogged, ["v2", "v2"]);
  for (const peer of [ours, theirs]) assert.notEqual(peer.features.services & NODE_P2P_V2, 0n);
  street.from.command({ type: "generate", count: 3, script: Uint8Array.of(0x51), maxTries: 1_000_000 });
  street.run(5);
  assert.equal(street.to.core.chain.headers.height(street.to.core.chain.tip), 3);
});

test("a node that does not encrypt does not say that it can, and is spoken to in the clear", () => {
  const street = new Street({ v2Transport: false }, {});
  street.run(5);
  const [ours, theirs] = [onlyPeer(street.from), onlyPeer(street.to)];
  assert.deepEqual([ours.transportType, theirs.transportType, theirs.isReady], ["v1", "v1", true]);
  assert.equal(theirs.sessionId, undefined);
  assert.deepEqual(street.transportsLogged, ["v1", "v1"]);
  assert.equal(theirs.features.services & NODE_P2P_V2, 0n);
  assert.notEqual(ours.features.services & NODE_P2P_V2, 0n);
});

test("whoever hangs up on a key without a word is dialled again in the clear, at once", () => {
  const street = new Street({}, { v2Transport: false });
  street.run(5);
  const peer = onlyPeer(street.from);
  assert.deepEqual([peer.transportType, peer.isReady, peer.id], ["v1", true, 1]);
  assert.deepEqual(street.closings.filter((text) => text.startsWith("0")), ["0: wrong-magic"]);
});

test("whoever has answered with bytes of its own is given up after a minute, not dialled in clear", () => {
  // Another network's: its keys are none of ours, so that its garbage never ends.
  const street = new Street({}, { params: { ...REGTEST, magic: new Uint8Array([1, 2, 3, 4]) } });
  street.run(70);
  const peers = [...street.from.core.peers()];
  assert.ok(peers.every(({ transportType }) => transportType === "detecting"), "only ever with keys");
  assert.deepEqual(street.closings.filter((text) => text.startsWith("0")), ["0: handshake-timeout"]);
});
