/**
 * Connected, reachable, synced: what the answers of a node come to. Nothing here asks anybody.
 *
 * @module
 */
import { formatHostPort } from "../primitives/host_text.ts";
import {
  type ChainFacts, countByNetwork, type IndexFacts, type MempoolFacts, type NetworkFacts, type PeerFacts,
  type ReachabilityFacts,
} from "./node_facts.ts";

export interface Answers {
  readonly chain: ChainFacts;
  readonly network: NetworkFacts;
  readonly peers: readonly PeerFacts[];
  readonly mempool: MempoolFacts;
  readonly indexes: IndexFacts;
  /** Seconds. */
  readonly uptime: number;
  /** `undefined` of Bitcoin Core's nodes. */
  readonly reachability: ReachabilityFacts | undefined;
}

export interface NodeStatus {
  readonly chain: string;
  readonly isPruned: boolean;
  /** What the node calls itself. */
  readonly userAgent: string;
  readonly uptimeSeconds: number;
  /** `alone`: nobody to sync with. */
  readonly sync: "alone" | "headers" | "blocks" | "synced";
  readonly height: number;
  readonly headers: number;
  readonly tip: string;
  readonly tipAgeSeconds: number;
  /** 0 to 1. */
  readonly progress: number;
  readonly diskBytes: number;
  readonly indexes: Readonly<Record<string, boolean>>;
  readonly isNetworkActive: boolean;
  readonly outbound: number;
  readonly inbound: number;
  /** Of 0 to 1. */
  readonly v2Share: number;
  readonly peersByNetwork: Readonly<Record<string, number>>;
  readonly reachable: Reachability;
  readonly mempool: { readonly transactions: number; readonly virtualBytes: number;
    readonly minFeeRate: number };
  readonly warnings: readonly string[];
}

export interface Reachability {
  /** `no`: it takes no connections; `unknown`: nobody has come in lately who would show it. */
  readonly state: "yes" | "unknown" | "no";
  /** Peers that are connected to us now, by network; those on this machine prove nothing. */
  readonly inbound: Readonly<Record<string, number>>;
  /** Those that came in the last 24 hours. `undefined`: the node does not tell. */
  readonly dayInbound: number | undefined;
  /** When the last one came; `undefined` for never since the start, or not told. */
  readonly lastInboundSeconds: number | undefined;
  /** Where it listens; zero for nowhere, `undefined` when the node does not tell. */
  readonly listenPort: number | undefined;
  /** What it tells others of where it is reached. */
  readonly addresses: readonly string[];
  /** The host at which most peers see us, if it is not on this machine, and how many do. */
  readonly seenAs: { readonly host: string; readonly peers: number } | undefined;
}

export function nodeStatus(answers: Answers, now: number): NodeStatus {
  const { chain, network, peers, mempool, indexes, uptime } = answers;
  const inbound = peers.filter((peer) => peer.inbound);
  const v2 = peers.filter((peer) => peer.transport_protocol_type === "v2").length;
  return {
    chain: chain.chain,
    isPruned: chain.pruned,
    userAgent: network.subversion,
    uptimeSeconds: uptime,
    sync: syncStage(answers),
    height: chain.blocks,
    headers: chain.headers,
    tip: chain.bestblockhash,
    tipAgeSeconds: Math.max(0, now - chain.time),
    progress: Math.min(1, chain.verificationprogress),
    diskBytes: chain.size_on_disk,
    indexes: Object.fromEntries(Object.entries(indexes).map(([name, { synced }]) => [name, synced])),
    isNetworkActive: network.networkactive,
    outbound: peers.length - inbound.length,
    inbound: inbound.length,
    v2Share: peers.length === 0 ? 0 : v2 / peers.length,
    peersByNetwork: Object.fromEntries(countByNetwork(peers)),
    reachable: reachability(answers, now),
    mempool: {
      transactions: mempool.size, virtualBytes: mempool.bytes,
      // Coins per 1,000 bytes to satoshi per byte; a coin's eight digits are all that it has.
      minFeeRate: Math.round(mempool.mempoolminfee * 100_000_000) / 1_000,
    },
    warnings: [...new Set([chain.warnings, network.warnings].flat())].filter((text) => text !== ""),
  };
}

function syncStage({ chain, peers }: Answers): NodeStatus["sync"] {
  if (!chain.initialblockdownload) return chain.blocks < chain.headers ? "blocks" : "synced";
  if (peers.length === 0) return "alone";
  return chain.headers > chain.blocks ? "blocks" : "headers";
}

function reachability({ peers, network, reachability: facts }: Answers, now: number): Reachability {
  const fromAfar = peers.filter((peer) => peer.inbound && peer.network !== "not_publicly_routable");
  const last = Math.max(...(facts?.arrivals ?? []).map((each) => each.last));
  const dayInbound = facts?.arrivals.reduce((sum, { day }) => sum + day, 0);
  const hasCome = fromAfar.length > 0 || (dayInbound ?? 0) > 0;
  return {
    state: hasCome ? "yes" : facts?.listening === false ? "no" : "unknown",
    inbound: Object.fromEntries(countByNetwork(fromAfar)),
    dayInbound,
    lastInboundSeconds: Number.isFinite(last) ? Math.max(0, now - last) : undefined,
    listenPort: facts === undefined ? undefined : facts.listening ? facts.port : 0,
    addresses: network.localaddresses.map(({ address, port }) => formatHostPort(address, port)),
    seenAs: mostSeen(peers),
  };
}

/** The port is left out: whom we dialled sees one that leads nowhere. */
function mostSeen(peers: readonly PeerFacts[]): Reachability["seenAs"] {
  const counts = new Map<string, number>();
  for (const { addrlocal, network } of peers) {
    const host = network === "not_publicly_routable" ? undefined : addrlocal?.replace(/:[0-9]+$/, "");
    if (host !== undefined && !isThisMachine(host)) counts.set(host, (counts.get(host) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most === undefined ? undefined : { host: most[0], peers: most[1] };
}

function isThisMachine(host: string): boolean {
  return host.startsWith("127.") || host === "[::1]";
}
