import type { Bytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import type { Clock } from "../base/time.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { VerifyPort } from "../consensus/verify_job.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { Block } from "../primitives/block.ts";
import type { Coin } from "../primitives/coin.ts";
import type { BlockHash } from "../primitives/hash.ts";
import type { BlockHeader } from "../primitives/header.ts";
import type { OutPoint } from "../primitives/transaction.ts";
import type { FileReader, FileWrite } from "../store/file_store.ts";
import type { Change, KeyValueReader } from "../store/key_value_store.ts";
import type { BlockId, HeaderIndex } from "./header_index.ts";

/** What is written together, in this order: files, block index, coins, removals. */
export interface PersistBatch {
  readonly files: readonly FileWrite[];
  readonly index: readonly Change[];
  readonly coins: readonly Change[];
  readonly removeFiles: readonly string[];
  /** Must survive a power cut before anything that follows it. */
  readonly sync: boolean;
}

export type ChainEvent =
  | { readonly type: "header-accepted"; readonly id: BlockId }
  | { readonly type: "block-connected"; readonly id: BlockId; readonly block: Block }
  | { readonly type: "block-disconnected"; readonly id: BlockId; readonly block: Block }
  /** After the connects and disconnects of one step to a better chain. `fork`: the last common block. */
  | { readonly type: "tip-changed"; readonly from: BlockId; readonly to: BlockId; readonly fork: BlockId }
  /** The verdict on a block that was added; `undefined` once it is connected or on a side chain. */
  | {
    readonly type: "block-checked";
    readonly hash: BlockHash;
    readonly violation: RuleViolation | undefined;
    readonly source: number | undefined;
  };

export interface ChainPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly files: FileReader;
  readonly index: KeyValueReader;
  readonly coins: KeyValueReader;
  readonly verify: VerifyPort;
  /** Batches are written in the order given; `done` follows in a later turn. */
  persist(batch: PersistBatch, done: () => void): void;
  event(event: ChainEvent): void;
}

export interface ChainSettings {
  readonly params: ChainParams;
  /** Bytes of block files to keep; `undefined` keeps all. Zero: only when told (`pruneblockchain`). */
  readonly pruneTarget: number | undefined;
  /** Budget in bytes of the coins kept in memory. */
  readonly coinsCacheBytes: number;
  readonly minimumChainWork: bigint;
  readonly assumeValid: BlockHash | undefined;
  /** A tip older than this, in seconds, means that we are still catching up. */
  readonly maxTipAge: number;
  /** Blocks of small files, for tests of pruning (`-fastprune`). */
  readonly blockFileBytes: number;
}

export type HeadersVerdict =
  | { readonly type: "accepted"; readonly last: BlockId; readonly added: number }
  /** The first header's parent is not known. */
  | { readonly type: "unconnected" }
  | { readonly type: "invalid"; readonly violation: RuleViolation; readonly at: number };

export type BlockVerdict =
  /** Stored, or on its way there; a `block-checked` event follows. */
  | { readonly type: "accepted"; readonly id: BlockId }
  | { readonly type: "duplicate"; readonly id: BlockId }
  /** Not asked for, and not worth storing: less work than our tip, or too far ahead of it. */
  | { readonly type: "ignored"; readonly id: BlockId }
  | { readonly type: "unconnected" }
  /** `mutated`: the bytes are not those that the header commits to, so the header is not marked invalid. */
  | { readonly type: "invalid"; readonly violation: RuleViolation; readonly mutated: boolean };

/** Where bytes stand in a file. */
export interface FileRange {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

export interface ChainTip {
  readonly id: BlockId;
  /** Blocks from the active chain to this tip. */
  readonly branchLength: number;
  readonly status: "active" | "valid-fork" | "valid-headers" | "headers-only" | "invalid";
}

/**
 * The chain with most work: headers, blocks, coins, and the steps from one tip to a better one.
 *
 * Connecting a block takes three short turns, so that none holds the loop: check and load the
 * coins; verify scripts (elsewhere); commit. `work()` takes the next turn. What everyone else
 * sees as the tip moves only at commit.
 */
export declare class ChainState {
  constructor(ports: ChainPorts, settings: ChainSettings, restored: RestoredChain);
  readonly params: ChainParams;
  readonly headers: HeaderIndex;
  get tip(): BlockId;
  /** The valid header with most work, whether its block is here or not. */
  get bestHeader(): BlockId;
  /** Latches to false once the tip is recent and has the minimum work. */
  get isInitialBlockDownload(): boolean;
  /** Height of the lowest block of which bytes are still kept. */
  get prunedBelow(): number;
  activeAt(height: number): BlockId | undefined;
  isActive(id: BlockId): boolean;
  /** Hashes from `id` back to genesis, ever further apart: how we tell a peer what we have. */
  locator(id: BlockId): readonly BlockHash[];
  /** The first block of `locator` that is on our active chain, or genesis. */
  findFork(locator: readonly BlockHash[]): BlockId;
  /** Sorted by height, highest first. */
  tips(): readonly ChainTip[];
  /** Unspent and confirmed, as of the tip. */
  coin(outPoint: OutPoint): Coin | undefined;
  /** Where its bytes are; `undefined` when they are not here. */
  blockRange(id: BlockId): FileRange | undefined;
  /** Its bytes, read at once. To serve many peers, load `blockRange` instead. */
  readBlock(id: BlockId): Bytes | undefined;
  /** Bytes of all block and undo files. */
  get sizeOnDisk(): number;
  addHeaders(headers: readonly BlockHeader[]): HeadersVerdict;
  /**
   * `source` comes back in `block-checked`. `requested` blocks are stored even when they do not
   * have more work than the tip.
   */
  addBlock(block: Block, options: { readonly source?: number; readonly requested: boolean }): BlockVerdict;
  /** Takes one short turn of connecting. True when the next can be taken at once. */
  work(): boolean;
  /** Writes what is only in memory; `done` when a restart would find it all. */
  flush(done: () => void): void;
  /** Whether nothing is left to connect or write: for tests and a clean stop. */
  get isIdle(): boolean;
}

/** What a start found on disk: made by `restoreChain` (chain/restore.ts). */
export interface RestoredChain {
  readonly entries: Iterable<readonly [key: Bytes, value: Bytes]>;
}
