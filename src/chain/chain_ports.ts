import type { Bytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import type { Rng } from "../base/rng.ts";
import type { Clock } from "../base/time.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { VerifyPort } from "../consensus/verify_job.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { Block } from "../primitives/block.ts";
import type { BlockHash } from "../primitives/hash.ts";
import type { FileReader, FileWrite } from "../store/file_store.ts";
import type { Change, KeyValueReader } from "../store/key_value_store.ts";
import type { BlockId } from "./header_index.ts";
import type { ScriptsKnown } from "./script_job.ts";

/** Where bytes stand in a file. */
export interface FileRange {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

/** What is written together, in this order: files, block index, coins, removals. */
export interface PersistBatch {
  readonly files: readonly FileWrite[];
  readonly index: readonly Change[];
  readonly coins: readonly Change[];
  readonly removeFiles: readonly string[];
  /** Must survive a power cut, with all that was written before it, before anything that follows it. */
  readonly sync: boolean;
}

export type ChainEvent =
  | { readonly type: "header-accepted"; readonly id: BlockId }
  /** `source` as given to `addBlock`. */
  | {
    readonly type: "block-connected";
    readonly id: BlockId;
    readonly block: Block;
    readonly source: number | undefined;
  }
  | { readonly type: "block-disconnected"; readonly id: BlockId; readonly block: Block }
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
  readonly verify: VerifyPort;
  /** Left out, all scripts are checked when their block is connected. */
  readonly areScriptsKnown?: ScriptsKnown;
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
}

/** What a start found on disk. `NEW_CHAIN` (chain/restore.ts) when it found nothing. */
export interface RestoredChain {
  /** All of the index store, in the order of its keys. */
  readonly entries: Iterable<readonly [key: Bytes, value: Bytes]>;
  /** What lies in `blocks/`: names without the folder. Left out, nobody looks whether files are missing. */
  readonly blockFiles?: readonly { readonly name: string; readonly size: number }[];
}
