import type { PeerId } from "../peer/peer.ts";

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
  | { readonly type: "tx:removed"; readonly data: { readonly txid: string; readonly reason: string } }
  | {
    readonly type: "peer:open";
    readonly data: { readonly peer: PeerId; readonly address: string; readonly connection: string };
  }
  | {
    readonly type: "peer:ready";
    readonly data: {
      readonly peer: PeerId;
      readonly address: string;
      readonly connection: string;
      readonly userAgent: string;
      readonly services: string;
      readonly height: number;
    };
  }
  | {
    readonly type: "peer:closed";
    readonly data: { readonly peer: PeerId; readonly address: string; readonly reason: string };
  }
  | { readonly type: "peer:misbehaved"; readonly data: { readonly peer: PeerId; readonly what: string } }
  | { readonly type: "addr:learned"; readonly data: { readonly address: string; readonly peer: PeerId } }
  | { readonly type: "sync:done"; readonly data: { readonly height: number } }
  | { readonly type: "node:warning"; readonly data: { readonly text: string } };

export type NodeEventType = NodeEventBody["type"];

/** `seq` counts from 1 per node, without gaps; `time` is Unix seconds with fractions. */
export type NodeEvent = NodeEventBody & { readonly seq: number; readonly time: number };
