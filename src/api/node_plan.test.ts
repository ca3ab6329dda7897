import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { seededRng } from "../base/rng.ts";
import type { UnixSeconds } from "../base/time.ts";
import { formatPlace } from "../connections/route.ts";
import type { ListenAddress } from "../io/listener.ts";
import { PLAIN_NETWORKS } from "../io/networks/node_networks.ts";
import { LOCAL_SCORE } from "../node/local_addresses.ts";
import { defaultNodeOptions, type NodeOptions } from "../node/node_options.ts";
import { makeChainFile } from "../params/make_chain_file.ts";
import { formatAddress } from "../primitives/host_text.ts";
import { chainFromFile } from "./chain_from_file.ts";
import { chains } from "./chains.ts";
import type { CreateNodeOptions } from "./create_node_options.ts";
import { isTidingsError } from "./errors.ts";
import { planNode } from "./node_plan.ts";

const { regtest } = chains;

function refusal(options: unknown): string {
  try {
    planNode(options as CreateNodeOptions);
  } catch (error) {
    assert.ok(isTidingsError(error, "CONFIG"), String(error));
    return error.message;
  }
  return "none";
}

test("each option that cannot be followed is refused with what was found and what is allowed", () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /^Cannot use the options: found undefined, need an object/],
    [{ chain: regtest, lisen: [] }, /found "lisen", need one of chain, store, listen/],
    [{ chain: "regtest" }, /^Cannot use chain: found "regtest", need one of chains\.main, .*chains\.regtest/],
    [{ chain: regtest, store: "" }, /store: found ""/],
    [{ chain: regtest, listen: true }, /listen: found true, need false, or a list/],
    [{ chain: regtest, listen: ["example.com:1"] }, /listen: found "example.com:1"/],
    [{ chain: regtest, listen: ["127.0.0.1:70000"] }, /listen: found "127.0.0.1:70000"/],
    [{ chain: regtest, addNodes: ["1.2.3.256"] }, /addNodes: found "1.2.3.256", need "host" or "host:port"/],
    [{ chain: regtest, addNodes: ["a b:1"] }, /addNodes: found "a b:1"/],
    [{ chain: regtest, addNodes: ["short.onion"] }, /addNodes: found "short.onion"/],
    [{ chain: regtest, addNodes: "127.0.0.1" }, /addNodes: found "127.0.0.1", need a list of "host:port"/],
    [{ chain: regtest, addNodes: [7] }, /addNodes: found 7/],
    [{ chain: regtest, seedNodes: ["seed..example"] }, /seedNodes: found "seed..example"/],
    [{ chain: regtest, externalAddresses: ["a.example"] }, /externalAddresses: found "a.example", need/],
    [{ chain: regtest, proxy: "a.example:9050" }, /proxy: found "a.example:9050", need "host:port"/],
    [{ chain: regtest, proxy: "unix:" }, /proxy: found "unix:"/],
    [{ chain: regtest, onion: true }, /onion: found true, need "host:port"/],
    [{ chain: regtest, i2pSam: "127.0.0.1:0" }, /i2pSam: found "127.0.0.1:0"/],
    [{ chain: regtest, onlyNetworks: ["tor"] }, /onlyNetworks: found "tor", need some of ipv4, ipv6, onion/],
    [{ chain: regtest, onlyNetworks: [] }, /onlyNetworks: found a list, .* That is what connectOnly is for/],
    [{ chain: regtest, onlyNetworks: ["onion"] }, /found "onion", .* this one by proxy or onion/],
    [
      { chain: regtest, onlyNetworks: ["onion"], proxy: "127.0.0.1", onion: false },
      /found "onion", .* this one by proxy or onion/,
    ],
    [{ chain: regtest, onlyNetworks: ["i2p"] }, /found "i2p", .* this one by i2pSam/],
    [
      { chain: regtest, onlyNetworks: ["onion"], proxy: "127.0.0.1", dnsSeeds: true },
      /dnsSeeds: found true, need ipv4 or ipv6 among onlyNetworks/,
    ],
    [{ chain: regtest, privateBroadcast: true }, /privateBroadcast: found true, need a way to Tor or I2P/],
    [
      { chain: regtest, privateBroadcast: true, i2pSam: "127.0.0.1", connectOnly: true },
      /privateBroadcast: found true, need no connectOnly/,
    ],
    [{ chain: regtest, permissions: ["fly@1.2.3.4"] }, /found "fly@1.2.3.4", .* permission: 'fly'/],
    [{ chain: regtest, asmap: "no/such/file" }, /asmap: found "no\/such\/file", .*ENOENT/],
    [{ chain: regtest, asmap: Uint8Array.of(1, 2, 3) }, /asmap: found an object, need a map of auto/],
    [{ chain: regtest, maxUploadBytes: 0.5 }, /maxUploadBytes: found 0.5, need a whole number from 0/],
    [{ chain: regtest, networkActive: 1 }, /networkActive: found 1, need true or false/],
    [{ chain: regtest, maxConnections: -1 }, /maxConnections: found -1, need a whole number from 0 to/],
    [{ chain: regtest, userAgent: "tidings" }, /userAgent: found "tidings"/],
    [{ chain: chains.main, prune: { targetBytes: 1e6 } }, /prune\.targetBytes: found 1000000, .* 576716800/],
    [{ chain: regtest, indexes: ["txinde"] }, /indexes: found "txinde", need a list of some of txindex, /],
    [{ chain: regtest, indexes: "txindex" }, /indexes: found "txindex", need a list/],
    [{ chain: regtest, indexes: ["txindex"], prune: { targetBytes: 2e6 } }, /index, along with prune/],
    [{ chain: regtest, localPeers: "yes" }, /localPeers: found "yes", need true or false/],
    [{ chain: regtest, debug: ["network"] }, /debug: found "network", need some of net, /],
    [{ chain: regtest, signal: {} }, /signal: found an object, need an AbortSignal/],
  ];
  for (const [options, message] of cases) assert.match(refusal(options), message);
});

test("addresses to listen on are read with their ports, and zero asks for a free one", () => {
  const { listen } = planNode({ chain: regtest, listen: ["127.0.0.1:0", "[::1]:18555", "localhost"] });
  assert.deepEqual(listen, [
    { host: "127.0.0.1", port: 0 }, { host: "::1", port: 18555 }, { host: "127.0.0.1", port: 18444 },
  ]);
});

/** What the node itself is told, once it listens on these. */
function told(options: Omit<CreateNodeOptions, "chain">, bound: readonly ListenAddress[] = []): NodeOptions {
  const { options: core } = planNode({ chain: regtest, ...options });
  assert.ok(typeof core === "function");
  return core(bound);
}

test("by default a node goes straight to IPv4 and IPv6, asks seeds, and tells nobody where it is", () => {
  const core = told({});
  const defaults = { ...defaultNodeOptions(regtest), userAgent: core.userAgent, listen: false };
  const { networks, discovery, ...rest } = core;
  const { networks: usual, discovery: usualDiscovery, ...others } = defaults;
  assert.deepEqual(rest, others);
  assert.deepEqual(networks, { ...usual, allowed: usual.reachable });
  assert.deepEqual(discovery, { ...usualDiscovery, usesDnsSeeds: true });
  assert.deepEqual(planNode({ chain: regtest }).networks, PLAIN_NETWORKS);
});

test("a proxy is for all networks and names, with credentials of its own for each connection", () => {
  const { networks } = told({ proxy: "127.0.0.1:9150" });
  const proxy = { place: { type: "tcp", host: "127.0.0.1", port: 9150 }, isolated: true };
  assert.deepEqual(networks.proxies, { ipv4: proxy, ipv6: proxy, cjdns: proxy, onion: proxy });
  assert.deepEqual(networks.nameProxy, proxy);
  assert.deepEqual([...networks.reachable], ["ipv4", "ipv6", "onion"]);
});

test("Tor may have a proxy of its own, or not be reached at all", () => {
  const tor = told({ proxy: "127.0.0.1:9150", onion: "unix:/run/tor/socks" }).networks;
  assert.deepEqual(tor.proxies.onion?.place, { type: "unix", path: "/run/tor/socks" });
  assert.equal(formatPlace(tor.proxies.ipv4?.place ?? assert.fail()), "127.0.0.1:9150");
  const alone = told({ onion: "[::1]" }).networks;
  const place = { type: "tcp", host: "::1", port: 9050 };
  assert.deepEqual(alone.proxies, { onion: { place, isolated: true } });
  assert.equal(alone.nameProxy, undefined);
  assert.deepEqual([...alone.reachable], ["ipv4", "ipv6", "onion"]);
  const none = told({ proxy: "127.0.0.1:9150", onion: false }).networks;
  assert.equal(none.proxies.onion, undefined);
  assert.equal(none.reachable.has("onion"), false);
});

test("an I2P router is asked for incoming connections by nodes that listen", () => {
  for (const listen of [false, ["127.0.0.1:0"]] as const) {
    const { networks } = planNode({ chain: regtest, i2pSam: "127.0.0.1", listen });
    const place = { type: "tcp", host: "127.0.0.1", port: 7656 };
    assert.deepEqual(networks?.i2p, { place, accepts: listen !== false });
  }
  assert.ok(told({ i2pSam: "127.0.0.1" }).networks.reachable.has("i2p"));
});

test("networks can be left out, and with IPv4 and IPv6 the DNS seeds", () => {
  const core = told({ onlyNetworks: ["onion", "cjdns"], proxy: "127.0.0.1", cjdnsReachable: true });
  assert.deepEqual([...core.networks.reachable], ["onion", "cjdns"]);
  assert.equal(core.discovery.usesDnsSeeds, false);
  assert.equal(told({ onlyNetworks: ["ipv6"] }).discovery.usesDnsSeeds, true);
});

test("whoever dials nobody, or only who is named, asks no DNS seeds, unless told to", () => {
  assert.equal(told({ connectOnly: true }).discovery.usesDnsSeeds, false);
  assert.equal(told({ maxConnections: 0 }).discovery.usesDnsSeeds, false);
  assert.equal(told({ connectOnly: true, dnsSeeds: true }).discovery.usesDnsSeeds, true);
  assert.equal(told({ dnsSeeds: false }).discovery.usesDnsSeeds, false);
});

test("nodes are named by address or by name, which stays one", () => {
  const nodes = ["localhost", "[::1]:1", "a.node.example:7", "fc00::5"];
  const { addNodes, connectOnly } = told({ addNodes: nodes, cjdnsReachable: true });
  const addresses = addNodes.map(({ address }) => address);
  assert.deepEqual(addNodes.map(({ text }) => text), nodes);
  assert.deepEqual(addresses.map(formatAddress),
    ["127.0.0.1:18444", "[::1]:1", "a.node.example:7", "[fc00::5]:18444"]);
  assert.deepEqual(addresses.map(({ name }) => name), [undefined, undefined, "a.node.example", undefined]);
  assert.equal(addresses[3]?.network, "cjdns");
  assert.equal(connectOnly, undefined);
  assert.deepEqual(told({ addNodes: nodes, connectOnly: true }).connectOnly?.length, 4);
  const { seedNodes } = told({ seedNodes: ["seed.example"] }).discovery;
  assert.deepEqual(seedNodes.map(({ text, address }) => [text, formatAddress(address)]),
    [["seed.example", "seed.example:18444"]]);
});

test("a node that listens finds out where it is reached, but one that hides or that was told", () => {
  const bound = [{ host: "2.3.4.5", port: 1234 }, { host: "127.0.0.1", port: 1 }];
  const found = told({}, bound);
  assert.deepEqual([found.discovers, found.listenPort], [true, 1234]);
  assert.deepEqual(found.foundAddresses.map(({ address, score }) => [formatAddress(address), score]),
    [["2.3.4.5:1234", LOCAL_SCORE.bound]]);
  const external = told({ externalAddresses: ["9.8.7.6", "9.8.7.6:5"] }, bound);
  assert.deepEqual(external.advertise.map(formatAddress), ["9.8.7.6:1234", "9.8.7.6:5"]);
  const hidden = [{ connectOnly: true }, { proxy: "127.0.0.1" }, { localPeers: true }];
  for (const core of [external, told({}), ...hidden.map((options) => told(options, bound))]) {
    assert.deepEqual([core.discovers, core.foundAddresses], [false, []]);
  }
  assert.deepEqual(told({ localPeers: true }, bound).advertise.map(formatAddress), ["127.0.0.1:1"]);
});

test("permissions are those of -whitelist, and limits are handed on", () => {
  const permissions = ["noban,addr@10.0.0.0/8", "::1"];
  const core = told({ permissions, maxUploadBytes: 5e6, networkActive: false });
  assert.deepEqual(core.permissionRules.map((rule) => [[...rule.permissions], rule.prefixBits]), [
    [["noban", "download", "addr"], 8],
    [["noban", "relay", "mempool", "download"], 128],
  ]);
  assert.deepEqual([core.maxUploadBytes, core.networkActive], [5e6, false]);
  assert.equal(told({ privateBroadcast: true, proxy: "127.0.0.1" }).privateBroadcast, true);
});

test("data of several chains stand apart in one store", () => {
  assert.equal(planNode({ chain: regtest, store: "/data" }).dataDir, join("/data", "regtest"));
  assert.equal(planNode({ chain: chains.main, store: "/data" }).dataDir, "/data");
  assert.equal(planNode({ chain: regtest }).dataDir, undefined);
});

test("a chain of your own comes from its file", () => {
  const made = makeChainFile("mine", { time: 1_700_000_000 as UnixSeconds }, seededRng(1));
  assert.ok(made.ok);
  const chain = chainFromFile(made.text);
  assert.deepEqual([chain.name, chain.isPublic], ["mine", false]);
  assert.equal(planNode({ chain, store: "/data" }).dataDir, join("/data", "mine"));
});

test("a chain file that breaks rules is refused with each fault", () => {
  assert.throws(() => chainFromFile("{"), (error) => {
    return isTidingsError(error, "CONFIG") && /not JSON/.test(error.message);
  });
});
