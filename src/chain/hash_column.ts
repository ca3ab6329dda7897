/**
 * A 32-byte hash for each row, and the way back from a hash to its row.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { type HashSalt, saltedHash, wordAt } from "../base/salted_hash.ts";
import { HASH_BYTES } from "../primitives/hash.ts";
import { grown, type RowColumns } from "./columns.ts";

const SLOTS_PER_ROW = 2;
const WORDS = HASH_BYTES / 4;

/** Open addressing with linear probing, at most half full; nothing is ever removed. */
export class HashColumn implements RowColumns {
  readonly #salt: HashSalt;
  #hashes = new Uint8Array(0);
  /** Row plus one; zero for an empty slot. A power of two of them. */
  #slots = new Uint32Array(0);
  #rows = 0;

  constructor(salt: HashSalt) {
    this.#salt = salt;
  }

  get bytes(): number {
    return this.#hashes.byteLength + this.#slots.byteLength;
  }

  /** `rows` is a power of two. */
  grow(rows: number): void {
    this.#hashes = grown(this.#hashes, rows * HASH_BYTES);
    this.#slots = new Uint32Array(rows * SLOTS_PER_ROW);
    for (let row = 0; row < this.#rows; row++) this.#slots[this.#emptySlot(row)] = row + 1;
  }

  /** The next row's hash, one that is not here yet. */
  push(hash: Bytes): void {
    const row = this.#rows++;
    this.#hashes.set(hash, row * HASH_BYTES);
    this.#slots[this.#emptySlot(row)] = row + 1;
  }

  /** A copy. */
  get(row: number): Bytes {
    return this.#hashes.slice(row * HASH_BYTES, (row + 1) * HASH_BYTES);
  }

  /** Writes row's hash to `target` at `offset`. */
  copyTo(row: number, target: Bytes, offset: number): void {
    target.set(this.#hashes.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES), offset);
  }

  find(hash: Bytes, offset = 0): number | undefined {
    const mask = this.#slots.length - 1;
    for (let slot = this.#firstSlot(hash, offset); mask >= 0; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] as number;
      if (entry === 0) return undefined;
      if (this.#equals(entry - 1, hash, offset)) return entry - 1;
    }
    return undefined;
  }

  #equals(row: number, hash: Bytes, offset: number): boolean {
    const start = row * HASH_BYTES;
    for (let word = 0; word < WORDS; word++) {
      if (wordAt(this.#hashes, start + 4 * word) !== wordAt(hash, offset + 4 * word)) return false;
    }
    return true;
  }

  #emptySlot(row: number): number {
    const mask = this.#slots.length - 1;
    let slot = this.#firstSlot(this.#hashes, row * HASH_BYTES);
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    return slot;
  }

  #firstSlot(hash: Bytes, offset: number): number {
    const key = saltedHash(this.#salt, wordAt(hash, offset), wordAt(hash, offset + 4), 0);
    return key & (this.#slots.length - 1);
  }
}
