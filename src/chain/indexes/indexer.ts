import type { Bytes } from "../../base/bytes.ts";
import type { Block } from "../../primitives/block.ts";
import type { Coin } from "../../primitives/coin.ts";
import type { BlockHash } from "../../primitives/hash.ts";
import type { FileWrite } from "../../store/file_store.ts";
import type { Change } from "../../store/key_value_store.ts";
import type { BlockId } from "../header_index.ts";
import type { IndexKind } from "./index_kinds.ts";

export interface IndexedBlock {
  readonly id: BlockId;
  /** `undefined` for genesis. */
  readonly previous: BlockId | undefined;
  readonly previousHash: BlockHash | undefined;
  readonly height: number;
  readonly hash: BlockHash;
  readonly block: Block;
  /** The coins it spent, in the order of its inputs; empty for an index that does not need them. */
  readonly spent: readonly Coin[];
}

/** A block that is taken back; what is in it only for an index that `removesByBlock`. */
export type RemovedBlock = Omit<IndexedBlock, "block" | "spent"> & Partial<IndexedBlock>;

/** Gathers what some blocks change, to be written at once. */
export class IndexBatch {
  readonly changes: Change[] = [];
  readonly files: FileWrite[] = [];
  bytes = 0;

  put(key: Bytes, value: Bytes): void {
    this.changes.push({ type: "put", key, value });
    this.bytes += key.length + value.length;
  }

  delete(key: Bytes): void {
    this.changes.push({ type: "delete", key });
    this.bytes += key.length;
  }

  write(file: FileWrite): void {
    this.files.push(file);
    this.bytes += file.bytes.length;
  }
}

/**
 * Work in pieces, none of which holds the loop for long: each says how many microseconds it took,
 * about. An estimate, so that the same inputs give the same turns.
 */
export type Work<Result = void> = Generator<number | Wait, Result, undefined>;

/** Something that is done elsewhere: there is no next piece before it is over. */
export interface Wait {
  readonly isOver: boolean;
}

/**
 * What one index makes of blocks. It reads its store only between blocks, when all that it wrote is
 * acknowledged (`restore`, `remove`, and look-ups of others).
 */
export interface Indexer {
  readonly kind: IndexKind;
  /** Whether `remove` looks at the block's transactions. */
  readonly removesByBlock: boolean;
  /**
   * Goes on from what `state` held after `best`; a new one is before genesis.
   *
   * @returns what is wrong with the stored data, or nothing
   */
  restore(best: BlockId, hash: BlockHash, state: Bytes): string | undefined;
  append(block: IndexedBlock, batch: IndexBatch): Work;
  /** The reverse, for the block that was appended last. False when what it needs is not in the store. */
  remove(block: RemovedBlock, batch: IndexBatch): Work<boolean> | boolean;
  /** To be kept with the last block. */
  state(): Bytes;
  /** Whether what was written for `id` can be read back, where a power cut may have taken it. */
  isIntact(id: BlockId, hash: BlockHash): boolean;
}

/** The key of an entry about one block: a prefix and the block's row, so that neighbours lie together. */
export function blockKey(prefix: number, id: BlockId): Bytes {
  const key = new Uint8Array(5);
  key[0] = prefix;
  new DataView(key.buffer).setUint32(1, id);
  return key;
}
