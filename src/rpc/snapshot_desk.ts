import type { Bytes } from "../base/bytes.ts";
import type { SnapshotHead } from "../chain/snapshot/snapshot_format.ts";
import type { SnapshotSink } from "../chain/snapshot/snapshot_writer.ts";
import type { KeyValueStore } from "../store/key_value_store.ts";

/** A file that is being written. */
export interface NewFile extends SnapshotSink {
  /** All of it is on disk then. */
  close(): Promise<void>;
}

/** A file that is read from front to back. */
export interface ReadFile {
  /** The first bytes, fewer when there are no more. */
  head(length: number): Promise<Bytes>;
  /** What follows. */
  rest(): AsyncIterable<Bytes>;
  close(): Promise<void>;
}

/** A store for a while. */
export interface Scratch {
  readonly store: KeyValueStore;
  remove(): Promise<void>;
}

/** What the RPC does with snapshots of coins outside of the node's own data. */
export interface SnapshotDesk {
  /** An absolute path; a relative one begins in the data directory. */
  resolve(path: string): string;
  exists(path: string): Promise<boolean>;
  /** `undefined` when it cannot be written there. */
  create(path: string): Promise<NewFile | undefined>;
  /** `undefined` when it cannot be read. */
  open(path: string): Promise<ReadFile | undefined>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** A store for a while: in `folder`, which goes with it, or in memory. */
  scratch(folder: string | undefined): Promise<Scratch>;
  /**
   * Takes in the coins of `file`, behind its head, and makes them the active ones.
   *
   * @throws {SnapshotError} when they are not the ones to expect, or of no use
   */
  load(head: SnapshotHead, file: ReadFile): Promise<void>;
}
