/**
 * What the methods answer, as types: for the library, the dashboard and clients. Keys, and their
 * order, are Bitcoin Core's. Hashes are in display order; amounts are numbers of coins with eight
 * decimals, kept as text.
 *
 * @module
 */
import type { JsonNumber } from "./json.ts";

export interface ScriptJson {
  readonly asm: string;
  readonly desc: string;
  readonly hex: string;
  readonly address?: string;
  readonly type: string;
}

export interface InputJson {
  readonly coinbase?: string;
  readonly txid?: string;
  readonly vout?: number;
  readonly scriptSig?: { readonly asm: string; readonly hex: string };
  readonly txinwitness?: readonly string[];
  readonly prevout?: {
    readonly generated: boolean;
    readonly height: number;
    readonly value: JsonNumber;
    readonly scriptPubKey: ScriptJson;
  };
  readonly sequence: number;
}

export interface OutputJson {
  readonly value: JsonNumber;
  readonly n: number;
  readonly scriptPubKey: ScriptJson;
}

/** `decoderawtransaction`, and inside `getblock` and `getrawtransaction`. */
export interface TransactionJson {
  readonly txid: string;
  readonly hash: string;
  readonly version: number;
  readonly size: number;
  readonly vsize: number;
  readonly weight: number;
  readonly locktime: number;
  readonly vin: readonly InputJson[];
  readonly vout: readonly OutputJson[];
  readonly fee?: JsonNumber;
  readonly hex?: string;
}

/** `getblockheader` */
export interface HeaderJson {
  readonly hash: string;
  readonly confirmations: number;
  readonly height: number;
  readonly version: number;
  readonly versionHex: string;
  readonly merkleroot: string;
  readonly time: number;
  readonly mediantime: number;
  readonly nonce: number;
  readonly bits: string;
  readonly target: string;
  readonly difficulty: number;
  readonly chainwork: string;
  readonly nTx: number;
  readonly previousblockhash?: string;
  readonly nextblockhash?: string;
}

export interface CoinbaseJson {
  readonly version: number;
  readonly locktime: number;
  readonly sequence: number;
  readonly coinbase: string;
  readonly witness?: string;
}

/** `getblock`: transactions are ids, or objects from verbosity 2 on. */
export interface BlockJson<T = string> extends HeaderJson {
  readonly strippedsize: number;
  readonly size: number;
  readonly weight: number;
  readonly coinbase_tx: CoinbaseJson;
  readonly tx: readonly T[];
}

/** `getblockchaininfo` */
export interface ChainInfoJson {
  readonly chain: string;
  readonly blocks: number;
  readonly headers: number;
  readonly bestblockhash: string;
  readonly bits: string;
  readonly target: string;
  readonly difficulty: number;
  readonly time: number;
  readonly mediantime: number;
  readonly verificationprogress: number;
  readonly initialblockdownload: boolean;
  readonly chainwork: string;
  readonly size_on_disk: number;
  readonly pruned: boolean;
  readonly pruneheight?: number;
  readonly automatic_pruning?: boolean;
  readonly prune_target_size?: number;
  readonly backgroundvalidation?: BackgroundJson;
  readonly signet_challenge?: string;
  readonly warnings: readonly string[];
}

/** What is checked in the background, below the block of a snapshot. */
export interface BackgroundJson {
  readonly snapshotheight: number;
  readonly blocks: number;
  readonly bestblockhash: string;
  readonly mediantime: number;
  readonly chainwork: string;
  readonly verificationprogress: number;
}

/** An element of `getchaintips`. */
export interface ChainTipJson {
  readonly height: number;
  readonly hash: string;
  readonly branchlen: number;
  readonly status: "active" | "valid-fork" | "valid-headers" | "headers-only" | "invalid";
}

/** `waitfornewblock` and its kin. */
export interface TipJson {
  readonly hash: string;
  readonly height: number;
}

/** `getmempoolinfo` */
export interface MempoolInfoJson {
  readonly loaded: boolean;
  readonly size: number;
  readonly bytes: number;
  readonly usage: number;
  readonly total_fee: JsonNumber;
  readonly maxmempool: number;
  readonly mempoolminfee: JsonNumber;
  readonly minrelaytxfee: JsonNumber;
  readonly incrementalrelayfee: JsonNumber;
  readonly unbroadcastcount: number;
  readonly permitbaremultisig: boolean;
  readonly maxdatacarriersize: number;
  readonly limitclustercount: number;
  readonly limitclustersize: number;
  readonly optimal: boolean;
}

/** `getmempoolentry` */
export interface MempoolEntryJson {
  readonly vsize: number;
  readonly weight: number;
  readonly time: number;
  readonly height: number;
  readonly descendantcount: number;
  readonly descendantsize: number;
  readonly ancestorcount: number;
  readonly ancestorsize: number;
  readonly wtxid: string;
  readonly fees: {
    readonly base: JsonNumber;
    readonly modified: JsonNumber;
    readonly ancestor: JsonNumber;
    readonly descendant: JsonNumber;
  };
  readonly depends: readonly string[];
  readonly spentby: readonly string[];
  readonly unbroadcast: boolean;
}

/** An element of `testmempoolaccept`. */
export interface TestedTransactionJson {
  readonly txid: string;
  readonly wtxid: string;
  readonly "package-error"?: string;
  readonly allowed?: boolean;
  readonly vsize?: number;
  readonly fees?: {
    readonly base: JsonNumber;
    readonly "effective-feerate": JsonNumber;
    readonly "effective-includes": readonly string[];
  };
  readonly "reject-reason"?: string;
  readonly "reject-details"?: string;
}

/** `getnettotals` */
export interface NetTotalsJson {
  readonly totalbytesrecv: number;
  readonly totalbytessent: number;
  readonly timemillis: number;
  readonly uploadtarget: {
    readonly timeframe: number;
    readonly target: number;
    readonly target_reached: boolean;
    readonly serve_historical_blocks: boolean;
    readonly bytes_left_in_cycle: number;
    readonly time_left_in_cycle: number;
  };
}

/** `getreachability` */
export interface ReachabilityJson {
  readonly listening: boolean;
  readonly port: number;
  readonly arrivals: readonly {
    readonly network: string;
    /** Unix seconds. */
    readonly last: number;
    readonly day: number;
  }[];
}

/** `getnetworkinfo` */
export interface NetworkInfoJson {
  readonly version: number;
  readonly subversion: string;
  readonly protocolversion: number;
  readonly localservices: string;
  readonly localservicesnames: readonly string[];
  readonly localrelay: boolean;
  readonly timeoffset: number;
  readonly networkactive: boolean;
  readonly connections: number;
  readonly connections_in: number;
  readonly connections_out: number;
  readonly networks: readonly {
    readonly name: string;
    readonly limited: boolean;
    readonly reachable: boolean;
    readonly proxy: string;
    readonly proxy_randomize_credentials: boolean;
  }[];
  readonly relayfee: JsonNumber;
  readonly incrementalfee: JsonNumber;
  readonly localaddresses: readonly {
    readonly address: string;
    readonly port: number;
    readonly score: number;
  }[];
  readonly warnings: readonly string[];
}

/** An element of `getpeerinfo`. Times are Unix seconds, zero for never; round trips are seconds. */
export interface PeerJson {
  readonly id: number;
  readonly addr: string;
  readonly addrbind?: string;
  readonly addrlocal?: string;
  readonly network: string;
  /** Number of the autonomous system of its address, where that is known (`-asmap`). */
  readonly mapped_as?: number;
  readonly services: string;
  readonly servicesnames: readonly string[];
  readonly relaytxes: boolean;
  readonly last_inv_sequence: number;
  readonly inv_to_send: number;
  readonly lastsend: number;
  readonly lastrecv: number;
  readonly last_transaction: number;
  readonly last_block: number;
  readonly bytessent: number;
  readonly bytesrecv: number;
  readonly conntime: number;
  readonly timeoffset: number;
  readonly pingtime?: number;
  readonly minping?: number;
  readonly pingwait?: number;
  readonly version: number;
  readonly subver: string;
  readonly inbound: boolean;
  readonly bip152_hb_to: boolean;
  readonly bip152_hb_from: boolean;
  readonly presynced_headers: number;
  readonly synced_headers: number;
  readonly synced_blocks: number;
  readonly inflight: readonly number[];
  readonly addr_relay_enabled: boolean;
  readonly addr_processed: number;
  readonly addr_rate_limited: number;
  readonly permissions: readonly string[];
  readonly minfeefilter: JsonNumber;
  readonly bytessent_per_msg: Readonly<Record<string, number>>;
  readonly bytesrecv_per_msg: Readonly<Record<string, number>>;
  readonly connection_type: string;
  readonly transport_protocol_type: "detecting" | "v1" | "v2";
  readonly session_id: string;
}

/** An element of `getaddednodeinfo`. */
export interface AddedNodeJson {
  readonly addednode: string;
  readonly connected: boolean;
  readonly addresses: readonly { readonly address: string; readonly connected: "inbound" | "outbound" }[];
}

/** An element of `getnodeaddresses`. */
export interface NodeAddressJson {
  readonly time: number;
  /** All 64 bits: whoever tells of an address may set any of them. */
  readonly services: bigint;
  readonly address: string;
  readonly port: number;
  readonly network: string;
}

/** An element of `listbanned`. */
export interface BanJson {
  readonly address: string;
  readonly ban_created: number;
  readonly banned_until: number;
  readonly ban_duration: number;
  readonly time_remaining: number;
}

/** A member of `getaddrmaninfo`. */
export interface AddressCountsJson {
  readonly new: number;
  readonly tried: number;
  readonly total: number;
}

/** An entry of `getrawaddrman`. */
export interface BookEntryJson {
  readonly address: string;
  readonly mapped_as?: number;
  readonly port: number;
  /** All 64 bits, as in `NodeAddressJson`. */
  readonly services: bigint;
  readonly time: number;
  readonly network: string;
  readonly source: string;
  readonly source_network: string;
  readonly source_mapped_as?: number;
}

export interface PrivateTransactionJson {
  readonly txid: string;
  readonly wtxid: string;
  readonly hex: string;
}

export interface PrivatePeerJson {
  readonly address: string;
  readonly sent: number;
  readonly received?: number;
}

/** `getprivatebroadcastinfo` */
export interface PrivateBroadcastJson {
  readonly transactions: readonly (PrivateTransactionJson & {
    readonly time_added: number;
    readonly peers: readonly PrivatePeerJson[];
  })[];
}
