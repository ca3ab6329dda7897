import type { Bytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import type { Rng } from "../base/rng.ts";
import type { Clock } from "../base/time.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { VerifyPort } from "../consensus/verify_job.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { Block } from "../primitives/block.ts";
import type { Coin } from "../primitives/coin.ts";
import type { BlockHash } from "../primitives/hash.ts";
import type { FileReader, FileWrite } from "../store/file_store.ts";
import type { Change, KeyValueReader } from "../store/key_value_store.ts";
import type { FilePosition } from "./block_table.ts";
import type { BlockId } from "./header_index.ts";
import type { IndexKind } from "./indexes/index_kinds.ts";
import type { PruneLocks } from "./prune_locks.ts";
import type { ScriptsKnown } from "./script_job.ts";

/** Where bytes stand in a file. */
export interface FileRange {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

/** What is written together, in this order: files, block index, coins, indexes beside the chain, removals. */
export interface PersistBatch {
  readonly files: readonly FileWrite[];
  readonly index: readonly Change[];
  readonly coins: readonly Change[];
  /** Coins of the chainstate that began with a snapshot. */
  readonly snapshotCoins?: readonly Change[];
  /** Of the indexes beside the chain, each in a store of its own. */
  readonly indexes?: readonly IndexChanges[];
  readonly removeFiles: readonly string[];
  /** Must survive a power cut, with all that was written before it, before anything that follows it. */
  readonly sync: boolean;
}

export interface IndexChanges {
  readonly kind: IndexKind;
  readonly changes: readonly Change[];
}

export type ChainEvent =
  | { readonly type: "header-accepted"; readonly id: BlockId }
  /** `source` as given to `addBlock`. */
  | {
    readonly type: "block-connected";
    readonly id: BlockId;
    readonly block: Block;
    /** The coins it spent, in the order of its inputs. */
    readonly spent: readonly Coin[];
    readonly source: number | undefined;
  }
  | { readonly type: "block-disconnected"; readonly id: BlockId; readonly block: Block }
  /** The same in the background, up to the block that a snapshot is of. */
  | { readonly type: "background-connected"; readonly id: BlockId; readonly block: Block }
  | { readonly type: "background-disconnected"; readonly id: BlockId; readonly block: Block }
  /** Coins of a snapshot are the active ones from now on: no block up to `base` was connected on the way. */
  | { readonly type: "snapshot-activated"; readonly base: BlockId }
  /** The background has reached the block of the snapshot, and found the same coins. */
  | { readonly type: "snapshot-validated"; readonly base: BlockId }
  /** After the connects and disconnects of one step to a better chain. `fork`: the last common block. */
  | { readonly type: "tip-changed"; readonly from: BlockId; readonly to: BlockId; readonly fork: BlockId }
  /**
   * The verdict on a block that was added; `undefined` once it and all that waited for it are
   * connected, or once it is clear that it stays on a side chain. A block that waits for its parents
   * is judged when they are here.
   */
  | {
    readonly type: "block-checked";
    readonly hash: BlockHash;
    readonly violation: RuleViolation | undefined;
    readonly source: number | undefined;
  };

export interface ChainPorts {
  readonly clock: Clock;
  /** Salts the tables that face peers; nothing else depends on it. */
  readonly rng: Rng;
  readonly logger: Logger;
  readonly files: FileReader;
  readonly index: KeyValueReader;
  readonly coins: KeyValueReader;
  /** Those that a snapshot was loaded into; asked nothing before one is. */
  readonly snapshotCoins?: KeyValueReader | undefined;
  readonly verify: VerifyPort;
  /** Undefined while no scripts are known: all are checked when their block is connected. */
  readonly areScriptsKnown?: ScriptsKnown | undefined;
  /** Who else needs old blocks. */
  readonly pruneLocks?: PruneLocks;
  /** Batches are written in the order given; `done` follows in a later turn. */
  persist(batch: PersistBatch, done: () => void): void;
  /**
   * The hash of all coins of the chainstate that began empty, as they are on disk, in display order;
   * `undefined` when they cannot be read. Asked once a snapshot's block is reached in the background.
   */
  hashCoins?(done: (hash: string | undefined) => void): void;
  /** The node cannot go on: it stops, and shows why. */
  fatal?(why: string): void;
  event(event: ChainEvent): void;
}

export interface ChainSettings {
  readonly params: ChainParams;
  /** Bytes of block files to keep; `undefined` keeps all. Zero: only when told (`pruneblockchain`). */
  readonly pruneTarget: number | undefined;
  /** Budget in bytes of the coins kept in memory. */
  readonly coinsCacheBytes: number;
  /** Most bytes of coins written in one batch, where a batch of coins would be more (`-dbbatchsize`). */
  readonly coinsBatchBytes?: number;
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
  /**
   * Stored, or on its way there; a `block-checked` event follows. `unlocks`: how many blocks can be
   * connected now that could not before, itself counted; zero while it waits for its parents.
   */
  | { readonly type: "accepted"; readonly id: BlockId; readonly unlocks: number }
  | { readonly type: "duplicate"; readonly id: BlockId }
  /** Not asked for, and not worth storing: less work than our tip, or too far ahead of it. */
  | { readonly type: "ignored"; readonly id: BlockId }
  | { readonly type: "unconnected" }
  /** `mutated`: the bytes are not those that the header commits to, so the header is not marked invalid. */
  | { readonly type: "invalid"; readonly violation: RuleViolation; readonly mutated: boolean };

export interface AddOptions {
  /** False when the chain may be too short to be worth remembering: its headers are then refused. */
  readonly hasEnoughWork?: boolean;
}

export interface AddBlockOptions extends AddOptions {
  /** Comes back in `block-checked`. */
  readonly source?: number;
  /** We asked for it: stored even when it does not have more work than the tip. */
  readonly requested: boolean;
  /** Where its bytes stand in a block file of ours: they are not written again. */
  readonly position?: FilePosition;
}

/** A file that is there while something is made again from the blocks (io/reindex_mark.ts). */
export const REINDEX_MARK = "blocks/reindex";

/** What a start found on disk. `NEW_CHAIN` (chain/restore.ts) when it found nothing. */
export interface RestoredChain {
  /** All of the index store, in the order of its keys. */
  readonly entries: Iterable<readonly [key: Bytes, value: Bytes]>;
  /** Of which block the snapshot was, when coins were loaded from one and are not all checked. */
  readonly snapshotBase?: BlockHash;
  /** What lies in `blocks/`: names without the folder. Left out, nobody looks whether files are missing. */
  readonly blockFiles?: readonly { readonly name: string; readonly size: number }[];
  /** The index is being made again from the block files (`-reindex`), which may hold more than it knows. */
  readonly isReindexing?: boolean;
  /**
   * The coins were removed (`-reindex-chainstate`): all blocks are connected anew, scripts included, also
   * by the next starts, if this one does not come to its end. `REINDEX_MARK` is there until that is kept.
   */
  readonly connectsAnew?: boolean;
  /** Blocks come from files at first (`-reindex`, `-loadblock`), until `blocksLoaded` is called. */
  readonly isLoadingBlocks?: boolean;
}
