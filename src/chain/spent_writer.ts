/**
 * The coins that a block spends, written as they are found: once as what undoes the block
 * (undo_codec.ts), once as what its scripts are checked against (consensus/packed_outputs.ts).
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { type Bytes, copyBytes } from "../base/bytes.ts";
import { countSize } from "../codec/byte_writer.ts";
import { writeVarint } from "./coin_codec.ts";
import type { FoundCoin } from "./found_coin.ts";

/** What a coin of the usual kinds takes, more or less. */
const COIN_BYTES_USUAL = 44;
/** The most that stands before a script: its length, a value and a height. */
const HEAD_BYTES_MAX = 24;

export class SpentWriter {
  readonly #expected: number;
  readonly #codes: Uint32Array;
  #undo: Bytes;
  #undoEnd: number;
  #outputs: Bytes;
  #outputsEnd = 0;
  #count = 0;

  /** For exactly `count` coins. */
  constructor(count: number) {
    this.#expected = count;
    this.#codes = new Uint32Array(count);
    this.#undo = new Uint8Array(count * COIN_BYTES_USUAL + HEAD_BYTES_MAX);
    this.#outputs = new Uint8Array(count * COIN_BYTES_USUAL);
    this.#undoEnd = writeCount(this.#undo, 0, count);
  }

  add({ value, code, bytes, start, end }: FoundCoin): void {
    const length = end - start;
    this.#undo = withRoom(this.#undo, this.#undoEnd, HEAD_BYTES_MAX + length);
    this.#outputs = withRoom(this.#outputs, this.#outputsEnd, HEAD_BYTES_MAX + length);
    let at = writeCount(this.#undo, this.#undoEnd, length);
    at = writeVarint(this.#undo, writeVarint(this.#undo, at, code), value);
    copyBytes(bytes, start, end, this.#undo, at);
    this.#undoEnd = at + length;
    at = writeCount(this.#outputs, writeValue(this.#outputs, this.#outputsEnd, value), length);
    copyBytes(bytes, start, end, this.#outputs, at);
    this.#outputsEnd = at + length;
    this.#codes[this.#count++] = code;
  }

  /** Of the block that made a coin, by the number of the coin. */
  heightOf(number: number): number {
    return (this.#codes[number] as number) >>> 1;
  }

  finish(): { readonly undo: Bytes; readonly outputs: Bytes } {
    assert(this.#count === this.#expected, `${this.#count} coins written, ${this.#expected} announced`);
    const outputs = this.#outputs.subarray(0, this.#outputsEnd);
    return { undo: this.#undo.subarray(0, this.#undoEnd), outputs };
  }
}

function withRoom(bytes: Bytes, end: number, needed: number): Bytes {
  if (end + needed <= bytes.length) return bytes;
  const longer = new Uint8Array(Math.max(2 * bytes.length, end + needed));
  longer.set(bytes);
  return longer;
}

/** A CompactSize; returns the offset behind it. */
function writeCount(target: Bytes, offset: number, value: number): number {
  const size = countSize(value);
  let at = offset;
  if (size > 1) target[at++] = size === 3 ? 0xfd : 0xfe;
  for (let rest = value; at < offset + size; rest >>>= 8) target[at++] = rest;
  return at;
}

/** A whole number up to 2^53, in eight bytes; returns the offset behind it. */
function writeValue(target: Bytes, offset: number, value: number): number {
  let low = value >>> 0;
  let high = Math.floor(value / 2 ** 32);
  for (let i = offset; i < offset + 4; i++, low >>>= 8, high >>>= 8) {
    target[i] = low;
    target[i + 4] = high;
  }
  return offset + 8;
}
