/**
 * Where one node keeps what it must not forget: a data directory, or memory.
 *
 * @module
 */
import * as path from "node:path";
import type { Bytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import type { RestoredChain } from "../chain/chain_ports.ts";
import { INDEX_TRAITS, type IndexKind } from "../chain/indexes/index_kinds.ts";
import { findAssumeUtxo } from "../params/assume_utxo.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { FileStore } from "../store/file_store.ts";
import type { KeyValueStore } from "../store/key_value_store.ts";
import { MemoryFiles } from "../store/memory_files.ts";
import { MemoryStore } from "../store/memory_store.ts";
import { DataDir, type DataDirOptions, type SnapshotPlace } from "./data_dir.ts";
import { OptionalStore } from "./optional_store.ts";

export interface NodeDisk {
  readonly files: FileStore;
  readonly index: KeyValueStore;
  readonly coins: KeyValueStore;
  readonly snapshot: SnapshotPlace;
  readonly isReindexing: boolean;
  readonly connectsAnew: boolean;
  readonly mended: readonly string[];
  openIndex(kind: IndexKind): Promise<KeyValueStore>;
  reindexed(): Promise<void>;
  checkSpace(): Promise<void>;
  load(name: string, offset: number, length: number): Promise<Bytes | undefined>;
  loadSmall(name: string): Promise<Bytes | undefined>;
  save(name: string, bytes: Bytes): Promise<void>;
  /** Adds to the end of a file. */
  append(name: string, bytes: Bytes): void;
  /** Takes what a small file holds: it is gone after that. */
  takeSmall(name: string): Promise<Bytes | undefined>;
  close(): Promise<void>;
}

/**
 * A data directory; `undefined` keeps everything in memory.
 *
 * @throws {DataDirError} when it cannot be used
 */
export async function openDisk(
  folder: string | undefined, options: DataDirOptions | undefined,
): Promise<NodeDisk> {
  return folder === undefined ? memoryDisk() : realDisk(folder, options);
}

async function realDisk(folder: string, options: DataDirOptions | undefined): Promise<NodeDisk> {
  const dir = await DataDir.open(folder, options);
  return {
    files: dir.files,
    index: dir.index,
    coins: dir.coins,
    snapshot: dir.snapshot,
    isReindexing: dir.isReindexing,
    connectsAnew: dir.connectsAnew,
    mended: dir.mended,
    openIndex: (kind) => dir.openIndex(kind),
    reindexed: () => dir.reindexed(),
    checkSpace: () => dir.checkSpace(),
    load: (name, offset, length) => dir.files.load(name, offset, length),
    loadSmall: (name) => dir.load(name),
    save: (name, bytes) => dir.save(name, bytes),
    append: (name, bytes) => dir.append(name, bytes),
    takeSmall: (name) => dir.take(name),
    close: () => dir.close(),
  };
}

/** Small files need not be kept: nobody starts from them again. */
function memoryDisk(): NodeDisk {
  const files = new MemoryFiles();
  return {
    files,
    index: new MemoryStore(),
    coins: new MemoryStore(),
    snapshot: {
      coins: new OptionalStore(async () => new MemoryStore(), async () => {}), base: undefined, notes: [],
    },
    isReindexing: false,
    connectsAnew: false,
    mended: [],
    openIndex: async () => new MemoryStore(),
    reindexed: async () => {},
    checkSpace: async () => {},
    load: async (name, offset, length) => files.read(name, offset, length),
    loadSmall: async () => undefined,
    save: async () => {},
    append: () => {},
    takeSmall: async () => undefined,
    close: async () => {},
  };
}

/** The stores of the indexes that the node keeps. */
export async function openIndexes(
  disk: NodeDisk, kinds: Iterable<IndexKind>, dataDir: string | undefined, logger: Logger,
): Promise<Readonly<Partial<Record<IndexKind, KeyValueStore>>>> {
  const stores: Partial<Record<IndexKind, KeyValueStore>> = {};
  for (const kind of kinds) {
    const { folder } = INDEX_TRAITS[kind];
    if (dataDir !== undefined) logger.info(`Opening LevelDB in ${path.join(dataDir, folder)}`);
    stores[kind] = await disk.openIndex(kind);
  }
  return stores;
}

/** Of a snapshot, as far as the network still knows of it: the core says what is wrong otherwise. */
export async function openSnapshotCoins(
  { snapshot }: NodeDisk, params: ChainParams, logger: Logger,
): Promise<void> {
  for (const note of snapshot.notes) logger.info(note);
  const { base, coins } = snapshot;
  if (base !== undefined && findAssumeUtxo(params, base) !== undefined) await coins.open();
}

/** Above every key of the index. */
const INDEX_END = Uint8Array.of(0xff);

/** What a start finds. */
export async function readIndex(
  { connectsAnew, files, index, isReindexing, snapshot }: NodeDisk,
): Promise<RestoredChain> {
  const entries: (readonly [Bytes, Bytes])[] = [];
  for await (const entry of index.scan(new Uint8Array(0), INDEX_END)) entries.push(entry);
  const base = snapshot.base === undefined ? {} : { snapshotBase: snapshot.base };
  return { entries, blockFiles: await files.list("blocks"), isReindexing, connectsAnew, ...base };
}
