/**
 * The disk engine: LevelDB, as Bitcoin Core uses, through `classic-level`.
 *
 * @module
 */
import { existsSync } from "node:fs";
import * as path from "node:path";
import { ClassicLevel, type Iterator } from "classic-level";
import type { Bytes } from "../base/bytes.ts";
import type { Change, KeyValueStore } from "../store/key_value_store.ts";
import { errorCode, errorText } from "./errno.ts";
import { Serial } from "./serial.ts";
import { mendLogs } from "./store_log.ts";
import { readStoreParts } from "./store_manifest.ts";
import { findTableDamage } from "./store_tables.ts";

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

/**
 * Bytes of tables that are read through before a store is opened: a second or two. Of a larger store
 * only what leads to the data, a hundredth of it.
 */
const CHECKED_BYTES_MAX = 512 * MEBIBYTE;

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

/** The disk does not give what it should, or what it gives cannot be read, while the store is in use. */
export class StoreReadError extends Error {
  override readonly name = "StoreReadError";

  constructor(folder: string, cause: unknown) {
    super(`Cannot read ${folder}: ${errorText(cause)}`, { cause });
  }
}

type Database = ClassicLevel<Bytes, Bytes>;

export class DiskStore implements KeyValueStore {
  readonly #database: Database;
  /** LevelDB's threads would take two writes in either order. */
  readonly #writes = new Serial();
  /** A power cut could take back what was written last. */
  #hasUnsynced = false;
  /** Where its log was cut off at the start, as `file, byte n`: changes behind that are lost. */
  readonly mendedAt: string | undefined;

  private constructor(database: Database, mendedAt: string | undefined) {
    this.#database = database;
    this.mendedAt = mendedAt;
  }

  /**
   * Opens the store in `folder`, making it if it is not there; the folder above must exist.
   *
   * @throws {StoreLockedError} when it is open already
   * @throws {StoreCorruptError} when its files are damaged
   */
  static async open(folder: string, options: DiskStoreOptions = SMALL_STORE): Promise<DiskStore> {
    const mendedAt = await checkFiles(folder);
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
    return new DiskStore(database, mendedAt);
  }

  get(key: Bytes): Bytes | undefined {
    let value: Bytes | undefined;
    try {
      value = this.#database.getSync(key);
    } catch (error) {
      throw new StoreReadError(this.#database.location, error);
    }
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

/**
 * Reads the files of a store before LevelDB does, which believes what they say. Returns where a log was
 * cut off.
 */
async function checkFiles(folder: string): Promise<string | undefined> {
  if (await isStoreOpen(folder)) throw new StoreLockedError(folder);
  const parts = await readStoreParts(folder).catch((error) => {
    throw new Error(`Cannot open ${folder}: ${errorText(error)}`, { cause: error });
  });
  if (parts === undefined) return undefined;
  const damage = typeof parts === "string" ? parts
    : await findTableDamage(folder, parts.tables, CHECKED_BYTES_MAX);
  // Whoever has opened it meanwhile is at work on these files.
  if (await isStoreOpen(folder)) throw new StoreLockedError(folder);
  if (damage !== undefined || typeof parts === "string") throw new StoreCorruptError(folder, damage);
  return mendLogs(folder, parts.firstLog);
}

/** Whether someone has it open: LevelDB takes its lock before it sees that it may open nothing there. */
export async function isStoreOpen(folder: string): Promise<boolean> {
  if (!existsSync(path.join(folder, "CURRENT"))) return false;
  try {
    await new ClassicLevel(folder, { errorIfExists: true }).open();
    return false;
  } catch (error) {
    return openError(folder, error) instanceof StoreLockedError;
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
      if (/No such file|Is a directory/.test(errorText(cause))) return new StoreCorruptError(folder, cause);
      return new Error(`Cannot open ${folder}: ${errorText(cause)}`, { cause });
    default:
      return cause === undefined ? error : new Error(`Cannot open ${folder}: ${errorText(cause)}`, { cause });
  }
}
