import type { PersistBatch } from "../chain/chain_ports.ts";
import { INDEX_KINDS, type IndexKind } from "../chain/indexes/index_kinds.ts";
import type { FileStore, FileWrite } from "../store/file_store.ts";
import type { Change, KeyValueStore } from "../store/key_value_store.ts";

/**
 * Changes to a store that are written as one at most, unless a single batch has more. LevelDB takes
 * about 1 µs of the loop for each.
 */
const MERGED_CHANGES_MAX = 16_384;

/** Bytes of files written as one at most: what a disk takes in some tenths of a second. */
const MERGED_FILE_BYTES_MAX = 32 * 1024 * 1024;

export interface DiskStores {
  readonly files: FileStore;
  readonly index: KeyValueStore;
  readonly coins: KeyValueStore;
  /** Those that came from a snapshot, if the node can have any. */
  readonly snapshotCoins?: KeyValueStore;
  /** Those of the indexes that the node keeps. */
  readonly indexes?: Readonly<Partial<Record<IndexKind, KeyValueStore>>>;
  /** Called before each write; throws when the disk is nearly full. */
  checkSpace?(): Promise<void>;
}

export interface DiskWriterListener {
  persisted(batch: number): void;
  /** Nothing is written after this. */
  failed(error: unknown): void;
}

/** One write: of one batch, or of some that follow each other. */
interface Merged {
  readonly batches: number[];
  readonly files: FileWrite[];
  readonly index: Change[];
  readonly coins: Change[];
  readonly snapshotCoins: Change[];
  readonly indexes: Map<IndexKind, Change[]>;
  readonly removeFiles: string[];
  fileBytes: number;
  sync: boolean;
}

/**
 * Writes the batches of one node, one after the other: files, then index, then coins, then
 * the indexes beside the chain, then removals.
 *
 * Batches that wait are written together, which keeps that order: an index entry then may be on disk
 * before older coins are, but never before the bytes it points to. The queue is bounded by the core,
 * which waits for `persisted`.
 */
export class DiskWriter {
  readonly #stores: DiskStores;
  readonly #listener: DiskWriterListener;
  readonly #waiting: { readonly batch: number; readonly writes: PersistBatch }[] = [];
  #running: Promise<void> | undefined;
  #hasFailed = false;

  constructor(stores: DiskStores, listener: DiskWriterListener) {
    this.#stores = stores;
    this.#listener = listener;
  }

  add(batch: number, writes: PersistBatch): void {
    if (this.#hasFailed) return;
    this.#waiting.push({ batch, writes });
    this.#running ??= this.#run();
  }

  /** Resolves when all that was added is written, or can no longer be. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    try {
      // A turn later, so that what one step asks for is seen together.
      await undefined;
      while (this.#waiting.length > 0) await this.#writeNext();
    } catch (error) {
      this.#hasFailed = true;
      this.#waiting.length = 0;
      this.#listener.failed(error);
    } finally {
      this.#running = undefined;
    }
  }

  async #writeNext(): Promise<void> {
    const { batches, files, index, coins, snapshotCoins, indexes, removeFiles, sync } = this.#take();
    await this.#stores.checkSpace?.();
    // A sync also holds for what earlier batches left in the system's hands, in any of the stores.
    if (sync || files.length > 0) await this.#stores.files.write(files, { sync });
    if (sync || index.length > 0) await this.#stores.index.write(index, { sync });
    if (sync || coins.length > 0) await this.#stores.coins.write(coins, { sync });
    if (sync || snapshotCoins.length > 0) await this.#stores.snapshotCoins?.write(snapshotCoins, { sync });
    for (const kind of sync ? INDEX_KINDS : indexes.keys()) {
      await this.#stores.indexes?.[kind]?.write(indexes.get(kind) ?? [], { sync });
    }
    if (removeFiles.length > 0) await this.#stores.files.remove(removeFiles);
    for (const batch of batches) this.#listener.persisted(batch);
  }

  #take(): Merged {
    const merged: Merged = {
      batches: [], files: [], index: [], coins: [], snapshotCoins: [], indexes: new Map(), removeFiles: [],
      fileBytes: 0, sync: false,
    };
    let taken = 0;
    for (const { batch, writes } of this.#waiting) {
      if (taken > 0 && !fits(merged, writes)) break;
      merge(merged, batch, writes);
      taken++;
    }
    this.#waiting.splice(0, taken);
    return merged;
  }
}

function fits(merged: Merged, writes: PersistBatch): boolean {
  const { files, index, coins, snapshotCoins = [], indexes = [] } = writes;
  return indexes.every(({ kind, changes }) =>
    (merged.indexes.get(kind)?.length ?? 0) + changes.length <= MERGED_CHANGES_MAX) &&
    merged.index.length + index.length <= MERGED_CHANGES_MAX &&
    merged.coins.length + coins.length <= MERGED_CHANGES_MAX &&
    merged.snapshotCoins.length + snapshotCoins.length <= MERGED_CHANGES_MAX &&
    merged.fileBytes + fileBytes(files) <= MERGED_FILE_BYTES_MAX &&
    // A file that one batch removes and the next writes again must be there at the end.
    !files.some(({ name }) => merged.removeFiles.includes(name));
}

/** Pushed one by one: a call with many thousand arguments can exhaust the stack. */
function merge(merged: Merged, batch: number, writes: PersistBatch): void {
  merged.batches.push(batch);
  for (const write of writes.files) merged.files.push(write);
  for (const change of writes.index) merged.index.push(change);
  for (const change of writes.coins) merged.coins.push(change);
  for (const change of writes.snapshotCoins ?? []) merged.snapshotCoins.push(change);
  for (const { kind, changes } of writes.indexes ?? []) {
    const gathered = merged.indexes.get(kind) ?? [];
    merged.indexes.set(kind, gathered);
    for (const change of changes) gathered.push(change);
  }
  for (const name of writes.removeFiles) merged.removeFiles.push(name);
  merged.fileBytes += fileBytes(writes.files);
  merged.sync ||= writes.sync;
}

function fileBytes(files: readonly FileWrite[]): number {
  let total = 0;
  for (const { bytes } of files) total += bytes.length;
  return total;
}
