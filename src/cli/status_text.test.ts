import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Answers, type NodeStatus, nodeStatus } from "./node_status.ts";
import type { PeerFacts, ReachabilityFacts } from "./node_facts.ts";
import { duration, statusText } from "./status_text.ts";

const NOW = 1_800_000_000;

const PEER: PeerFacts = {
  id: 1, addr: "203.0.113.9:8333", network: "ipv4", inbound: false, connection_type: "outbound-full-relay",
  transport_protocol_type: "v2", servicesnames: ["NETWORK"], version: 70016, subver: "/x/", relaytxes: true,
  conntime: NOW - 60, lastsend: NOW, lastrecv: NOW, last_transaction: 0, last_block: 0,
  bip152_hb_to: false, bip152_hb_from: false,
};

interface Changes {
  readonly chain?: Partial<Answers["chain"]>;
  readonly network?: Partial<Answers["network"]>;
  readonly peers?: readonly PeerFacts[];
  readonly reachability?: ReachabilityFacts | undefined;
}

const LISTENING: ReachabilityFacts = { listening: true, port: 38_333, arrivals: [] };

function statusOf(changes: Changes = {}): NodeStatus {
  const { chain, network, peers = [PEER] } = changes;
  const reachability = "reachability" in changes ? changes.reachability : LISTENING;
  return nodeStatus({
    chain: {
      chain: "signet", blocks: 251_904, headers: 251_904, bestblockhash: `${"0".repeat(58)}abcdef`,
      time: NOW - 240, initialblockdownload: false, verificationprogress: 1, size_on_disk: 6_900_000_000,
      pruned: false, warnings: [], ...chain,
    },
    network: {
      subversion: "/tidings:0.1.0/", protocolversion: 70017, networkactive: true, localservicesnames: [],
      networks: [], localaddresses: [], warnings: [], ...network,
    },
    peers,
    mempool: { size: 1412, bytes: 210_000, mempoolminfee: 0.000001 },
    indexes: { txindex: { synced: true } },
    uptime: 273_600,
    reachability,
  }, NOW);
}

function textOf(changes?: Changes): string {
  return statusText(statusOf(changes), undefined);
}

describe("tidings status", () => {
  it("says that a node at the best header it knows is synced, and how old its tip is", () => {
    const text = textOf();
    assert.match(text, /^signet {3}full {3}synced .* up 3 d 4 h$/m);
    assert.match(text, /^tip {8}251 904 {3}000000000000…abcdef {3}4 min old {3}headers 251 904$/m);
    assert.match(text, /^chain {6}6\.9 GB on disk {3}indexes txindex ready$/m);
    assert.match(text, /^mempool {4}1 412 transactions {3}0\.21 MvB {3}min 0\.1 sat\/vB$/m);
    assert.match(text, /^warnings {3}none$/m);
  });

  it("tells the stage of a sync, and that nobody is there to sync with", () => {
    const early = { initialblockdownload: true, blocks: 10, verificationprogress: 0.25 };
    assert.equal(statusOf({ chain: early }).sync, "blocks");
    assert.equal(statusOf({ chain: { ...early, headers: 10 } }).sync, "headers");
    assert.equal(statusOf({ chain: early, peers: [] }).sync, "alone");
    const text = statusText(statusOf({ chain: early }), { blocks: 500, progress: 0.05, seconds: 2 });
    assert.match(text, /^blocks {5}█{5}░{15} {2}25\.0 % {3}10 \/ 251 904$/m);
    assert.match(text, /^rate {7}250 blocks\/s {3}about 30 s left at this rate$/m);
  });

  it("calls a node reachable when another machine has connected to it within a day", () => {
    const inbound = { ...PEER, inbound: true };
    const came = [
      { network: "ipv4", last: NOW - 7_200, day: 21 }, { network: "onion", last: NOW - 86_000, day: 2 },
    ];
    assert.match(textOf({ peers: [inbound, inbound], reachability: undefined }),
      /^reachable {2}yes: 2 by ipv4 now$/m);
    assert.match(textOf({ peers: [inbound], reachability: { ...LISTENING, arrivals: came } }),
      /^reachable {2}yes: 1 by ipv4 now; the last came 2 h ago, 23 in 24 h$/m);
    assert.match(textOf({ reachability: { ...LISTENING, arrivals: came } }),
      /^reachable {2}yes: the last came 2 h ago, 23 in 24 h$/m);
  });

  it("says that it is not known yet while nobody has come who would show it", () => {
    const here = { ...PEER, inbound: true, network: "not_publicly_routable" };
    assert.match(textOf({ peers: [PEER, here] }),
      /^reachable {2}not known yet: it listens on port 38333, and nobody from another machine has come in 3 d 4 h$/m);
    const past = [{ network: "ipv6", last: NOW - 200_000, day: 0 }];
    assert.match(textOf({ reachability: { ...LISTENING, arrivals: past } }),
      /^reachable {2}not known: it listens on port 38333, and the last from another machine came 2 d 7 h ago$/m);
    assert.match(textOf({ reachability: undefined }),
      /^reachable {2}not known: nobody from another machine is connected to it now$/m);
  });

  it("says no of a node that takes no connections, whatever it tells others", () => {
    const deaf = { ...LISTENING, listening: false };
    const told = { localaddresses: [{ address: "2001:db8::1", port: 8333 }] };
    const text = textOf({ network: told, reachability: deaf });
    assert.match(text, /^reachable {2}no: it takes no connections\n {11}it tells others \[2001:db8::1\]:8333$/m);
    // Such as one that came over I2P.
    const inbound = { ...PEER, inbound: true, network: "i2p" };
    assert.equal(statusOf({ peers: [inbound], reachability: deaf }).reachable.state, "yes");
  });

  it("shows where most peers see the node, those on this machine left out", () => {
    const seen = ["198.51.100.7:4000", "198.51.100.7:5000", "192.0.2.1:6", "127.0.0.1:7"]
      .map((addrlocal) => ({ ...PEER, addrlocal }));
    assert.match(textOf({ peers: seen }), /^ {11}2 peers see it at 198\.51\.100\.7$/m);
    const ipv6 = { ...PEER, addrlocal: "[2001:db8::7]:4000" };
    assert.match(textOf({ peers: [ipv6] }), /^ {11}1 peer sees it at \[2001:db8::7\]$/m);
    const here = { ...PEER, network: "not_publicly_routable", addrlocal: "10.0.0.1:5" };
    assert.doesNotMatch(textOf({ peers: [PEER, here] }), /sees? it/);
  });

  it("counts peers by direction, transport and network", () => {
    const onion = { ...PEER, network: "onion", transport_protocol_type: "v1", inbound: true };
    const text = textOf({ peers: [PEER, PEER, PEER, onion] });
    assert.match(text, /^peers {6}3 out {2}1 in {3}v2 75 % {3}ipv4 3 {3}onion 1$/m);
  });

  it("shows a network that is switched off, and each warning once", () => {
    const text = textOf({ network: { networkactive: false, warnings: ["disk"] }, chain: { warnings: ["disk"] } });
    assert.match(text, /network off/);
    assert.equal(text.match(/^warning {4}disk$/gm)?.length, 1);
  });
});

describe("duration", () => {
  it("has the two largest units, without one that is zero", () => {
    const shown = [0, 59.6, 60, 61, 3_600, 3_661, 90_000, 172_800].map(duration);
    assert.deepEqual(shown,
      ["0 s", "1 min", "1 min", "1 min 1 s", "1 h", "1 h 1 min", "1 d 1 h", "2 d"]);
  });
});
