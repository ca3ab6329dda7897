/**
 * Remembers which transactions, or addresses, one peer is known to have.
 *
 * A hash (or any other bytes) is kept as 32 bits of a salted mix of it, in an open-addressed table
 * of a typed array that starts small and doubles. When a table has as many as it may hold, it
 * becomes the old one and a new one begins, so that at least the last `capacity` hashes are
 * remembered, and at most twice as many. A stranger's hash is taken for a known one about once in
 * 2^32 divided by the number held: the peer then hears of that transaction from somebody else.
 *
 * In the place of Bitcoin Core's `m_tx_inventory_known_filter` (50,000 entries, one in a million),
 * which takes its full size at once.
 *
 * @module
 */
import { below, type Rng } from "../base/rng.ts";

/** Peers that are told of nothing cost nothing: the first table is made by the first hash. */
const SLOTS_FIRST = 64;
/** Longest memory of one table; with the old one, that covers an hour or two at seven a second. */
export const CAPACITY = 25_000;
/** A table is doubled when more than three quarters are taken, since probes grow long after that. */
const FILL_MAX = 0.75;
const EMPTY = 0;
const NO_TABLE = new Uint32Array(0);

export class InventoryFilter {
  /** Keeps a peer from choosing hashes that collide in our table. */
  readonly #salt: number;
  readonly #capacity: number;
  #table = NO_TABLE;
  #count = 0;
  #old = NO_TABLE;

  constructor(rng: Rng, capacity = CAPACITY) {
    this.#salt = below(rng, 2 ** 32);
    this.#capacity = capacity;
  }

  /** Memory in use. */
  get bytes(): number {
    return this.#table.byteLength + this.#old.byteLength;
  }

  has(hash: Uint8Array): boolean {
    const mark = this.#mark(hash);
    return find(this.#table, mark) !== undefined || find(this.#old, mark) !== undefined;
  }

  add(hash: Uint8Array): void {
    const mark = this.#mark(hash);
    if (find(this.#table, mark) !== undefined) return;
    if (this.#count >= this.#capacity) {
      this.#old = this.#table;
      this.#table = NO_TABLE;
      this.#count = 0;
    }
    if (this.#count + 1 > this.#table.length * FILL_MAX) this.#grow();
    insert(this.#table, mark);
    this.#count++;
  }

  clear(): void {
    this.#table = NO_TABLE;
    this.#old = NO_TABLE;
    this.#count = 0;
  }

  #grow(): void {
    const larger = new Uint32Array(Math.max(SLOTS_FIRST, this.#table.length * 2));
    for (const mark of this.#table) if (mark !== EMPTY) insert(larger, mark);
    this.#table = larger;
  }

  /** MurmurHash3 over the words of `hash`, the last filled up with zeros; never zero: that is a free slot. */
  #mark(hash: Uint8Array): number {
    let mix = this.#salt ^ hash.length;
    for (let i = 0; i < hash.length; i += 4) {
      let word =
        (hash[i] as number) |
        ((hash[i + 1] as number) << 8) |
        ((hash[i + 2] as number) << 16) |
        ((hash[i + 3] as number) << 24);
      word = Math.imul(word, 0xcc9e2d51);
      word = (word << 15) | (word >>> 17);
      mix ^= Math.imul(word, 0x1b873593);
      mix = (mix << 13) | (mix >>> 19);
      mix = (Math.imul(mix, 5) + 0xe6546b64) | 0;
    }
    mix = Math.imul(mix ^ (mix >>> 16), 0x85ebca6b);
    mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
    mix = (mix ^ (mix >>> 16)) >>> 0;
    return mix === EMPTY ? 1 : mix;
  }
}

/** The slot that holds `mark`. */
function find(table: Uint32Array, mark: number): number | undefined {
  if (table.length === 0) return undefined;
  const mask = table.length - 1;
  for (let slot = mark & mask; ; slot = (slot + 1) & mask) {
    const found = table[slot];
    if (found === mark) return slot;
    if (found === EMPTY) return undefined;
  }
}

function insert(table: Uint32Array, mark: number): void {
  const mask = table.length - 1;
  let slot = mark & mask;
  while (table[slot] !== EMPTY) slot = (slot + 1) & mask;
  table[slot] = mark;
}
