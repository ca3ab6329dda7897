/**
 * Connected, reachable, synced: what the answers of a node come to. Nothing here asks anybody.
 *
 * @module
 */
import { countByNetwork, type NetworkFacts, type PeerFacts } from "./peer_facts.ts";

export interface ChainFacts {
  readonly chain: string;
  readonly blocks: number;
  readonly headers: number;
  readonly bestblockhash: string;
  /** Unix seconds. */
  readonly time: number;
  readonly initialblockdownload: boolean;
  readonly verificationprogress: number;
  readonly size_on_disk: number;
  readonly pruned: boolean;
  readonly prune_target_size?: number;
  readonly warnings: readonly string[] | string;
}

export interface MempoolFacts {
  readonly size: number;
  /** Virtual bytes. */
  readonly bytes: number;
  /** Coins per 1,000 virtual bytes. */
  readonly mempoolminfee: number;
}

export type IndexFacts = Readonly<Record<string, { readonly synced: boolean }>>;

export interface Answers {
  readonly chain: ChainFacts;
  readonly network: NetworkFacts;
  readonly peers: readonly PeerFacts[];
  readonly mempool: MempoolFacts;
  readonly indexes: IndexFacts;
  /** Seconds. */
  readonly uptime: number;
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
  /** `unknown`: it tells others an address, but nobody has come; `no`: it has none to tell. */
  readonly state: "yes" | "unknown" | "no";
  /** Peers that are connected to us now, by network; those on this machine prove nothing. */
  readonly inbound: Readonly<Record<string, number>>;
  readonly addresses: readonly string[];
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
    reachable: reachability(inbound, network),
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

function reachability(inbound: readonly PeerFacts[], network: NetworkFacts): Reachability {
  const fromAfar = inbound.filter((peer) => peer.network !== "not_publicly_routable");
  const addresses = network.localaddresses.map(({ address, port }) =>
    (address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`));
  const told = network.localaddresses.some(({ address }) => !isThisMachine(address)) ? "unknown" : "no";
  return {
    state: fromAfar.length > 0 ? "yes" : told,
    inbound: Object.fromEntries(countByNetwork(fromAfar)),
    addresses,
  };
}

function isThisMachine(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
