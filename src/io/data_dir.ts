/**
 * A node's data directory.
 *
 * ```text
 * DIR/.lock                 empty; there for whoever looks for it
 * DIR/blocks/format         which version of this layout it is
 * DIR/blocks/reindex        there while the index is made again from the block files (reindex_mark.ts)
 * DIR/blocks/xor.dat        what the block files are masked with (block_mask.ts)
 * DIR/blocks/blk*.dat       blocks, rev*.dat: what they spent
 * DIR/blocks/index/         headers and where blocks stand (LevelDB, which also locks the directory)
 * DIR/chainstate/           coins (LevelDB)
 * DIR/chainstate_snapshot/  coins from a snapshot, until they are checked (chain/snapshot_files.ts)
 * DIR/indexes/              a folder for each index that is kept (chain/indexes/index_kinds.ts)
 * DIR/wallets/              empty
 * DIR/debug.log  DIR/.cookie  DIR/bitcoind.pid  DIR/peers.dat  …
 * ```
 *
 * The layout is Bitcoin Core's; the contents of the two stores are our own. The version stands in
 * `blocks/` so that it goes where the data goes.
 *
 * @module
 */
import { existsSync, promises as fs } from "node:fs";
import * as path from "node:path";
import type { Bytes } from "../base/bytes.ts";
import { SNAPSHOT_FOLDER } from "../chain/snapshot_files.ts";
import { INDEX_TRAITS, type IndexKind } from "../chain/indexes/index_kinds.ts";
import { maskFile, NO_MASK, readMask } from "./block_mask.ts";
import { DiskFiles } from "./disk_files.ts";
import {
  DiskStore, type DiskStoreOptions, isStoreOpen, LARGE_STORE, SMALL_STORE, StoreCorruptError, StoreLockedError,
} from "./disk_store.ts";
import { errorCode, errorText } from "./errno.ts";
import { FILE_MODE, FOLDER_MODE } from "./file_modes.ts";
import { clearReindexMark, readReindexStage, type Reindex, wipeForReindex } from "./reindex_mark.ts";
import { OptionalStore } from "./optional_store.ts";
import { saveFile } from "./save_file.ts";
import { type SettledSnapshot, settleSnapshot } from "./snapshot_folder.ts";

/**
 * Counted up when a program of before could no longer read what this one writes. Since 2, coins have
 * checksums.
 */
export const DATA_FORMAT = 2;

const FORMAT_FILE = path.join("blocks", "format");
const INDEX_FOLDER = path.join("blocks", "index");
const COINS_FOLDER = "chainstate";
const FOLDERS = ["blocks", "indexes", "wallets"] as const;

/** What to do about a store that cannot be read. */
const DAMAGE_ADVICE: Readonly<Record<string, string>> = {
  [INDEX_FOLDER]: "Start once with -reindex, which makes it again from the block files.",
  [COINS_FOLDER]: "Start once with -reindex-chainstate, which makes the coins again from the blocks.",
};

const INDEX_DAMAGE_ADVICE = "Remove that folder and start again: the index is made again from the blocks.";

/** Bitcoin Core's min_disk_space: room to write out what is in memory, and to stop cleanly. */
export const FREE_BYTES_MIN = 50 * 1024 * 1024;

/** Free space is asked for at most this often, in milliseconds: a disk does not fill within it. */
const SPACE_CHECK_INTERVAL = 5_000;

/** The directory cannot be used. `code` is stable, the message says what to do. */
export class DataDirError extends Error {
  override readonly name = "DataDirError";
  readonly code:
    | "locked" | "newer-format" | "older-format" | "foreign" | "damaged-format" | "damaged" | "unreadable"
    | "disk-full" | "not-writable";

  constructor(code: DataDirError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

export interface DataDirOptions {
  readonly coins?: DiskStoreOptions;
  readonly index?: DiskStoreOptions;
  readonly reindex?: Reindex;
  /** Only for tests: the free bytes of a directory's file system. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/** Where coins from a snapshot are, or will be; they are not opened yet. */
export interface SnapshotPlace extends SettledSnapshot {
  readonly coins: OptionalStore;
}

/** An open, locked data directory. */
export class DataDir {
  readonly path: string;
  readonly files: DiskFiles;
  readonly index: DiskStore;
  readonly coins: DiskStore;
  readonly snapshot: SnapshotPlace;
  /** The index is being made again: all block files are to be read, and `reindexed` called then. */
  readonly isReindexing: boolean;
  /** What was found damaged and mended, a sentence each. */
  readonly mended: readonly string[];
  readonly #freeBytes: (folder: string) => Promise<number>;
  readonly #indexes: DiskStore[] = [];
  #spaceCheckedAt = Number.NEGATIVE_INFINITY;

  private constructor(
    folder: string,
    index: DiskStore,
    coins: DiskStore,
    snapshot: SnapshotPlace,
    isReindexing: boolean,
    mask: Bytes | undefined,
    freeBytes: (folder: string) => Promise<number>,
  ) {
    this.path = folder;
    this.files = new DiskFiles(folder, mask);
    this.index = index;
    this.coins = coins;
    this.snapshot = snapshot;
    this.isReindexing = isReindexing;
    this.mended = [...mendedText(INDEX_FOLDER, index), ...mendedText(COINS_FOLDER, coins)];
    this.#freeBytes = freeBytes;
  }

  /**
   * Opens the directory, making what is missing, and locks it.
   *
   * @throws {DataDirError} when it is in use, of another format, damaged, or on a full disk
   */
  static async open(folder: string, options: DataDirOptions = {}): Promise<DataDir> {
    const freeBytes = options.freeBytes ?? freeBytesOf;
    await makeFolders(folder);
    const format = await readFormat(folder);
    await requireSpace(folder, freeBytes);
    const isReindexing = await prepareReindex(folder, options.reindex);
    if (format !== DATA_FORMAT) {
      if (format !== undefined) await requireNoOldCoins(folder, format);
      // Before the store is made: a store without it would be taken for another program's.
      await saveFile(path.join(folder, FORMAT_FILE), formatText());
    }
    // Tools that read Bitcoin Core's block files look for it.
    if (!existsSync(maskFile(folder))) await saveFile(maskFile(folder), NO_MASK);
    const mask = readMask(folder);
    const index = await openStore(folder, INDEX_FOLDER, options.index ?? SMALL_STORE);
    try {
      await fs.writeFile(path.join(folder, ".lock"), "", { mode: FILE_MODE });
      const snapshot = await settleSnapshot(folder);
      const coinsOptions = options.coins ?? LARGE_STORE;
      const coins = await openStore(folder, COINS_FOLDER, coinsOptions);
      const snapshotCoins = new OptionalStore(
        () => openStore(folder, SNAPSHOT_FOLDER, coinsOptions),
        () => fs.rm(path.join(folder, SNAPSHOT_FOLDER), { recursive: true, force: true }),
      );
      const place = { ...snapshot, coins: snapshotCoins };
      const dir = new DataDir(folder, index, coins, place, isReindexing, mask, freeBytes);
      // LevelDB has done the same with what it found in its logs.
      await dir.files.syncRecent("blocks");
      return dir;
    } catch (error) {
      await index.close();
      throw error;
    }
  }

  /** @throws {DataDirError} when the disk is nearly full. Asks the system every few seconds only. */
  async checkSpace(): Promise<void> {
    const now = performance.now();
    if (now - this.#spaceCheckedAt < SPACE_CHECK_INTERVAL) return;
    // In Bitcoin Core's words (validation.cpp, FlushStateToDisk).
    await requireSpace(this.path, this.#freeBytes, "Disk space is too low!");
    this.#spaceCheckedAt = now;
  }

  /** All block files have been read. */
  async reindexed(): Promise<void> {
    await clearReindexMark(this.path);
  }

  /**
   * The store of an index, made if it is not there.
   *
   * @throws {DataDirError} when it is damaged
   */
  async openIndex(kind: IndexKind): Promise<DiskStore> {
    const { folder } = INDEX_TRAITS[kind];
    await fs.mkdir(path.dirname(this.pathOf(folder)), { recursive: true, mode: FOLDER_MODE });
    const store = await openStore(this.path, folder, SMALL_STORE);
    this.#indexes.push(store);
    return store;
  }

  pathOf(name: string): string {
    return path.join(this.path, name);
  }

  /** Puts `bytes` in place of a whole small file. */
  save(name: string, bytes: Bytes): Promise<void> {
    return saveFile(this.pathOf(name), bytes);
  }

  /** A whole small file, or `undefined` when there is none. */
  async load(name: string): Promise<Bytes | undefined> {
    try {
      return new Uint8Array(await fs.readFile(this.pathOf(name)));
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.files.close();
    await this.coins.close();
    await this.snapshot.coins.close();
    for (const store of this.#indexes) await store.close();
    // Last, since it is the lock.
    await this.index.close();
  }
}

async function makeFolders(folder: string): Promise<void> {
  try {
    for (const name of ["", ...FOLDERS]) {
      await fs.mkdir(path.join(folder, name), { recursive: true, mode: FOLDER_MODE });
    }
    await fs.access(folder, fs.constants.W_OK);
  } catch (error) {
    const code = errorCode(error);
    if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
      throw new DataDirError("not-writable", `Cannot write to directory '${folder}'; check permissions.`);
    }
    throw error;
  }
}

function formatText(): string {
  return `tidings data format ${DATA_FORMAT}\n`;
}

/**
 * The format that the directory says it is of; `undefined` when it is new.
 *
 * @throws {DataDirError} when it is of a newer one, or not ours
 */
async function readFormat(folder: string): Promise<number | undefined> {
  const text = await readIfThere(path.join(folder, FORMAT_FILE));
  if (text === undefined) {
    if (!(await isEmptyFolder(path.join(folder, INDEX_FOLDER)))) throw foreign(folder);
    return undefined;
  }
  const format = /^tidings data format (\d{1,9})\n?$/.exec(text)?.[1];
  if (format === undefined) {
    throw new DataDirError(
      "damaged-format",
      `Cannot use ${folder}: ${FORMAT_FILE} is damaged. If the data is this program's, write ` +
        `"${formatText().trim()}" into it; else give another directory.`,
    );
  }
  if (Number(format) > DATA_FORMAT) {
    throw new DataDirError(
      "newer-format",
      `Cannot use ${folder}: written by a newer tidings: format ${format}, this one reads ${DATA_FORMAT}. ` +
        "Use that version, or another directory.",
    );
  }
  return Number(format);
}

/** @throws {DataDirError} when there are coins of an older format */
async function requireNoOldCoins(folder: string, format: number): Promise<void> {
  if (await isEmptyFolder(path.join(folder, COINS_FOLDER))) return;
  throw new DataDirError(
    "older-format",
    `Unsupported chainstate database format found: ${folder} has format ${format}, and coins have checksums ` +
      `since format ${DATA_FORMAT}. Please restart with -reindex-chainstate. This will rebuild the chainstate ` +
      "database.",
  );
}

function* mendedText(name: string, { mendedAt }: DiskStore): Generator<string, undefined> {
  if (mendedAt === undefined) return undefined;
  yield `The log of ${name} is damaged at ${mendedAt}, and was cut off there: what it held behind that is ` +
    "made or downloaded again";
  return undefined;
}

/** @throws {DataDirError} when the directory is in use */
async function prepareReindex(folder: string, wanted: Reindex | undefined): Promise<boolean> {
  const stage = await readReindexStage(folder);
  const isWiping = wanted !== undefined || stage === "wipe-all" || stage === "wipe-chainstate";
  if (!isWiping) return stage === "read";
  for (const name of [INDEX_FOLDER, COINS_FOLDER]) {
    if (await isStoreOpen(path.join(folder, name))) throw locked(folder);
  }
  return wipeForReindex(folder, wanted, stage);
}

function foreign(folder: string): DataDirError {
  return new DataDirError(
    "foreign",
    `Cannot use ${folder}: its block index was written by another program, such as Bitcoin Core. ` +
      "Give another directory; its block files can be imported from here.",
  );
}

async function openStore(folder: string, name: string, options: DiskStoreOptions): Promise<DiskStore> {
  try {
    return await DiskStore.open(path.join(folder, name), options);
  } catch (error) {
    if (error instanceof StoreCorruptError) {
      throw new DataDirError("damaged", `${error.message}. ${DAMAGE_ADVICE[name] ?? INDEX_DAMAGE_ADVICE}`);
    }
    if (!(error instanceof StoreLockedError)) {
      throw new DataDirError("unreadable", `${errorText(error)}. Check the disk, and whose files these are.`);
    }
    throw locked(folder);
  }
}

/** In Bitcoin Core's words (init.cpp, LockDirectory), which its tests look for. */
function locked(folder: string): DataDirError {
  const text = `Cannot obtain a lock on directory ${folder}. tidings is probably already running.`;
  return new DataDirError("locked", text);
}

async function requireSpace(
  folder: string, freeBytes: (folder: string) => Promise<number>, what = "Disk space is low.",
): Promise<void> {
  const free = await freeBytes(folder);
  if (free >= FREE_BYTES_MIN) return;
  throw new DataDirError(
    "disk-full",
    `${what} On the disk of "${folder}" ${megabytes(free)} MB are free, ` +
      `at least ${megabytes(FREE_BYTES_MIN)} MB are needed`,
  );
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / 1_000_000);
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await fs.statfs(folder);
  return bavail * bsize;
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await fs.readFile(file, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function isEmptyFolder(folder: string): Promise<boolean> {
  try {
    return (await fs.readdir(folder)).length === 0;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return true;
    throw error;
  }
}
