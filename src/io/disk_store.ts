/**
 * The disk engine: LevelDB, as Bitcoin Core uses, through `classic-level`.
 *
 * @module
 */
import { ClassicLevel, type Iterator } from "classic-level";
import type { Bytes } from "../base/bytes.ts";
import type { Change, KeyValueStore } from "../store/key_value_store.ts";
import { errorCode, errorText } from "./errno.ts";
import { Serial } from "./serial.ts";
import { findLogDamage } from "./store_log.ts";

export interface DiskStoreOptions {
  /**
   * Bytes gathered in memory before they become a sorted file; two such buffers may exist at once.
   * 64 MB pays for a store that takes millions of changes, as coins do.
   */
  readonly writeBufferBytes: number;
  /** Bytes of blocks of files kept uncompressed in memory. */
  readonly cacheBytes: number;
}

const MEBIBYTE = 1024 * 1024;

/** For a store that is small, or one of many in a process. */
export const SMALL_STORE: DiskStoreOptions = { writeBufferBytes: 2 * MEBIBYTE, cacheBytes: 2 * MEBIBYTE };
/** For the coins of a node that keeps up with a whole network. */
export const LARGE_STORE: DiskStoreOptions = { writeBufferBytes: 64 * MEBIBYTE, cacheBytes: 64 * MEBIBYTE };

/** LevelDB's own default for tables; each open one costs a descriptor. */
const OPEN_FILES_MAX = 256;

/** Another process, or another part of this one, has the store open: LevelDB's lock says so. */
export class StoreLockedError extends Error {
  override readonly name = "StoreLockedError";
  readonly folder: string;

  constructor(folder: string) {
    super(`Cannot open ${folder}: already open by another process`);
    this.folder = folder;
  }
}

/** The files are there, but LevelDB cannot read them. */
export class StoreCorruptError extends Error {
  override readonly name = "StoreCorruptError";
  readonly folder: string;

  constructor(folder: string, cause: unknown) {
    super(`Cannot open ${folder}: the store is damaged (${errorText(cause)})`, { cause });
    this.folder = folder;
  }
}

type Database = ClassicLevel<Bytes, Bytes>;

export class DiskStore implements KeyValueStore {
  readonly #database: Database;
  /** LevelDB's threads would take two writes in either order. */
  readonly #writes = new Serial();
  /** A power cut could take back what was written last. */
  #hasUnsynced = false;

  private constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Opens the store in `folder`, making it if it is not there; the folder above must exist.
   *
   * @throws {StoreLockedError} when it is open already
   * @throws {StoreCorruptError} when its files are damaged
   */
  static async open(folder: string, options: DiskStoreOptions = SMALL_STORE): Promise<DiskStore> {
    const damage = await findLogDamage(folder);
    if (damage !== undefined) throw new StoreCorruptError(folder, damage);
    const database: Database = new ClassicLevel(folder, {
      keyEncoding: "view",
      valueEncoding: "view",
      // Keys are hashes and values packed already: Snappy finds nothing.
      compression: false,
      writeBufferSize: options.writeBufferBytes,
      cacheSize: options.cacheBytes,
      maxOpenFiles: OPEN_FILES_MAX,
    });
    try {
      await database.open();
    } catch (error) {
      throw openError(folder, error);
    }
    return new DiskStore(database);
  }

  get(key: Bytes): Bytes | undefined {
    const value = this.#database.getSync(key);
    return value === undefined ? undefined : plain(value);
  }

  write(batch: readonly Change[], options?: { readonly sync?: boolean }): Promise<void> {
    const sync = options?.sync ?? false;
    if (batch.length === 0 && !(sync && this.#hasUnsynced)) return this.#writes.idle();
    const chained = this.#database.batch();
    for (const change of batch) {
      if (change.type === "put") chained.put(change.key, change.value);
      else chained.del(change.key);
    }
    // LevelDB syncs its log up to the write that asks for it, but takes no write without changes.
    if (batch.length === 0) chained.del(UNUSED_KEY);
    this.#hasUnsynced = !sync;
    return this.#writes.run(() => chained.write({ sync }));
  }

  scan(from: Bytes, to: Bytes): AsyncIterable<readonly [key: Bytes, value: Bytes]> {
    // Made here, not at the first `next`: it fixes the moment that the scan shows.
    return entriesOf(this.#database.iterator({ gte: from, lt: to }));
  }

  async close(): Promise<void> {
    await this.#writes.idle();
    await this.#database.close();
  }
}

/** A key that nobody puts: to delete it changes nothing. */
const UNUSED_KEY: Bytes = new Uint8Array(0);

/** Entries fetched at once: a hop to the thread pool costs as much as a hundred of them. */
const SCAN_ENTRIES = 1_000;

async function* entriesOf(
  iterator: Iterator<Database, Bytes, Bytes>,
): AsyncGenerator<readonly [key: Bytes, value: Bytes]> {
  try {
    for (;;) {
      const entries = await iterator.nextv(SCAN_ENTRIES);
      if (entries.length === 0) return;
      for (const [key, value] of entries) yield [plain(key), plain(value)];
    }
  } finally {
    await iterator.close();
  }
}

/** Without Node's `Buffer` methods, among which `slice` means something else. */
function plain(bytes: Bytes): Bytes {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function openError(folder: string, error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  switch (errorCode(cause)) {
    case "LEVEL_LOCKED":
      return new StoreLockedError(folder);
    case "LEVEL_CORRUPTION":
      return new StoreCorruptError(folder, cause);
    case "LEVEL_IO_ERROR":
      // LevelDB counts it among the faults of the disk when CURRENT names a file that is not there.
      if (/MANIFEST-\d+: No such file/.test(errorText(cause))) return new StoreCorruptError(folder, cause);
      return new Error(`Cannot open ${folder}: ${errorText(cause)}`, { cause });
    default:
      return cause === undefined ? error : new Error(`Cannot open ${folder}: ${errorText(cause)}`, { cause });
  }
}
