/**
 * The basic filter of each block, and the chain of filter headers (BIP157, BIP158).
 *
 * ```text
 * 'f' u32be row   32 block hash, 32 filter hash, 32 filter header, u32 file, u32 offset, u32 length, checksum
 * indexes/blockfilter/basic/fltr00000.dat   { 32 block hash, count length, filter }...
 * ```
 *
 * Filters of blocks that left the chain stay. The files are Bitcoin Core's in form.
 *
 * @module
 */
import { type Bytes, equalBytes } from "../../base/bytes.ts";
import { ByteReader } from "../../codec/byte_reader.ts";
import { ByteWriter, countSize } from "../../codec/byte_writer.ts";
import {
  BasicFilterBuilder, filterHash, type FilterHash, filterHeader, type FilterHeader, FIRST_FILTER_HEADER,
} from "../../filters/basic_filter.ts";
import { type BlockHash, HASH_BYTES } from "../../primitives/hash.ts";
import type { FileReader } from "../../store/file_store.ts";
import type { KeyValueReader } from "../../store/key_value_store.ts";
import type { FileRange } from "../chain_ports.ts";
import type { BlockId } from "../header_index.ts";
import { readEntry, sealEntry } from "./checked_entry.ts";
import {
  blockKey, type IndexBatch, type IndexedBlock, type Indexer, type RemovedBlock, type Work,
} from "./indexer.ts";

const PREFIX = 0x66;
const ENTRY_BYTES = 3 * HASH_BYTES + 12;
/** A next file is begun where this one would pass it, as Bitcoin Core does. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;
/** To look at a script, and its share of the sorting at the end. */
const MICROSECONDS_EACH = 3;
const PIECE = 500;

export interface FilterEntry {
  readonly blockHash: BlockHash;
  readonly hash: FilterHash;
  readonly header: FilterHeader;
  /** Where the filter's bytes stand. */
  readonly range: FileRange;
}

export class FilterIndex implements Indexer {
  readonly kind = "blockfilterindex";
  readonly removesByBlock = false;
  readonly #store: KeyValueReader;
  readonly #files: FileReader;
  #lastHeader: FilterHeader = FIRST_FILTER_HEADER;
  #file = 0;
  #offset = 0;

  constructor(store: KeyValueReader, files: FileReader) {
    this.#store = store;
    this.#files = files;
  }

  /** `undefined` when the block was never indexed, or its entry is damaged. */
  find(id: BlockId, blockHash: BlockHash): FilterEntry | undefined {
    const value = readEntry(this.#store, blockKey(PREFIX, id));
    if (value?.length !== ENTRY_BYTES) return undefined;
    const reader = new ByteReader(value);
    if (!equalBytes(reader.bytes(HASH_BYTES), blockHash)) return undefined;
    const hash = reader.copy(HASH_BYTES) as FilterHash;
    const header = reader.copy(HASH_BYTES) as FilterHeader;
    const range = { name: fileName(reader.u32()), offset: reader.u32(), length: reader.u32() };
    return { blockHash, hash, header, range };
  }

  /** The filter's bytes, read at once; `undefined` when they are missing or damaged. */
  read({ hash, range }: FilterEntry): Bytes | undefined {
    const bytes = this.#files.read(range.name, range.offset, range.length);
    return bytes !== undefined && equalBytes(filterHash(bytes), hash) ? bytes : undefined;
  }

  restore(best: BlockId, hash: BlockHash, state: Bytes): string | undefined {
    const entry = this.find(best, hash);
    if (entry === undefined) return "the entry of its last block is missing or damaged";
    if (state.length !== 8) return "the end of its files is not known";
    const reader = new ByteReader(state);
    this.#file = reader.u32();
    this.#offset = reader.u32();
    this.#lastHeader = entry.header;
    return undefined;
  }

  *append({ id, hash, block, spent }: IndexedBlock, batch: IndexBatch): Work {
    const builder = new BasicFilterBuilder(hash);
    let count = 0;
    for (const { outputs } of block.transactions) {
      for (const { script } of outputs) {
        builder.addOutput(script);
        if (++count % PIECE === 0) yield PIECE * MICROSECONDS_EACH;
      }
    }
    for (const { script } of spent) {
      builder.addSpent(script);
      if (++count % PIECE === 0) yield PIECE * MICROSECONDS_EACH;
    }
    const filter = builder.finish();
    yield count * MICROSECONDS_EACH;
    this.#put(id, hash, filter, batch);
  }

  remove({ previous, previousHash }: RemovedBlock): boolean {
    if (previous === undefined || previousHash === undefined) return false;
    const before = this.find(previous, previousHash);
    if (before === undefined) return false;
    this.#lastHeader = before.header;
    return true;
  }

  state(): Bytes {
    return new ByteWriter(8).u32(this.#file).u32(this.#offset).finish();
  }

  isIntact(id: BlockId, hash: BlockHash): boolean {
    const entry = this.find(id, hash);
    return entry !== undefined && this.read(entry) !== undefined;
  }

  #put(id: BlockId, blockHash: BlockHash, filter: Bytes, batch: IndexBatch): void {
    const headBytes = HASH_BYTES + countSize(filter.length);
    if (this.#offset > 0 && this.#offset + headBytes + filter.length > FILE_BYTES_MAX) {
      this.#file++;
      this.#offset = 0;
    }
    const bytes = new ByteWriter(headBytes + filter.length).bytes(blockHash).varBytes(filter).finish();
    batch.write({ name: fileName(this.#file), offset: this.#offset, bytes });
    const hash = filterHash(filter);
    this.#lastHeader = filterHeader(hash, this.#lastHeader);
    const entry = new ByteWriter(ENTRY_BYTES).bytes(blockHash).bytes(hash).bytes(this.#lastHeader)
      .u32(this.#file).u32(this.#offset + headBytes).u32(filter.length).finish();
    this.#offset += bytes.length;
    const key = blockKey(PREFIX, id);
    batch.put(key, sealEntry(key, entry));
  }
}

function fileName(file: number): string {
  return `indexes/blockfilter/basic/fltr${String(file).padStart(5, "0")}.dat`;
}
