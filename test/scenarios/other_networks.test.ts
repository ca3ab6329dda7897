/**
 * Real nodes on this machine that meet through a proxy, an onion service or I2P: the proxy, Tor's control
 * port and the I2P router are small ones of the tests.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Logger } from "../../src/base/logger.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { DIRECT_NETWORKS, type NetworkSettings } from "../../src/connections/networks.ts";
import { formatPlace, type Socks5Proxy } from "../../src/connections/route.ts";
import type { ListenAddress } from "../../src/io/listener.ts";
import { type NetworkPlan, PLAIN_NETWORKS } from "../../src/io/networks/node_networks.ts";
import { openNode, type RunningNode } from "../../src/io/node_host.ts";
import { VerifyPool } from "../../src/io/verify_pool.ts";
import { DEFAULT_DISCOVERY } from "../../src/node/seeding/discovery_options.ts";
import { defaultNodeOptions, type NodeOptions } from "../../src/node/node_options.ts";
import { decodeWith } from "../../src/codec/codec.ts";
import type { Peer } from "../../src/peer/peer.ts";
import { parseWhitelist } from "../../src/peer/permissions.ts";
import { blockCodec } from "../../src/primitives/block.ts";
import { formatAddress, namedAddress, parseAddress } from "../../src/primitives/host_text.ts";
import type { NetworkAddress, NetworkName } from "../../src/primitives/network_address.ts";
import { ANYONE, QUICK_MATURITY, spendAnyone } from "../support/blocks.ts";
import { SamBridge } from "../support/sam_bridge.ts";
import { SocksProxy, type SocksRequest } from "../support/socks_proxy.ts";
import { SERVICE_ID, TorPort } from "../support/tor_port.ts";

const ALL: ReadonlySet<NetworkName> = new Set<NetworkName>(["ipv4", "ipv6", "onion", "i2p"]);
const ONION = `${SERVICE_ID}.onion`;
/** Where nothing else is: the one that listens for peers from Tor. */
const ARRIVAL = { network: "ipv4", bytes: Uint8Array.of(127, 0, 0, 1) } as const;

const inline = new VerifyPool({ threads: 0, report: (error) => assert.fail(error) });

interface Wish {
  readonly options?: Partial<NodeOptions>;
  readonly networks?: Partial<NetworkSettings>;
  readonly plan?: Partial<NetworkPlan>;
  readonly listen?: readonly ListenAddress[];
  readonly logger?: Logger;
  /** What comes in at the first address comes from Tor. */
  readonly isBehindTor?: boolean;
}

async function node(t: TestContext, wish: Wish = {}): Promise<RunningNode> {
  const { options, networks, plan, listen = [], isBehindTor = false } = wish;
  const running = await openNode({
    options: (bound) => ({
      ...defaultNodeOptions(QUICK_MATURITY),
      connectOnly: [],
      discovery: { ...DEFAULT_DISCOVERY, usesDnsSeeds: false },
      acceptNonstandard: true,
      listen: listen.length > 0,
      onionBinds: isBehindTor ? bound.slice(0, 1).map(({ port }) => ({ ...ARRIVAL, port })) : [],
      networks: { ...DIRECT_NETWORKS, reachable: ALL, allowed: ALL, ...networks },
      ...options,
    }),
    networks: { ...PLAIN_NETWORKS, ...plan },
    dataDir: undefined, listen, logger: wish.logger ?? silentLogger, pool: inline,
  });
  t.after(() => running.close());
  return running;
}

const ANY_PORT: readonly ListenAddress[] = [{ host: "127.0.0.1", port: 0 }];

function portOf({ addresses }: RunningNode): number {
  return addresses[0]?.port ?? 0;
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!isSo()) {
    assert.ok(performance.now() < deadline, `not so after ten seconds: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function readyPeers({ core }: RunningNode): readonly Peer[] {
  return [...core.peers()].filter(({ isReady }) => isReady);
}

async function proxy(
  t: TestContext, route: (request: SocksRequest) => number | undefined,
): Promise<SocksProxy> {
  const started = await SocksProxy.start({
    route: (request) => {
      const port = route(request);
      return port === undefined ? undefined : { host: "127.0.0.1", port };
    },
  });
  t.after(() => started.close());
  return started;
}

function by({ place }: SocksProxy): Socks5Proxy {
  return { place, isolated: true };
}

test("two nodes meet through a proxy that alone knows where the name leads", async (t) => {
  const there = await node(t, { listen: ANY_PORT });
  const socks = await proxy(t, ({ host }) => (host === "node.example" ? portOf(there) : undefined));
  const here = await node(t, {
    networks: { nameProxy: by(socks) }, options: { addNodes: [{ address: namedAddress("node.example", 18444) }] },
    plan: { looksUpNames: false },
  });
  await until(() => readyPeers(here).length === 1 && readyPeers(there).length === 1);
  const [peer] = readyPeers(here);
  assert.equal(formatAddress(peer?.address as NetworkAddress), "node.example:18444");
  assert.equal(peer?.network, undefined);
  assert.deepEqual(socks.requests.map(({ host, port }) => `${host}:${port}`), ["node.example:18444"]);
  // It is a place in the address book for nobody.
  assert.equal(here.core.addresses.size(), 0);
});

test("without a proxy a name is looked up, and the peer that it led to is dialled once", async (t) => {
  const there = await node(t, { listen: ANY_PORT });
  const here = await node(t, { options: { addNodes: [{ address: namedAddress("localhost", portOf(there)) }] } });
  await until(() => readyPeers(here).length === 1);
  const address = readyPeers(here)[0]?.address as NetworkAddress;
  assert.deepEqual(address.bytes, Uint8Array.of(127, 0, 0, 1));
  assert.equal(formatAddress(address), `localhost:${portOf(there)}`);
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.equal([...there.core.peers()].length, 1);
});

test("who comes by our onion service is a peer from Tor, and we are found at that service", async (t) => {
  const tor = await TorPort.start();
  t.after(() => tor.close());
  const settings = (target: string) => ({
    place: tor.place, password: "", target, servicePort: 18444, wantsProxy: false,
  });
  const free = await node(t, { listen: ANY_PORT });
  const target = { host: "127.0.0.1", port: portOf(free) };
  await free.close();
  const there = await node(t, {
    listen: [target], isBehindTor: true, plan: { tor: settings(`127.0.0.1:${target.port}`) },
  });
  await until(() => [...there.core.localAddresses].length === 1);
  assert.match(tor.commands.at(-1) ?? "", new RegExp(`Port=18444,127\\.0\\.0\\.1:${target.port}$`));
  assert.equal(formatAddress([...there.core.localAddresses][0]?.address as NetworkAddress), `${ONION}:18444`);
  const socks = await proxy(t, ({ host }) => (host === ONION ? target.port : undefined));
  const here = await node(t, {
    networks: { proxies: { onion: by(socks) } },
    options: { addNodes: [{ address: parseAddress(ONION, 18444) as NetworkAddress }] },
  });
  await until(() => readyPeers(here).length === 1 && readyPeers(there).length === 1);
  assert.equal(readyPeers(there)[0]?.network, "onion");
  assert.equal(readyPeers(here)[0]?.network, "onion");
  tor.drop();
  await until(() => [...there.core.localAddresses].length === 0);
});

test("Tor tells where its proxy is, and onion services can be reached from then on", async (t) => {
  const there = await node(t, { listen: ANY_PORT });
  const socks = await proxy(t, () => portOf(there));
  const tor = await TorPort.start({ socks: formatPlace(socks.place) });
  t.after(() => tor.close());
  const here = await node(t, {
    networks: { reachable: new Set<NetworkName>(["ipv4"]) },
    plan: {
      tor: { place: tor.place, password: "", target: "127.0.0.1:9", servicePort: 1, wantsProxy: true },
    },
  });
  await until(() => here.core.networks.reachable.has("onion"));
  const address = parseAddress(ONION, 18444) as NetworkAddress;
  const dialled = await here.command({ type: "add-node", address, mode: "onetry" });
  assert.ok(dialled.ok, JSON.stringify(dialled));
  assert.notEqual(socks.requests[0]?.username, undefined);
});

test("two nodes meet in I2P, and each knows the other's address there", async (t) => {
  const sam = await SamBridge.start();
  t.after(() => sam.close());
  const inI2p = { networks: { i2pRouter: sam.place }, plan: { i2p: { place: sam.place, accepts: true } } };
  const there = await node(t, { ...inI2p, listen: ANY_PORT });
  await until(() => [...there.core.localAddresses].length === 1);
  const address = [...there.core.localAddresses][0]?.address as NetworkAddress;
  const here = await node(t, { ...inI2p, options: { addNodes: [{ address }] }, listen: ANY_PORT });
  await until(() => readyPeers(here).length === 1 && readyPeers(there).length === 1);
  const ours = [...here.core.localAddresses][0]?.address as NetworkAddress;
  assert.equal(formatAddress(readyPeers(there)[0]?.address as NetworkAddress), formatAddress(ours));
  assert.equal(formatAddress(readyPeers(here)[0]?.local as NetworkAddress), formatAddress(ours));
  assert.deepEqual(readyPeers(there).map(({ network }) => network), ["i2p"]);
  sam.forgetAll();
  await until(() => readyPeers(there).length === 0);
});

test("a transaction of ours reaches the others through Tor, and comes back as anyone's", async (t) => {
  // Whom it trusts it tells at once, not after some seconds.
  const trust = parseWhitelist("noban@127.0.0.1", { relay: true, forceRelay: false });
  const receiver = await node(t, {
    listen: [...ANY_PORT, ...ANY_PORT], isBehindTor: true,
    options: { permissionRules: trust.ok ? [trust.rule] : [] },
  });
  const socks = await proxy(t, () => portOf(receiver));
  const sender = await node(t, {
    networks: { proxies: { onion: by(socks) }, reachable: new Set<NetworkName>(["onion"]) },
    options: { privateBroadcast: true, connectOnly: undefined, maxConnections: 0 },
  });
  const mined = await sender.command({ type: "generate", count: 3, script: ANYONE, maxTries: 1_000_000 });
  assert.ok(mined.ok);
  const address = { ...ARRIVAL, port: receiver.addresses[1]?.port ?? 0 };
  await sender.command({ type: "add-node", address, mode: "onetry" });
  const { chain } = receiver.core;
  await until(() => chain.headers.height(chain.tip) === 3);
  const { headers } = sender.core.chain;
  const bytes = sender.core.chain.readBlock(headers.ancestor(sender.core.chain.tip, 1) ?? assert.fail());
  assert.ok(bytes !== undefined);
  const [coinbase] = decodeWith(blockCodec, bytes).transactions;
  assert.ok(coinbase !== undefined);
  const value = coinbase.outputs[0]?.value ?? 0;
  const payment = spendAnyone([{ outPoint: { txid: coinbase.txid, index: 0 }, value }], 10_000, 2);
  // Strangers in Tor, all of whom the proxy takes to the same place.
  for (const last of [1, 2, 3, 4]) {
    const stranger: NetworkAddress = { network: "onion", bytes: new Uint8Array(32).fill(last), port: 18444 };
    await sender.command({ type: "add-peer-address", address: stranger, isTried: false });
  }
  const submitted = await sender.command({ type: "submit-transaction", transaction: payment, maxFeeRate: 0 });
  assert.ok(submitted.ok, JSON.stringify(submitted));
  assert.equal(sender.core.mempool.size, 0);
  await until(() => {
    // What is known of such a peer can be asked at any time.
    for (const peer of sender.core.peers()) sender.core.peerReport(peer);
    return receiver.core.mempool.size === 1;
  });
  // It is announced to the sender's usual connection, like to all.
  await until(() => sender.core.mempool.size === 1 && sender.core.privateBroadcast?.queue.size === 0);
  assert.ok(socks.requests.every(({ host }) => host.endsWith(".onion")));
});
