/**
 * One part of a `CoinsTable`.
 *
 * ```text
 * record   32 txid, u32 index, u8 flags, u32 2 * height + isCoinbase, f64 value,
 *          u32 script length, script, padding to four bytes
 * slots    u32: record's place in the log divided by four, plus one; zero for none
 * ```
 *
 * Records stand one after the other in a log. A coin that is made and spent before it was ever
 * written leaves a dead record, swept out when the log is full.
 *
 * @module
 */
import { type HashSalt, saltedHash, wordAt } from "../base/salted_hash.ts";
import { type Bytes, copyBytes } from "../base/bytes.ts";
import type { Coin } from "../primitives/coin.ts";
import type { Txid } from "../primitives/hash.ts";
import type { OutPoint } from "../primitives/transaction.ts";
import { type Finding, FoundCoin, IS_COIN, IS_SPENT, UNKNOWN } from "./found_coin.ts";

// Where the fields of a record are.
const TXID_BYTES = 32;
const INDEX = 32;
const FLAGS = 36;
const CODE = 37;
const VALUE = 41;
const SCRIPT_LENGTH = 49;
const SCRIPT = 53;
const ALIGNMENT = 4;

/** Nothing under the table has it: once spent, it need not be written. */
const FRESH = 1;
const SPENT = 2;
/** A longer record further on has taken its place. */
const MOVED = 4;

const LOG_BYTES_MIN = 512;
const SLOTS_MIN = 16;
/** A full log of which less than this is dead is made longer rather than swept. */
const DEAD_SHARE_MIN = 0.25;

const NO_COIN = new FoundCoin();

export class CoinsShard {
  readonly #salt: HashSalt;
  #log = new Uint8Array(LOG_BYTES_MIN);
  #view = new DataView(this.#log.buffer);
  #end = 0;
  #deadBytes = 0;
  #slots = new Uint32Array(SLOTS_MIN);
  #usedSlots = 0;
  #size = 0;
  readonly #found = new FoundCoin();

  constructor(salt: HashSalt) {
    this.#salt = salt;
  }

  get bytes(): number {
    return this.#log.length + this.#slots.byteLength;
  }

  /** Records that are to be written. */
  get size(): number {
    return this.#size;
  }

  /** The outpoint is the id that stands in `bytes` from `offset` on, and `index`. */
  find(bytes: Bytes, offset: number, index: number, hash: number, found: FoundCoin): Finding {
    const entry = this.#slots[this.#slot(bytes, offset, index, hash)] as number;
    if (entry === 0) return UNKNOWN;
    const at = (entry - 1) * ALIGNMENT;
    if ((this.#flags(at) & SPENT) !== 0) return IS_SPENT;
    this.#read(at, found);
    return IS_COIN;
  }

  put(bytes: Bytes, offset: number, index: number, hash: number, coin: FoundCoin, isFresh: boolean): void {
    const scriptBytes = coin.end - coin.start;
    this.#makeRoom(recordBytes(scriptBytes));
    const slot = this.#slot(bytes, offset, index, hash);
    const at = this.#record(slot);
    if (at === undefined) {
      this.#append(slot, bytes, offset, index, coin, isFresh ? FRESH : 0);
      return;
    }
    const flags = this.#flags(at) & FRESH;
    if (this.#scriptLength(at) === scriptBytes) {
      this.#count(at, -1);
      this.#write(at, bytes, offset, index, coin, flags);
      this.#count(at, 1);
    } else {
      // It was spent when we first heard of it, and now comes back with its script.
      this.#setFlags(at, this.#flags(at) | MOVED);
      this.#append(slot, bytes, offset, index, coin, flags);
    }
  }

  spend(bytes: Bytes, offset: number, index: number, hash: number): void {
    this.#makeRoom(recordBytes(0));
    const slot = this.#slot(bytes, offset, index, hash);
    const at = this.#record(slot);
    if (at === undefined) this.#append(slot, bytes, offset, index, NO_COIN, SPENT);
    else this.#setFlags(at, this.#flags(at) | SPENT);
  }

  *changes(): Generator<readonly [OutPoint, Coin | undefined]> {
    for (let at = 0; at < this.#end; at += this.#bytesOf(at)) {
      const flags = this.#flags(at);
      if (isDead(flags)) continue;
      if ((flags & SPENT) === 0) this.#read(at, this.#found);
      yield [this.#outPoint(at), (flags & SPENT) !== 0 ? undefined : this.#found.coin()];
    }
  }

  #append(slot: number, bytes: Bytes, offset: number, index: number, coin: FoundCoin, flags: number): void {
    const at = this.#end;
    this.#end += recordBytes(coin.end - coin.start);
    this.#write(at, bytes, offset, index, coin, flags);
    this.#count(at, 1);
    if (this.#slots[slot] === 0) this.#usedSlots++;
    this.#slots[slot] = at / ALIGNMENT + 1;
  }

  #write(at: number, bytes: Bytes, offset: number, index: number, coin: FoundCoin, flags: number): void {
    const log = this.#log;
    for (let i = 0; i < TXID_BYTES; i++) log[at + i] = bytes[offset + i] as number;
    this.#view.setUint32(at + INDEX, index, true);
    log[at + FLAGS] = flags;
    this.#view.setUint32(at + CODE, coin.code, true);
    this.#view.setFloat64(at + VALUE, coin.value, true);
    this.#view.setUint32(at + SCRIPT_LENGTH, coin.end - coin.start, true);
    copyBytes(coin.bytes, coin.start, coin.end, log, at + SCRIPT);
  }

  #setFlags(at: number, flags: number): void {
    this.#count(at, -1);
    this.#log[at + FLAGS] = flags;
    this.#count(at, 1);
  }

  /** Adds the record to what is counted, or takes it out. */
  #count(at: number, sign: 1 | -1): void {
    if (isDead(this.#flags(at))) this.#deadBytes += sign * this.#bytesOf(at);
    else this.#size += sign;
  }

  #makeRoom(bytes: number): void {
    const isHalfFull = 2 * (this.#usedSlots + 1) > this.#slots.length;
    if (isHalfFull) this.#rebuild(this.#log.length, 2 * this.#slots.length);
    if (this.#end + bytes <= this.#log.length) return;
    const isWorthSweeping = this.#deadBytes >= DEAD_SHARE_MIN * this.#end && this.#deadBytes >= bytes;
    const length = isWorthSweeping ? this.#log.length : Math.max(2 * this.#log.length, this.#end + bytes);
    this.#rebuild(length, this.#slots.length);
  }

  /** Moves all but dead records to a new log. */
  #rebuild(logBytes: number, slots: number): void {
    const [old, oldEnd] = [this.#log, this.#end];
    const view = this.#view;
    this.#log = new Uint8Array(logBytes);
    this.#view = new DataView(this.#log.buffer);
    this.#slots = new Uint32Array(slots);
    this.#end = this.#deadBytes = this.#usedSlots = 0;
    for (let at = 0; at < oldEnd; ) {
      const bytes = recordBytes(view.getUint32(at + SCRIPT_LENGTH, true));
      if (!isDead(old[at + FLAGS] as number)) this.#adopt(old.subarray(at, at + bytes));
      at += bytes;
    }
  }

  #adopt(record: Uint8Array): void {
    const at = this.#end;
    this.#log.set(record, at);
    this.#end += record.length;
    const hash = saltedHash(this.#salt, wordAt(record, 0), wordAt(record, 4), wordAt(record, INDEX));
    const mask = this.#slots.length - 1;
    let slot = firstSlot(hash, mask);
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = at / ALIGNMENT + 1;
    this.#usedSlots++;
  }

  /** The outpoint's slot, or the empty one where it would be. */
  #slot(bytes: Bytes, offset: number, index: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = firstSlot(hash, mask); ; slot = (slot + 1) & mask) {
      const entry = slots[slot] as number;
      if (entry === 0 || this.#isOf((entry - 1) * ALIGNMENT, bytes, offset, index)) return slot;
    }
  }

  #record(slot: number): number | undefined {
    const entry = this.#slots[slot] as number;
    return entry === 0 ? undefined : (entry - 1) * ALIGNMENT;
  }

  #isOf(at: number, bytes: Bytes, offset: number, index: number): boolean {
    const log = this.#log;
    if (wordAt(log, at + INDEX) !== (index | 0)) return false;
    for (let i = 0; i < TXID_BYTES; i++) if (log[at + i] !== bytes[offset + i]) return false;
    return true;
  }

  #flags(at: number): number {
    return this.#log[at + FLAGS] as number;
  }

  #scriptLength(at: number): number {
    return this.#view.getUint32(at + SCRIPT_LENGTH, true);
  }

  #bytesOf(at: number): number {
    return recordBytes(this.#scriptLength(at));
  }

  #outPoint(at: number): OutPoint {
    const txid = this.#log.slice(at, at + TXID_BYTES) as Txid;
    return { txid, index: this.#view.getUint32(at + INDEX, true) };
  }

  #read(at: number, found: FoundCoin): void {
    found.code = this.#view.getUint32(at + CODE, true);
    found.value = this.#view.getFloat64(at + VALUE, true);
    found.bytes = this.#log;
    found.start = at + SCRIPT;
    found.end = at + SCRIPT + this.#scriptLength(at);
  }
}

function isDead(flags: number): boolean {
  return (flags & MOVED) !== 0 || (flags & (FRESH | SPENT)) === (FRESH | SPENT);
}

function recordBytes(scriptBytes: number): number {
  return Math.ceil((SCRIPT + scriptBytes) / ALIGNMENT) * ALIGNMENT;
}

/** The lower bits have chosen the shard. */
function firstSlot(hash: number, mask: number): number {
  return (hash >>> 6) & mask;
}
