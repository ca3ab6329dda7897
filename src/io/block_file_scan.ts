/**
 * The records of a file of blocks, whatever else it may hold: duplicates, blocks in any order, garbage
 * between them, zeros, a last block that breaks off.
 *
 * ```text
 * { 4 magic, u32le length, block }...
 * ```
 *
 * A record is looked for byte by byte where none stands; one that is not taken for a record is looked
 * into, as Bitcoin Core does (validation.cpp, LoadExternalBlockFile).
 *
 * @module
 */
import * as fs from "node:fs";
import { type Bytes, NO_BYTES } from "../base/bytes.ts";
import { FRAME_BYTES } from "../chain/block_files.ts";
import { HEADER_BYTES } from "../primitives/header.ts";
import { applyMask } from "./block_mask.ts";

/** Bitcoin Core's MAX_BLOCK_SERIALIZED_SIZE: no valid block has more bytes than it may have weight. */
const BLOCK_BYTES_MAX = 4_000_000;

/** What is read at once where only headers are wanted, and where whole blocks are. */
export const HEADER_READ_BYTES = 4 * 1024;
export const BLOCK_READ_BYTES = 4 * 1024 * 1024;

/** Bytes that one call searches: some ten milliseconds. */
const SEARCH_BYTES_MAX = 8 * 1024 * 1024;

/** Where a block's bytes stand. */
export interface BlockRecordPlace {
  readonly offset: number;
  readonly length: number;
}

export class BlockFileScan {
  readonly #descriptor: number;
  readonly #size: number;
  readonly #magic: Bytes;
  readonly #mask: Bytes | undefined;
  readonly #readBytes: number;
  /** What was read last, unmasked, and where it begins. */
  #window: Bytes = NO_BYTES;
  #windowAt = 0;
  #at = 0;

  constructor(file: string, magic: Bytes, mask: Bytes | undefined, readBytes: number) {
    this.#descriptor = fs.openSync(file, "r");
    this.#size = fs.fstatSync(this.#descriptor).size;
    this.#magic = magic;
    this.#mask = mask;
    this.#readBytes = readBytes;
  }

  /**
   * The next thing that looks like a record; follow it by `taken` or `refused`. "more": none is near, and
   * another call looks further.
   */
  next(): BlockRecordPlace | "more" | undefined {
    const until = this.#at + SEARCH_BYTES_MAX;
    for (let at = this.#find(this.#at, until); at !== undefined; at = this.#find(at + 1, until)) {
      const length = this.#lengthAt(at);
      const isWhole = at + FRAME_BYTES + length <= this.#size;
      if (length < HEADER_BYTES || length > BLOCK_BYTES_MAX || !isWhole) continue;
      this.#at = at;
      return { offset: at + FRAME_BYTES, length };
    }
    if (until >= this.#size) return undefined;
    this.#at = until;
    return "more";
  }

  /** It was a block: the search goes on behind it. */
  taken({ offset, length }: BlockRecordPlace): void {
    this.#at = offset + length;
  }

  /** It was none: the search goes on inside it. */
  refused(): void {
    this.#at += 1;
  }

  /** Whether a record, nothing but zeros, or the end follows: a wrong length leads elsewhere. */
  isFollowedWell({ offset, length }: BlockRecordPlace): boolean {
    const after = this.bytes(offset + length, 4);
    const isRecord = after.every((byte, i) => byte === this.#magic[i]);
    return after.length < 4 || isRecord || this.#rawIsZero(offset + length);
  }

  /** Fewer at the end of the file. */
  bytes(offset: number, length: number): Bytes {
    const end = Math.min(offset + length, this.#size);
    if (offset < this.#windowAt || end > this.#windowAt + this.#window.length) {
      this.#read(offset, Math.max(length, this.#readBytes));
    }
    return this.#window.subarray(offset - this.#windowAt, Math.max(offset, end) - this.#windowAt);
  }

  close(): void {
    fs.closeSync(this.#descriptor);
  }

  /** Where the magic stands next, at `from` or behind it, if that is before `until`, about. */
  #find(from: number, until: number): number | undefined {
    for (let at = from; at < until && at + FRAME_BYTES + HEADER_BYTES <= this.#size; ) {
      const bytes = this.bytes(at, Math.max(FRAME_BYTES, this.#windowEnd - at));
      const found = bytes.indexOf(this.#magic[0] as number);
      if (found < 0) at += bytes.length;
      else if (this.bytes(at + found, 4).every((byte, i) => byte === this.#magic[i])) return at + found;
      else at += found + 1;
    }
    return undefined;
  }

  get #windowEnd(): number {
    return this.#windowAt + this.#window.length;
  }

  #lengthAt(at: number): number {
    const bytes = this.bytes(at + 4, 4);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true);
  }

  /** Room made in advance is not masked. */
  #rawIsZero(offset: number): boolean {
    const bytes = this.bytes(offset, 4).slice();
    if (this.#mask !== undefined) applyMask(bytes, this.#mask, offset);
    return bytes.every((byte) => byte === 0);
  }

  #read(offset: number, length: number): void {
    // A new buffer each time: blocks keep parts of it.
    const bytes = new Uint8Array(Math.min(length, Math.max(0, this.#size - offset)));
    let done = 0;
    while (done < bytes.length) {
      const count = fs.readSync(this.#descriptor, bytes, done, bytes.length - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    this.#window = bytes.subarray(0, done);
    this.#windowAt = offset;
    if (this.#mask !== undefined) applyMask(this.#window, this.#mask, offset);
  }
}
