/**
 * A bloom filter that a peer has loaded: which transactions concern it, with some that do not (BIP37).
 *
 * Source: Bitcoin Core, common/bloom.cpp, CBloomFilter.
 *
 * @module
 */
import { type Bytes, concatBytes } from "../base/bytes.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { OP_PUSHDATA4 } from "../script/opcodes.ts";
import { ScriptCursor } from "../script/script.ts";
import { classifyScript } from "../script/templates.ts";
import type { FilterLoad } from "../wire/messages/bloom_filter.ts";

/** What of `flags` says which outputs that match are added, so that who spends them matches too. */
const UPDATE_MASK = 3;
const UPDATE_NONE = 0;
const UPDATE_ALL = 1;

/** Between the seeds of one hash function and the next. */
const SEED_STEP = 0xfba4c795;

export class BloomFilter {
  readonly #data: Bytes;
  readonly #hashFunctions: number;
  readonly #tweak: number;
  readonly #updates: number;

  constructor({ data, hashFunctions, tweak, flags }: FilterLoad) {
    this.#data = Uint8Array.from(data);
    this.#hashFunctions = hashFunctions;
    this.#tweak = tweak;
    this.#updates = flags & UPDATE_MASK;
  }

  /** Of no bytes it has everything (CVE-2013-5700). */
  has(element: Bytes): boolean {
    for (let i = 0; i < this.#hashFunctions && this.#data.length > 0; i++) {
      const bit = this.#bitOf(element, i);
      if (((this.#data[bit >>> 3] as number) & (1 << (bit & 7))) === 0) return false;
    }
    return true;
  }

  add(element: Bytes): void {
    for (let i = 0; i < this.#hashFunctions && this.#data.length > 0; i++) {
      const bit = this.#bitOf(element, i);
      this.#data[bit >>> 3] = (this.#data[bit >>> 3] as number) | (1 << (bit & 7));
    }
  }

  /**
   * Whether it concerns the peer: by its id, something pushed in an output or input, or an output that it
   * spends. Outputs that match are added, as the peer wants it.
   */
  matches(transaction: Transaction): boolean {
    if (this.#data.length === 0) return true;
    // Each output is looked at, since each may have to be added.
    const byOutputs = transaction.outputs.map(({ script }, at) => this.#matchesOutput(transaction, script, at));
    return this.has(transaction.txid) || byOutputs.includes(true) ||
      transaction.inputs.some(({ prevout, scriptSig }) => {
        return this.has(outpointBytes(prevout.txid, prevout.index)) || this.#hasPushOf(scriptSig);
      });
  }

  #matchesOutput({ txid }: Transaction, script: Bytes, at: number): boolean {
    if (!this.#hasPushOf(script)) return false;
    if (this.#isToBeAdded(script)) this.add(outpointBytes(txid, at));
    return true;
  }

  #isToBeAdded(script: Bytes): boolean {
    if (this.#updates === UPDATE_NONE || this.#updates === UPDATE_ALL) return this.#updates === UPDATE_ALL;
    // Spenders of these do not show the key.
    const { type } = classifyScript(script);
    return type === "pubkey" || type === "multisig";
  }

  #hasPushOf(script: Bytes): boolean {
    const cursor = new ScriptCursor(script);
    while (cursor.next()) {
      // What is cut off pushes nothing.
      const isPush = cursor.opcode <= OP_PUSHDATA4 && cursor.data.length > 0;
      if (isPush && this.has(cursor.data)) return true;
    }
    return false;
  }

  #bitOf(element: Bytes, hashFunction: number): number {
    const seed = (Math.imul(hashFunction, SEED_STEP) + this.#tweak) >>> 0;
    return murmurHash3(seed, element) % (this.#data.length * 8);
  }
}

function outpointBytes(txid: Bytes, index: number): Bytes {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, index, true);
  return concatBytes(txid, number);
}

/** MurmurHash3, x86, 32 bits. */
export function murmurHash3(seed: number, data: Bytes): number {
  let hash = seed;
  const end = data.length - (data.length % 4);
  for (let i = 0; i < end; i += 4) {
    hash ^= scramble(
      (data[i] as number) | ((data[i + 1] as number) << 8) |
      ((data[i + 2] as number) << 16) | ((data[i + 3] as number) << 24));
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let i = data.length - 1; i >= end; i--) rest = (rest << 8) | (data[i] as number);
  hash ^= scramble(rest) ^ data.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scramble(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}
