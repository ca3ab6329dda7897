/**
 * Signatures that were found good before, so that they need not be checked again: a transaction is
 * tested, then submitted; each of the nodes of one process gets it; a block comes that holds it beside
 * others; a reorganisation brings it back (Bitcoin Core, script/sigcache.h).
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { startHash } from "../crypto/crypto.ts";

export type SignatureKind = "ecdsa" | "schnorr";

/** Who asks about signatures. */
export interface KnownSignatures {
  /** Whether the signature is good: as was found before, or as `verify` says. */
  check(kind: SignatureKind, hash: Bytes, key: Bytes, signature: Bytes, verify: () => boolean): boolean;
}

/** What a cache is made of, so that another thread can be told of it. */
export interface SignatureCacheParts {
  /** Whole buckets and a header, zeros at first. Shared by threads. */
  readonly memory: SharedArrayBuffer;
  /** 32 bytes that no one else knows, so that no one can make two entries alike. */
  readonly salt: Bytes;
}

const ENTRY_WORDS = 8;
/** Entries that one entry may take the place of. */
const BUCKET_ENTRIES = 8;
const BUCKET_WORDS = BUCKET_ENTRIES * ENTRY_WORDS;
/** A line of the processor's cache, whose first word says whether there is anything. */
const HEADER_WORDS = 16;
const WORD_BYTES = 4;
const KEY_BYTES_MAX = 65;

const KIND_BYTES: Readonly<Record<SignatureKind, number>> = { ecdsa: 0x45, schnorr: 0x53 };

/** As many whole buckets as `bytes` hold, at least one. */
export function signatureCacheMemory(bytes: number): SharedArrayBuffer {
  const buckets = Math.max(1, Math.floor(bytes / (BUCKET_WORDS * WORD_BYTES)));
  return new SharedArrayBuffer((HEADER_WORDS + buckets * BUCKET_WORDS) * WORD_BYTES);
}

/**
 * A set of salted hashes of signature, key and what is signed, off the engine's heap.
 *
 * Threads read and write it without waiting for each other. An entry that two of them write at once
 * may hold half of each hash, and then is in nobody's way: to match a hash that was never stored takes
 * what to break SHA-256 takes.
 */
export class SignatureCache {
  readonly #words: Uint32Array;
  readonly #buckets: number;
  readonly #salt: Bytes;
  /** Of the signature that is asked about. */
  readonly #entry = new Uint32Array(ENTRY_WORDS);
  readonly #entryBytes = new Uint8Array(this.#entry.buffer);

  constructor({ memory, salt }: SignatureCacheParts) {
    assert(salt.length === 32, "a salt has 32 bytes");
    this.#words = new Uint32Array(memory);
    this.#buckets = (this.#words.length - HEADER_WORDS) / BUCKET_WORDS;
    this.#salt = salt;
  }

  /**
   * For signatures that are checked now. `stores`: those that are found good are kept. While there is
   * nothing to find, and nothing is kept, it is left alone: `undefined`.
   */
  open(stores: boolean): KnownSignatures | undefined {
    if (!stores && this.#words[0] === 0) return undefined;
    return { check: (...question) => this.#check(stores, ...question) };
  }

  #check(
    stores: boolean, kind: SignatureKind, hash: Bytes, key: Bytes, signature: Bytes, verify: () => boolean,
  ): boolean {
    // Nothing good has such a key.
    if (key.length > KEY_BYTES_MAX) return verify();
    this.#makeEntry(kind, hash, key, signature);
    if (this.#has()) return true;
    if (!verify()) return false;
    if (stores) this.#put();
    return true;
  }

  /** All that the answer depends on, and each part told from the next: only the last has any length. */
  #makeEntry(kind: SignatureKind, hash: Bytes, key: Bytes, signature: Bytes): void {
    assert(hash.length === 32, "a hash has 32 bytes");
    const input = startHash(32 + 1 + 32 + 1 + key.length + signature.length);
    input.bytes(this.#salt).u8(KIND_BYTES[kind]).bytes(hash).u8(key.length).bytes(key).bytes(signature);
    this.#entryBytes.set(input.sha256());
  }

  #has(): boolean {
    const words = this.#words;
    const entry = this.#entry;
    const start = this.#bucket();
    for (let at = start; at < start + BUCKET_WORDS; at += ENTRY_WORDS) {
      let word = 0;
      while (word < ENTRY_WORDS && words[at + word] === entry[word]) word++;
      if (word === ENTRY_WORDS) return true;
    }
    return false;
  }

  /** In place of any of its bucket: which, the hash itself says. */
  #put(): void {
    const place = (this.#entry[1] as number) % BUCKET_ENTRIES;
    this.#words.set(this.#entry, this.#bucket() + place * ENTRY_WORDS);
    this.#words[0] = 1;
  }

  #bucket(): number {
    return HEADER_WORDS + ((this.#entry[0] as number) % this.#buckets) * BUCKET_WORDS;
  }
}
