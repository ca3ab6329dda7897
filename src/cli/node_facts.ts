/** What `tidings status` and `tidings peers` read of a node's answers, of Bitcoin Core's nodes as well. @module */

export interface PeerFacts {
  readonly id: number;
  readonly addr: string;
  /** Where it says that it sees us. */
  readonly addrlocal?: string;
  readonly network: string;
  readonly inbound: boolean;
  readonly connection_type: string;
  readonly transport_protocol_type?: string;
  /** Hex; empty without encryption. */
  readonly session_id?: string;
  readonly permissions?: readonly string[];
  readonly servicesnames: readonly string[];
  readonly version: number;
  readonly subver: string;
  readonly relaytxes: boolean;
  /** Unix seconds, 0 for never. */
  readonly conntime: number;
  readonly lastsend: number;
  readonly lastrecv: number;
  readonly last_transaction: number;
  readonly last_block: number;
  /** Seconds. */
  readonly minping?: number;
  readonly pingtime?: number;
  readonly bip152_hb_to: boolean;
  readonly bip152_hb_from: boolean;
  readonly addr_relay_enabled?: boolean;
  readonly addr_processed?: number;
  readonly addr_rate_limited?: number;
  readonly mapped_as?: number;
}

export interface NetworkFacts {
  readonly subversion: string;
  readonly protocolversion: number;
  readonly networkactive: boolean;
  readonly localservicesnames: readonly string[];
  readonly networks: readonly { readonly name: string; readonly reachable: boolean }[];
  readonly localaddresses: readonly { readonly address: string; readonly port: number }[];
  readonly warnings: readonly string[] | string;
}

/** Of `getreachability`, which Bitcoin Core has not. */
export interface ReachabilityFacts {
  readonly listening: boolean;
  readonly port: number;
  readonly arrivals: readonly {
    readonly network: string;
    /** Unix seconds. */
    readonly last: number;
    /** In the last 24 hours. */
    readonly day: number;
  }[];
}

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

/** How many of each network, those with the most first. */
export function countByNetwork(peers: readonly PeerFacts[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { network } of peers) counts.set(network, (counts.get(network) ?? 0) + 1);
  return new Map([...counts].sort(([, a], [, b]) => b - a));
}

/** As short as they are in tables; peers on this machine are `local`. */
export function shortNetwork(network: string): string {
  return network === "not_publicly_routable" ? "local" : network;
}
