import type { RemovalReason } from "../mempool/mempool.ts";
import type { ConnectionType, PeerId } from "../peer/peer.ts";
import type { CloseReason } from "./close_reason.ts";

/**
 * What happened, as data: the one ordered log that the library, the RPC, the devnet and the
 * dashboard read. Hashes are in display order, hex; amounts in satoshi.
 */
export type NodeEventBody =
  | { readonly type: "header:accepted"; readonly data: { readonly hash: string; readonly height: number } }
  /** Headers of a chain that has not shown enough work yet: so many are checked, and none is kept. */
  | { readonly type: "header:presync"; readonly data: { readonly peer: PeerId; readonly height: number } }
  | {
    readonly type: "block:connected";
    readonly data: {
      readonly hash: string;
      readonly height: number;
      readonly transactions: number;
      readonly bytes: number;
      /** The peer that sent it; absent when it was made or submitted here. */
      readonly peer?: PeerId;
    };
  }
  | { readonly type: "block:disconnected"; readonly data: { readonly hash: string; readonly height: number } }
  | {
    readonly type: "block:rejected";
    readonly data: {
      readonly hash: string;
      readonly rule: string;
      readonly detail: string;
      readonly peer?: PeerId;
    };
  }
  | { readonly type: "chain:tip"; readonly data: { readonly hash: string; readonly height: number } }
  | {
    readonly type: "chain:reorg";
    readonly data: {
      readonly from: string;
      readonly to: string;
      readonly fork: string;
      readonly depth: number;
    };
  }
  | {
    readonly type: "tx:accepted";
    readonly data: {
      readonly txid: string;
      readonly wtxid: string;
      readonly vsize: number;
      readonly fee: number;
      readonly peer?: PeerId;
    };
  }
  | {
    readonly type: "tx:rejected";
    readonly data: {
      readonly txid: string;
      readonly rule: string;
      readonly detail: string;
      readonly peer?: PeerId;
    };
  }
  | { readonly type: "tx:removed"; readonly data: { readonly txid: string; readonly reason: RemovalReason } }
  /** We try to connect: `peer:open` follows, or `peer:dial-failed`. */
  | {
    readonly type: "peer:dialing";
    readonly data: {
      readonly address: string;
      readonly connection: ConnectionType;
      /** What we are to speak. */
      readonly transport: "v1" | "v2";
    };
  }
  /** `reason` is in the system's, the proxy's or the router's words. */
  | {
    readonly type: "peer:dial-failed";
    readonly data: { readonly address: string; readonly connection: ConnectionType; readonly reason: string };
  }
  | {
    readonly type: "peer:open";
    readonly data: { readonly peer: PeerId; readonly address: string; readonly connection: ConnectionType };
  }
  | {
    readonly type: "peer:ready";
    readonly data: {
      readonly peer: PeerId;
      readonly address: string;
      readonly connection: ConnectionType;
      readonly userAgent: string;
      readonly services: string;
      readonly height: number;
    };
  }
  | {
    readonly type: "peer:closed";
    readonly data: {
      readonly peer: PeerId;
      readonly address: string;
      readonly reason: CloseReason;
      /** The socket's words, when the connection was lost. */
      readonly detail?: string;
    };
  }
  | { readonly type: "peer:misbehaved"; readonly data: { readonly peer: PeerId; readonly what: string } }
  /** It has to make place for another; `peer:closed` follows. */
  | {
    readonly type: "peer:evicted";
    readonly data: { readonly peer: PeerId; readonly address: string; readonly connection: ConnectionType };
  }
  /** The operator bans `subnet`, until a time in Unix seconds; `peer:closed` follows for who is there. */
  | { readonly type: "peer:banned"; readonly data: { readonly subnet: string; readonly until: number } }
  /** It has answered a ping of ours. */
  | {
    readonly type: "peer:ping";
    readonly data: {
      readonly peer: PeerId;
      readonly milliseconds: number;
      /** The least of all on this connection. */
      readonly minMilliseconds: number;
    };
  }
  | { readonly type: "addr:learned"; readonly data: { readonly address: string; readonly peer: PeerId } }
  /** A connection to it has shown that a node is there: it is kept among those that were tried. */
  | { readonly type: "addr:tried"; readonly data: { readonly address: string } }
  /** The peer tells us of more addresses than we look at. Once a minute and peer at most, and at its end. */
  | {
    readonly type: "addr:ratelimited";
    readonly data: {
      readonly peer: PeerId;
      /** Addresses that were dropped since the last of these events, and on the whole connection. */
      readonly count: number;
      readonly total: number;
    };
  }
  | { readonly type: "sync:done"; readonly data: { readonly height: number } }
  | { readonly type: "node:warning"; readonly data: { readonly text: string } };

export type NodeEventType = NodeEventBody["type"];

/** `seq` counts from 1 per node, without gaps; `time` is Unix seconds with fractions. */
export type NodeEvent = NodeEventBody & { readonly seq: number; readonly time: number };
