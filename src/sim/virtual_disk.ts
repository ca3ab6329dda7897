/**
 * A disk that keeps what it was told to sync, and of the rest what chance leaves.
 *
 * A killed process loses nothing that it had written: the system has it. A power cut takes any of the
 * writes to files since the last sync, tears others, and undoes removals, in no order; of a key-value
 * store it takes the last batches, each as a whole, as LevelDB's log does (io/store_log.ts).
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { below, type Rng } from "../base/rng.ts";
import type { PersistBatch } from "../chain/chain_ports.ts";
import { INDEX_KINDS, type IndexKind } from "../chain/indexes/index_kinds.ts";
import type { FileWrite } from "../store/file_store.ts";
import type { Change } from "../store/key_value_store.ts";
import { MemoryFiles } from "../store/memory_files.ts";
import { MemoryStore } from "../store/memory_store.ts";

type FileChange =
  | { readonly type: "write"; readonly write: FileWrite }
  | { readonly type: "remove"; readonly name: string };

class VirtualFiles extends MemoryFiles {
  readonly #synced = new MemoryFiles();
  #unsynced: FileChange[] = [];

  override applyWrites(writes: readonly FileWrite[]): void {
    super.applyWrites(writes);
    for (const write of writes) this.#unsynced.push({ type: "write", write });
  }

  override applyRemovals(names: readonly string[]): void {
    super.applyRemovals(names);
    for (const name of names) this.#unsynced.push({ type: "remove", name });
  }

  sync(): void {
    for (const change of this.#unsynced) applyChange(this.#synced, change);
    this.#unsynced = [];
  }

  afterPowerCut(rng: Rng): VirtualFiles {
    const left = new VirtualFiles();
    for (const { name, size } of this.#synced.listNow("blocks")) {
      const bytes = this.#synced.read(`blocks/${name}`, 0, size);
      if (bytes !== undefined) left.applyWrites([{ name: `blocks/${name}`, offset: 0, bytes }]);
    }
    for (const change of this.#unsynced) {
      const fate = below(rng, 4);
      if (fate === 0) applyChange(left, change);
      else if (fate === 1 && change.type === "write") left.applyWrites([torn(change.write, rng)]);
    }
    left.sync();
    return left;
  }
}

function applyChange(files: MemoryFiles, change: FileChange): void {
  if (change.type === "write") files.applyWrites([change.write]);
  else files.applyRemovals([change.name]);
}

/** Its beginning, or its end: then zeros stand where the beginning should. */
function torn({ name, offset, bytes }: FileWrite, rng: Rng): FileWrite {
  const cut = below(rng, bytes.length + 1);
  if (below(rng, 2) === 0) return { name, offset, bytes: bytes.subarray(0, cut) };
  return { name, offset: offset + cut, bytes: bytes.subarray(cut) };
}

class VirtualStore extends MemoryStore {
  readonly #synced = new MemoryStore();
  #unsynced: (readonly Change[])[] = [];

  override apply(batch: readonly Change[]): void {
    super.apply(batch);
    this.#unsynced.push(batch);
  }

  sync(): void {
    for (const batch of this.#unsynced) this.#synced.apply(batch);
    this.#unsynced = [];
  }

  afterPowerCut(rng: Rng): VirtualStore {
    const left = new VirtualStore();
    const entries = this.#synced.entries(FIRST_KEY, END_KEY);
    left.apply(entries.map(([key, value]) => ({ type: "put", key, value })));
    for (const batch of this.#unsynced.slice(0, below(rng, this.#unsynced.length + 1))) left.apply(batch);
    left.sync();
    return left;
  }
}

const FIRST_KEY: Bytes = new Uint8Array(0);
const END_KEY: Bytes = Uint8Array.of(0xff);

type IndexStores = Readonly<Record<IndexKind, VirtualStore>>;

export class VirtualDisk {
  readonly files: VirtualFiles;
  readonly index: VirtualStore;
  readonly coins: VirtualStore;
  readonly indexes: IndexStores;

  constructor(
    files = new VirtualFiles(), index = new VirtualStore(), coins = new VirtualStore(),
    indexes = indexStores(() => new VirtualStore()),
  ) {
    this.files = files;
    this.index = index;
    this.coins = coins;
    this.indexes = indexes;
  }

  sync(): void {
    for (const part of [this.files, this.index, this.coins, ...Object.values(this.indexes)]) part.sync();
  }

  /**
   * Writes a batch in the order of the driver (io/disk_writer.ts); each turn does one thing that may be
   * the last before a crash.
   */
  *write({ files, index, coins, indexes = [], removeFiles, sync }: PersistBatch): Generator<void, undefined> {
    for (const write of files) yield this.files.applyWrites([write]);
    if (sync) yield this.files.sync();
    yield this.index.apply(index);
    if (sync) yield this.index.sync();
    yield this.coins.apply(coins);
    if (sync) yield this.coins.sync();
    for (const { kind, changes } of indexes) yield this.indexes[kind].apply(changes);
    if (sync) for (const store of Object.values(this.indexes)) yield store.sync();
    for (const name of removeFiles) yield this.files.applyRemovals([name]);
    return undefined;
  }

  /** What a machine finds that lost its power. The disk itself is not used any more. */
  afterPowerCut(rng: Rng): VirtualDisk {
    return new VirtualDisk(
      this.files.afterPowerCut(rng), this.index.afterPowerCut(rng), this.coins.afterPowerCut(rng),
      indexStores((kind) => this.indexes[kind].afterPowerCut(rng)),
    );
  }
}

function indexStores(make: (kind: IndexKind) => VirtualStore): IndexStores {
  return Object.fromEntries(INDEX_KINDS.map((kind) => [kind, make(kind)])) as Record<IndexKind, VirtualStore>;
}
