/**
 * The header index on disk: rows by id, sixteen to an entry, so that a start reads a million of
 * them as sixty thousand entries, parents first.
 *
 * ```text
 * key     'h' u32be page
 * value   16 rows, fewer in the last page:
 *   80    header, with its own hash where that of the one before stands
 *   u32   row of the one before; genesis has its own
 *   u8    flags              u32   transactions
 *   u32   file               u32   offset, u32 length of the block in it
 *   u32   offset, u32 length of what undoes it, in the file of the same number
 * and     4 of hash256 of all that
 * ```
 *
 * Hashes are kept, not computed again: a start would spend most of its time on them.
 *
 * @module
 */
import { type Bytes, equalBytes } from "../base/bytes.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { hash256 } from "../crypto/crypto.ts";
import { type BlockHash, HASH_BYTES } from "../primitives/hash.ts";
import { BlockHeader, HEADER_BYTES } from "../primitives/header.ts";
import type { Change } from "../store/key_value_store.ts";
import type { BlockRecord } from "./block_table.ts";
import { PREVIOUS_OFFSET } from "./header_fields.ts";
import type { BlockId, HeaderIndex } from "./header_index.ts";

export const PAGE_ROWS = 16;
const PARENT_BYTES = 4;
const RECORD_BYTES = 25;
const ROW_BYTES = HEADER_BYTES + PARENT_BYTES + RECORD_BYTES;
const PAGE_PREFIX = 0x68;
const PAGE_KEY_BYTES = 5;
const CHECKSUM_BYTES = 4;

/** The pages in which rows have changed since the last call, as they are now. */
export function takeChangedPages(headers: HeaderIndex): Change[] {
  const pages = new Set<number>();
  for (const id of headers.changed) pages.add(Math.floor(id / PAGE_ROWS));
  headers.changed.clear();
  return [...pages].map((page) => ({ type: "put", key: pageKey(page), value: encodePage(headers, page) }));
}

function pageKey(page: number): Bytes {
  return Uint8Array.of(PAGE_PREFIX, page >>> 24, page >>> 16, page >>> 8, page);
}

/** Which page a key names; `undefined` when it names something else. */
export function pageOfKey(key: Bytes): number | undefined {
  if (key.length !== PAGE_KEY_BYTES || key[0] !== PAGE_PREFIX) return undefined;
  return new DataView(key.buffer, key.byteOffset, key.byteLength).getUint32(1);
}

function encodePage(headers: HeaderIndex, page: number): Bytes {
  const first = page * PAGE_ROWS;
  const rows = Math.min(PAGE_ROWS, headers.size - first);
  const bytes = new Uint8Array(rows * ROW_BYTES + CHECKSUM_BYTES);
  const view = new DataView(bytes.buffer);
  for (let row = 0; row < rows; row++) {
    const id = (first + row) as BlockId;
    const start = row * ROW_BYTES;
    headers.copyRow(id, bytes, start);
    view.setUint32(start + HEADER_BYTES, headers.previous(id) ?? id, true);
    writeRecord(view, start + HEADER_BYTES + PARENT_BYTES, headers.blocks.record(id));
  }
  bytes.set(checksum(bytes.subarray(0, rows * ROW_BYTES)), rows * ROW_BYTES);
  return bytes;
}

function checksum(rows: Bytes): Bytes {
  return hash256(rows).subarray(0, CHECKSUM_BYTES);
}

function writeRecord(view: DataView, offset: number, record: BlockRecord): void {
  view.setUint8(offset, record.flags);
  view.setUint32(offset + 1, record.transactionCount, true);
  view.setUint32(offset + 5, record.file, true);
  view.setUint32(offset + 9, record.offset, true);
  view.setUint32(offset + 13, record.length, true);
  view.setUint32(offset + 17, record.undoOffset, true);
  view.setUint32(offset + 21, record.undoLength, true);
}

export interface PageRow {
  /** Knows its hash, and all that it says but for the hash before it. */
  readonly header: BlockHeader;
  /** Row of the one before; its own for genesis. */
  readonly parent: number;
  readonly record: BlockRecord;
}

/** The rows of a page; `undefined` when it is not a page, or damaged. */
export function decodePage(value: Bytes): readonly PageRow[] | undefined {
  const rows = (value.length - CHECKSUM_BYTES) / ROW_BYTES;
  if (!Number.isInteger(rows) || rows < 1 || rows > PAGE_ROWS) return undefined;
  const end = rows * ROW_BYTES;
  if (!equalBytes(checksum(value.subarray(0, end)), value.subarray(end))) return undefined;
  return Array.from({ length: rows }, (_, row) => {
    const reader = new ByteReader(value, row * ROW_BYTES);
    const bytes = reader.bytes(HEADER_BYTES);
    const hash = bytes.subarray(PREVIOUS_OFFSET, PREVIOUS_OFFSET + HASH_BYTES) as BlockHash;
    return { header: new BlockHeader(bytes, hash), parent: reader.u32(), record: readRecord(reader) };
  });
}

function readRecord(reader: ByteReader): BlockRecord {
  return {
    flags: reader.u8(),
    transactionCount: reader.u32(),
    file: reader.u32(),
    offset: reader.u32(),
    length: reader.u32(),
    undoOffset: reader.u32(),
    undoLength: reader.u32(),
  };
}
