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
 * DIR/chainstate_snapshot/  coins from a snapshot, until they are checked (chain/snapshot/snapshot_files.ts)
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
import { appendFileSync, existsSync, mkdirSync, promises as fs } from "node:fs";
import * as path from "node:path";
import type { Bytes } from "../base/bytes.ts";
import { INDEX_TRAITS, type IndexKind } from "../chain/indexes/index_kinds.ts";
import { SNAPSHOT_FOLDER } from "../chain/snapshot/snapshot_files.ts";
import { maskFile, NO_MASK, readMask } from "./block_mask.ts";
import { DataDirError } from "./data_dir_error.ts";
import { COINS_FOLDER, INDEX_FOLDER } from "./data_folders.ts";
import { readFormat, requireNoOldCoins, writeFormat } from "./data_format.ts";
import { DiskFiles } from "./disk_files.ts";
import { DiskSpace, type FreeBytes } from "./disk_space.ts";
import {
  DiskStore, type DiskStoreOptions, isStoreOpen, LARGE_STORE, SMALL_STORE, StoreCorruptError,
  StoreLockedError,
} from "./disk_store.ts";
import { errorCode, errorText, ifThere } from "./errno.ts";
import { FILE_MODE, FOLDER_MODE } from "./file_modes.ts";
import { OptionalStore } from "./optional_store.ts";
import {
  clearReindexMark, readReindexStage, type Reindex, type ReindexPlan, wipeForReindex,
} from "./reindex_mark.ts";
import { saveFile } from "./save_file.ts";
import { type SettledSnapshot, settleSnapshot } from "./snapshot_folder.ts";

const FOLDERS = ["blocks", "indexes", "wallets"] as const;

/** What to do about a store that cannot be read. */
const DAMAGE_ADVICE: Readonly<Record<string, string>> = {
  [INDEX_FOLDER]: "Start once with -reindex, which makes it again from the block files.",
  [COINS_FOLDER]: "Start once with -reindex-chainstate, which makes the coins again from the blocks.",
};

const INDEX_DAMAGE_ADVICE = "Remove that folder and start again: the index is made again from the blocks.";

export interface DataDirOptions {
  readonly coins?: DiskStoreOptions;
  readonly index?: DiskStoreOptions;
  readonly reindex?: Reindex;
  /** Only for tests. */
  readonly freeBytes?: FreeBytes;
}

/** Where coins from a snapshot are, or will be; they are not opened yet. */
export interface SnapshotPlace extends SettledSnapshot {
  readonly coins: OptionalStore;
}

/** What of a data directory is open. */
interface DataDirParts {
  readonly index: DiskStore;
  readonly coins: DiskStore;
  readonly snapshot: SnapshotPlace;
  readonly reindex: ReindexPlan;
  readonly mask: Bytes | undefined;
  readonly space: DiskSpace;
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
  /** `RestoredChain.connectsAnew` */
  readonly connectsAnew: boolean;
  /** What was found damaged and mended, a sentence each. */
  readonly mended: readonly string[];
  readonly #space: DiskSpace;
  readonly #indexes: DiskStore[] = [];

  private constructor(folder: string, parts: DataDirParts) {
    const { index, coins, snapshot, reindex, mask, space } = parts;
    this.path = folder;
    this.files = new DiskFiles(folder, mask);
    this.index = index;
    this.coins = coins;
    this.snapshot = snapshot;
    this.isReindexing = reindex.readsFiles;
    this.connectsAnew = reindex.connectsAnew;
    this.mended = [...mendedText(INDEX_FOLDER, index), ...mendedText(COINS_FOLDER, coins)];
    this.#space = space;
  }

  /**
   * Opens the directory, making what is missing, and locks it.
   *
   * @throws {DataDirError} when it is in use, of another format, damaged, or on a full disk
   */
  static async open(folder: string, options: DataDirOptions = {}): Promise<DataDir> {
    const space = new DiskSpace(folder, options.freeBytes);
    await makeFolders(folder);
    const format = await readFormat(folder);
    await space.require();
    const reindex = await prepareReindex(folder, options.reindex);
    await requireNoOldCoins(folder, format);
    // Before the store is made: a store without it would be taken for another program's.
    await writeFormat(folder, format);
    // Tools that read Bitcoin Core's block files look for it.
    if (!existsSync(maskFile(folder))) await saveFile(maskFile(folder), NO_MASK);
    const mask = readMask(folder);
    const open: { close(): Promise<void> }[] = [];
    try {
      const index = await openStore(folder, INDEX_FOLDER, options.index ?? SMALL_STORE);
      open.push(index);
      await fs.writeFile(path.join(folder, ".lock"), "", { mode: FILE_MODE });
      const settled = await settleSnapshot(folder);
      const coinsOptions = options.coins ?? LARGE_STORE;
      const coins = await openStore(folder, COINS_FOLDER, coinsOptions);
      open.push(coins);
      const snapshot = { ...settled, coins: snapshotStore(folder, coinsOptions) };
      const dir = new DataDir(folder, { index, coins, snapshot, reindex, mask, space });
      open.push(dir.files);
      // LevelDB has done the same with what it found in its logs.
      await dir.files.syncRecent("blocks");
      return dir;
    } catch (error) {
      for (const each of open.reverse()) await each.close();
      throw error;
    }
  }

  /** @throws {DataDirError} when the disk is nearly full. Asks the system every few seconds only. */
  checkSpace(): Promise<void> {
    return this.#space.check();
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

  /** Adds to the end of a file. Written at once, since who reads it may look at any moment. */
  append(name: string, bytes: Bytes): void {
    const file = this.pathOf(name);
    mkdirSync(path.dirname(file), { recursive: true, mode: FOLDER_MODE });
    appendFileSync(file, bytes, { mode: FILE_MODE });
  }

  /** A whole small file, or `undefined` when there is none. */
  async load(name: string): Promise<Bytes | undefined> {
    const bytes = await ifThere(fs.readFile(this.pathOf(name)));
    return bytes === undefined ? undefined : new Uint8Array(bytes);
  }

  /** As `load`, and removes it: what is there is for one start only. */
  async take(name: string): Promise<Bytes | undefined> {
    const bytes = await this.load(name);
    await fs.rm(this.pathOf(name), { force: true });
    return bytes;
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

/** Made when it is first opened. */
function snapshotStore(folder: string, options: DiskStoreOptions): OptionalStore {
  return new OptionalStore(
    () => openStore(folder, SNAPSHOT_FOLDER, options),
    () => fs.rm(path.join(folder, SNAPSHOT_FOLDER), { recursive: true, force: true }),
  );
}

function* mendedText(name: string, { mendedAt }: DiskStore): Generator<string, undefined> {
  if (mendedAt === undefined) return undefined;
  yield `The log of ${name} is damaged at ${mendedAt}, and was cut off there: what it held behind that is ` +
    "made or downloaded again";
  return undefined;
}

/** @throws {DataDirError} when the directory is in use */
async function prepareReindex(folder: string, wanted: Reindex | undefined): Promise<ReindexPlan> {
  const stage = await readReindexStage(folder);
  const isWiping = wanted !== undefined || stage === "wipe-all" || stage === "wipe-chainstate";
  if (!isWiping) return { readsFiles: stage === "read", connectsAnew: false };
  for (const name of [INDEX_FOLDER, COINS_FOLDER]) {
    if (await isStoreOpen(path.join(folder, name))) throw locked(folder);
  }
  return wipeForReindex(folder, wanted, stage);
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
