/**
 * A node's data directory.
 *
 * ```text
 * DIR/.lock                 empty; there for whoever looks for it
 * DIR/blocks/format         which version of this layout it is
 * DIR/blocks/blk*.dat       blocks, rev*.dat: what they spent
 * DIR/blocks/index/         headers and where blocks stand (LevelDB, which also locks the directory)
 * DIR/chainstate/           coins (LevelDB)
 * DIR/indexes/  DIR/wallets/   empty
 * DIR/debug.log  DIR/.cookie  DIR/bitcoind.pid  DIR/peers.dat  …
 * ```
 *
 * The layout is Bitcoin Core's; the contents of the two stores are our own. The version stands in
 * `blocks/` so that it goes where the data goes.
 *
 * @module
 */
import { promises as fs } from "node:fs";
import * as path from "node:path";
import type { Bytes } from "../base/bytes.ts";
import { DiskFiles } from "./disk_files.ts";
import {
  DiskStore, type DiskStoreOptions, LARGE_STORE, SMALL_STORE, StoreCorruptError, StoreLockedError,
} from "./disk_store.ts";
import { errorCode, errorText } from "./errno.ts";
import { FILE_MODE, FOLDER_MODE } from "./file_modes.ts";
import { saveFile } from "./save_file.ts";

/** Counted up when a program of before could no longer read what this one writes. */
export const DATA_FORMAT = 1;

const FORMAT_FILE = path.join("blocks", "format");
const INDEX_FOLDER = path.join("blocks", "index");
const COINS_FOLDER = "chainstate";
const FOLDERS = ["blocks", "indexes", "wallets"] as const;

/** What to do about a store that cannot be read. */
const DAMAGE_ADVICE: Readonly<Record<string, string>> = {
  [INDEX_FOLDER]: "Move the folder \"blocks\" elsewhere, remove \"chainstate\", and read the block files " +
    "with \"tidings import\".",
  [COINS_FOLDER]: "Remove that folder and start again: coins are made again from the blocks.",
};

/** Bitcoin Core's min_disk_space: room to write out what is in memory, and to stop cleanly. */
export const FREE_BYTES_MIN = 50 * 1024 * 1024;

/** Free space is asked for at most this often, in milliseconds: a disk does not fill within it. */
const SPACE_CHECK_INTERVAL = 5_000;

/** The directory cannot be used. `code` is stable, the message says what to do. */
export class DataDirError extends Error {
  override readonly name = "DataDirError";
  readonly code:
    | "locked" | "newer-format" | "foreign" | "damaged-format" | "damaged" | "unreadable" | "disk-full"
    | "not-writable";

  constructor(code: DataDirError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

export interface DataDirOptions {
  readonly coins?: DiskStoreOptions;
  readonly index?: DiskStoreOptions;
  /** Only for tests: the free bytes of a directory's file system. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/** An open, locked data directory. */
export class DataDir {
  readonly path: string;
  readonly files: DiskFiles;
  readonly index: DiskStore;
  readonly coins: DiskStore;
  readonly #freeBytes: (folder: string) => Promise<number>;
  #spaceCheckedAt = Number.NEGATIVE_INFINITY;

  private constructor(
    folder: string,
    index: DiskStore,
    coins: DiskStore,
    freeBytes: (folder: string) => Promise<number>,
  ) {
    this.path = folder;
    this.files = new DiskFiles(folder);
    this.index = index;
    this.coins = coins;
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
    const hasFormat = await checkFormat(folder);
    await requireSpace(folder, freeBytes);
    // Before the store is made: a store without it would be taken for another program's.
    if (!hasFormat) await saveFile(path.join(folder, FORMAT_FILE), formatText());
    const index = await openStore(folder, INDEX_FOLDER, options.index ?? SMALL_STORE);
    try {
      await fs.writeFile(path.join(folder, ".lock"), "", { mode: FILE_MODE });
      const coins = await openStore(folder, COINS_FOLDER, options.coins ?? LARGE_STORE);
      return new DataDir(folder, index, coins, freeBytes);
    } catch (error) {
      await index.close();
      throw error;
    }
  }

  /** @throws {DataDirError} when the disk is nearly full. Asks the system every few seconds only. */
  async checkSpace(): Promise<void> {
    const now = performance.now();
    if (now - this.#spaceCheckedAt < SPACE_CHECK_INTERVAL) return;
    await requireSpace(this.path, this.#freeBytes);
    this.#spaceCheckedAt = now;
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
 * Whether the directory says that it is of this format; false when it is new.
 *
 * @throws {DataDirError} when it is of another, or not ours
 */
async function checkFormat(folder: string): Promise<boolean> {
  const text = await readIfThere(path.join(folder, FORMAT_FILE));
  if (text === undefined) {
    if (!(await isEmptyFolder(path.join(folder, INDEX_FOLDER)))) throw foreign(folder);
    return false;
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
  return true;
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
      throw new DataDirError("damaged", `${error.message}. ${DAMAGE_ADVICE[name] ?? ""}`);
    }
    if (!(error instanceof StoreLockedError)) {
      throw new DataDirError("unreadable", `${errorText(error)}. Check the disk, and whose files these are.`);
    }
    // Bitcoin Core's text (init.cpp, LockDirectory), which its tests look for.
    const text = `Cannot obtain a lock on directory ${folder}. tidings is probably already running.`;
    throw new DataDirError("locked", text);
  }
}

async function requireSpace(folder: string, freeBytes: (folder: string) => Promise<number>): Promise<void> {
  const free = await freeBytes(folder);
  if (free >= FREE_BYTES_MIN) return;
  throw new DataDirError(
    "disk-full",
    `Disk space is low for "${folder}": ${megabytes(free)} MB are free, ` +
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
