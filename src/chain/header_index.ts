import { defined } from "../base/assert.ts";
import type { Brand } from "../base/brand.ts";
import type { Bytes } from "../base/bytes.ts";
import type { Rng } from "../base/rng.ts";
import { drawSalt } from "../base/salted_hash.ts";
import type { HeaderContext } from "../consensus/header_context.ts";
import { MEDIAN_TIME_SPAN } from "../consensus/limits.ts";
import type { BlockHash } from "../primitives/hash.ts";
import { BlockHeader, HEADER_BYTES } from "../primitives/header.ts";
import { Ancestry } from "./ancestry.ts";
import { BlockTable } from "./block_table.ts";
import { HashColumn } from "./hash_column.ts";
import { HeaderFieldColumns, PREVIOUS_OFFSET } from "./header_fields.ts";
import { WorkColumn } from "./work_column.ts";

/** A row of the header index. Small whole numbers, in the order in which headers were added. */
export type BlockId = Brand<number, "BlockId">;

/** How far a header's block has been checked, each level including the ones before it. */
export type BlockValidity = "header" | "stored" | "connected";

/** Every chain begins with this row. */
export const GENESIS = 0 as BlockId;

/** About ten kilobytes: an idle node has few headers, and there may be thousands of nodes in a process. */
const ROWS_MIN = 64;

/**
 * Every header known, as columns of typed arrays off the JavaScript heap: about 170 bytes a header.
 *
 * Rows are added and never removed. An id stays good for the life of the index. A parent's id is
 * smaller than its children's.
 */
export class HeaderIndex {
  /** What is known of each header's block. */
  readonly blocks: BlockTable;
  /** Rows that are not on disk as they are here; emptied by whoever writes them (index_pages.ts). */
  readonly changed = new Set<BlockId>();
  readonly #hashes: HashColumn;
  readonly #fields = new HeaderFieldColumns();
  readonly #ancestry = new Ancestry();
  readonly #work = new WorkColumn();
  readonly #times = new Uint32Array(MEDIAN_TIME_SPAN);
  #size = 0;
  #capacity = 0;

  /** `rng` salts the hash table. */
  constructor(rng: Rng) {
    this.#hashes = new HashColumn(drawSalt(rng));
    this.blocks = new BlockTable((row) => this.changed.add(row as BlockId));
    this.reserve(ROWS_MIN);
  }

  get size(): number {
    return this.#size;
  }

  /** Memory taken by all columns. */
  get bytes(): number {
    return this.#columns().reduce((total, { bytes }) => total + bytes, 0);
  }

  /** Makes room at once for what is known to come. */
  reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    this.#capacity = 2 ** Math.ceil(Math.log2(rows));
    for (const column of this.#columns()) column.grow(this.#capacity);
  }

  /** Adds a header that is not here yet, on top of one that is; rules are the caller's business. */
  add(header: BlockHeader, previous: BlockId | undefined): BlockId {
    if (this.#size === this.#capacity) this.reserve(this.#capacity + 1);
    const id = this.#size++ as BlockId;
    this.#hashes.push(header.hash);
    this.#fields.set(id, header);
    this.#ancestry.set(id, previous ?? -1);
    this.#work.setSum(id, previous ?? -1, header.bits);
    this.changed.add(id);
    return id;
  }

  find(hash: Bytes): BlockId | undefined {
    return this.#hashes.find(hash) as BlockId | undefined;
  }

  hash(id: BlockId): BlockHash {
    return this.#hashes.get(id) as BlockHash;
  }

  header(id: BlockId): BlockHeader {
    const bytes = new Uint8Array(HEADER_BYTES);
    this.#fields.copyTo(id, bytes, 0);
    const parent = this.#ancestry.parent(id);
    if (parent >= 0) this.#hashes.copyTo(parent, bytes, PREVIOUS_OFFSET);
    return new BlockHeader(bytes, this.hash(id));
  }

  /**
   * Writes the header's 80 bytes to `target` from `offset` on, with its own hash where its parent's stands.
   */
  copyRow(id: BlockId, target: Bytes, offset: number): void {
    this.#fields.copyTo(id, target, offset);
    this.#hashes.copyTo(id, target, offset + PREVIOUS_OFFSET);
  }

  height(id: BlockId): number {
    return this.#ancestry.height(id);
  }

  /** `undefined` for the genesis block. */
  previous(id: BlockId): BlockId | undefined {
    const parent = this.#ancestry.parent(id);
    return parent < 0 ? undefined : (parent as BlockId);
  }

  version(id: BlockId): number {
    return this.#fields.version(id);
  }

  time(id: BlockId): number {
    return this.#fields.time(id);
  }

  bits(id: BlockId): number {
    return this.#fields.bits(id);
  }

  /** Expected hashes to make the chain up to and with this block. */
  chainWork(id: BlockId): bigint {
    return this.#work.get(id);
  }

  /** Negative, zero or positive as the chain to `a` took less work than that to `b`, as much, or more. */
  compareWork(a: BlockId, b: BlockId): number {
    return this.#work.compare(a, b);
  }

  /** The median time of this block and the ten before it (BIP113). */
  medianTimePast(id: BlockId): number {
    const times = this.#times;
    let count = 0;
    // Inserted in order one by one: cheaper for eleven numbers than any general sort.
    for (let row: number = id; row >= 0 && count < MEDIAN_TIME_SPAN; row = this.#ancestry.parent(row)) {
      const time = this.#fields.time(row);
      let at = count++;
      for (; at > 0 && (times[at - 1] as number) > time; at--) times[at] = times[at - 1] as number;
      times[at] = time;
    }
    return times[count >>> 1] as number;
  }

  /** The ancestor of `id` at `height`, in logarithmic time; `undefined` above it. */
  ancestor(id: BlockId, height: number): BlockId | undefined {
    const row = this.#ancestry.ancestor(id, height);
    return row < 0 ? undefined : (row as BlockId);
  }

  /** Whether `ancestor` is `id` or comes before it on the same branch. */
  descendsFrom(id: BlockId, ancestor: BlockId): boolean {
    return this.#ancestry.ancestor(id, this.height(ancestor)) === ancestor;
  }

  /** The last block that both have as ancestor or self. */
  lastCommonAncestor(a: BlockId, b: BlockId): BlockId {
    return this.#ancestry.lastCommon(a, b) as BlockId;
  }

  /** The header as the rules for the one after it see it. */
  context(id: BlockId): HeaderContext {
    return new IndexedHeader(this, id);
  }

  /** Block bytes are on disk, or on their way there (not yet, or no longer, otherwise). */
  hasBlock(id: BlockId): boolean {
    return this.blocks.hasBlock(id);
  }

  validity(id: BlockId): BlockValidity {
    if (this.blocks.wasConnected(id)) return "connected";
    return this.blocks.transactionCount(id) > 0 ? "stored" : "header";
  }

  /** It, or an ancestor of it, broke a rule. */
  isInvalid(id: BlockId): boolean {
    return this.blocks.isInvalid(id);
  }

  /** Zero until its block has been stored. */
  transactionCount(id: BlockId): number {
    return this.blocks.transactionCount(id);
  }

  #columns() {
    return [this.#hashes, this.#fields, this.#ancestry, this.#work, this.blocks];
  }
}

/** Reads its columns when asked: most rules look at two or three fields of a header. */
class IndexedHeader implements HeaderContext {
  readonly #index: HeaderIndex;
  readonly #id: BlockId;

  constructor(index: HeaderIndex, id: BlockId) {
    this.#index = index;
    this.#id = id;
  }

  get height(): number {
    return this.#index.height(this.#id);
  }

  get time(): number {
    return this.#index.time(this.#id);
  }

  get bits(): number {
    return this.#index.bits(this.#id);
  }

  get version(): number {
    return this.#index.version(this.#id);
  }

  get medianTimePast(): number {
    return this.#index.medianTimePast(this.#id);
  }

  ancestor(height: number): HeaderContext {
    const id = this.#index.ancestor(this.#id, height);
    return new IndexedHeader(this.#index, defined(id, "rules look at no height above their own"));
  }
}
