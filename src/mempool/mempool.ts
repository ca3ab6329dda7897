import type { Clock } from "../base/time.ts";
import type { Logger } from "../base/logger.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { VerifyPort } from "../consensus/verify_job.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Block } from "../primitives/block.ts";
import type { Coin } from "../primitives/coin.ts";
import type { Txid } from "../primitives/hash.ts";
import type { OutPoint, Transaction } from "../primitives/transaction.ts";

/** What admission needs to know of the chain: `ChainState` satisfies it through node/chain_view.ts. */
export interface ChainView {
  readonly tipHeight: number;
  readonly tipMedianTimePast: number;
  /** Script flags that a block after the tip is held to. */
  readonly nextBlockScriptFlags: number;
  readonly coinbaseMaturity: number;
  coin(outPoint: OutPoint): Coin | undefined;
  /** Median time past of the active block at `height`, for BIP68. */
  medianTimePastAt(height: number): number;
}

export interface MempoolSettings {
  /** Most bytes of memory that transactions may take (`-maxmempool`). */
  readonly maxBytes: number;
  /** Satoshi per 1,000 virtual bytes (`-minrelaytxfee`). */
  readonly minRelayFeeRate: Sats;
  readonly acceptNonstandard: boolean;
}

export interface MempoolEntry {
  readonly transaction: Transaction;
  readonly fee: Sats;
  /** Unix seconds at which it was admitted. */
  readonly time: number;
  /** Height of the tip at that time. */
  readonly height: number;
  /** Counts admissions, so that announcements can say 'everything up to here'. */
  readonly sequence: number;
}

export type Admission =
  | { readonly type: "accepted"; readonly entry: MempoolEntry }
  /** Already here. */
  | { readonly type: "known" }
  /** An input is neither in the chain nor here: spent already, or its parent has not arrived. */
  | { readonly type: "missing-inputs"; readonly missing: readonly OutPoint[] }
  | { readonly type: "rejected"; readonly violation: RuleViolation };

export type RemovalReason = "block" | "conflict" | "reorg" | "sizelimit" | "expiry";

export type MempoolEvent =
  | { readonly type: "tx-accepted"; readonly entry: MempoolEntry }
  | { readonly type: "tx-removed"; readonly entry: MempoolEntry; readonly reason: RemovalReason };

export interface MempoolPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly chain: ChainView;
  readonly verify: VerifyPort;
  event(event: MempoolEvent): void;
}

/** Transactions that are valid on top of the tip and wait for a block. */
export declare class Mempool {
  constructor(ports: MempoolPorts, settings: MempoolSettings);
  get size(): number;
  /** Sum of virtual sizes. */
  get virtualBytes(): number;
  /** Bytes of memory in use, against `maxBytes`. */
  get usage(): number;
  get totalFee(): Sats;
  /** What a transaction must pay now: the floor, or more while the pool is full. Satoshi per 1,000 vbytes. */
  get minFeeRate(): Sats;
  /** Sequence number of the newest admission. */
  get sequence(): number;
  get(txid: Txid): MempoolEntry | undefined;
  getByWtxid(wtxid: Uint8Array): MempoolEntry | undefined;
  /** In the order of admission, parents before children. */
  entries(): Iterable<MempoolEntry>;
  spender(outPoint: OutPoint): MempoolEntry | undefined;
  /** Checks, has scripts verified elsewhere, re-checks, adds; `done` may be called in this turn or a later one. */
  submit(transaction: Transaction, done: (admission: Admission) => void): void;
  /** The same checks, and no change. */
  test(transaction: Transaction, done: (admission: Admission) => void): void;
  blockConnected(block: Block): void;
  /** Its transactions come back, those that are still valid. */
  blockDisconnected(block: Block): void;
  /** After all connects and disconnects of a step: what is no longer valid goes. */
  tipChanged(): void;
}
