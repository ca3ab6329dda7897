/**
 * SHA-256 and RIPEMD-160 on OpenSSL's block functions, with their padding done here. For the short
 * messages that transactions are made of it takes a third of the time of `crypto.hash`.
 *
 * @module
 */
import { type Bytes, equalBytes, fromHex, fromLatin1 } from "../base/bytes.ts";
import { type HashMemory, roomFor } from "../crypto/hash_input.ts";
import type { NativeMemory } from "./load_koffi.ts";
import { loadOpensslBlocks, type OpensslBlocks } from "./openssl_blocks.ts";

const BLOCK_BYTES = 64;
/** The byte after the message, and its length in bits. */
const PADDING_BYTES_MIN = 9;

/** Longer messages are not copied for this: what is around a hash no longer counts. */
export const OPENSSL_MESSAGE_BYTES_MAX = 65_536;

const SHA256_START = Uint32Array.of(
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
);
const RIPEMD160_START = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);

/** OpenSSL's states go on behind the words of the hash, with fields that block functions leave alone. */
const STATE_BYTES = 128;

/** `undefined` where OpenSSL's functions cannot be called, or give something else than they must. */
export function loadOpensslHashes(): OpensslHashes | undefined {
  const blocks = loadOpensslBlocks();
  if (blocks === undefined) return undefined;
  const hashes = new OpensslHashes(blocks);
  return answersRightly(hashes) ? hashes : undefined;
}

/** One for each thread. Messages have at most `OPENSSL_MESSAGE_BYTES_MAX` bytes. */
export class OpensslHashes {
  readonly #blocks: OpensslBlocks;
  readonly #message: NativeMessage;
  /** The first of the two hashes of `hash256` and `hash160`, padded, for the second. */
  readonly #inner: NativeMessage;
  readonly #words: Uint32Array;
  readonly #state: number;

  constructor(blocks: OpensslBlocks) {
    this.#blocks = blocks;
    this.#message = new NativeMessage(blocks);
    this.#inner = new NativeMessage(blocks);
    const state = blocks.memory(STATE_BYTES);
    this.#words = new Uint32Array(state.bytes.buffer);
    this.#state = state.address;
  }

  sha256(data: Bytes): Bytes {
    return this.#sha256(this.#message.holding(data), data.length);
  }

  hash256(data: Bytes): Bytes {
    return this.#hash256(this.#message.holding(data), data.length);
  }

  ripemd160(data: Bytes): Bytes {
    return this.#ripemd160(this.#message.holding(data), data.length);
  }

  /** RIPEMD-160 of SHA-256. */
  hash160(data: Bytes): Bytes {
    this.#compress(this.#message.holding(data), data.length);
    this.#keepInner();
    return this.#ripemd160(this.#inner, 32);
  }

  /** `hash256` of each record of `recordBytes`. */
  hash256Each(data: Bytes, recordBytes: number): Bytes {
    const hashes = new Uint8Array((data.length / recordBytes) * 32);
    for (let at = 0, start = 0; at < hashes.length; at += 32, start += recordBytes) {
      this.#compressTwice(this.#message.holding(data.subarray(start, start + recordBytes)), recordBytes);
      putBigEndian(this.#words, hashes, at);
    }
    return hashes;
  }

  /** Memory of its own, in which messages are hashed where they are put together. */
  memory(): HashMemory {
    const message = new NativeMessage(this.#blocks);
    return {
      take: (size) => message.take(size),
      sha256: (length) => this.#sha256(message, length),
      hash256: (length) => this.#hash256(message, length),
    };
  }

  #sha256(message: NativeMessage, length: number): Bytes {
    this.#compress(message, length);
    return this.#digest();
  }

  #hash256(message: NativeMessage, length: number): Bytes {
    this.#compressTwice(message, length);
    return this.#digest();
  }

  #ripemd160(message: NativeMessage, length: number): Bytes {
    const blocks = message.pad(length, true);
    this.#words.set(RIPEMD160_START);
    this.#blocks.ripemd160(this.#state, message.address, blocks);
    return putLittleEndian(this.#words, new Uint8Array(20));
  }

  #compressTwice(message: NativeMessage, length: number): void {
    this.#compress(message, length);
    this.#keepInner();
    this.#compress(this.#inner, 32);
  }

  #compress(message: NativeMessage, length: number): void {
    const blocks = message.pad(length, false);
    this.#words.set(SHA256_START);
    this.#blocks.sha256(this.#state, message.address, blocks);
  }

  #keepInner(): void {
    putBigEndian(this.#words, this.#inner.bytes, 0);
  }

  #digest(): Bytes {
    const digest = new Uint8Array(32);
    putBigEndian(this.#words, digest, 0);
    return digest;
  }
}

/** A message in memory whose address is known. */
class NativeMessage {
  readonly #blocks: OpensslBlocks;
  #memory: NativeMemory;

  constructor(blocks: OpensslBlocks) {
    this.#blocks = blocks;
    this.#memory = blocks.memory(2 * BLOCK_BYTES);
  }

  get bytes(): Bytes {
    return this.#memory.bytes;
  }

  get address(): number {
    return this.#memory.address;
  }

  /** Room for `size` bytes and what is behind them. */
  take(size: number): Bytes {
    const needed = size + BLOCK_BYTES + PADDING_BYTES_MIN;
    if (needed > this.bytes.length) this.#memory = this.#blocks.memory(roomFor(needed));
    return this.bytes;
  }

  holding(data: Bytes): this {
    this.take(data.length).set(data);
    return this;
  }

  /**
   * Pads to whole blocks, and says how many: a one bit, zeros, and the length in bits (FIPS 180-4, 5.1.1).
   */
  pad(length: number, isLittleEndian: boolean): number {
    const { bytes } = this;
    const count = (length + PADDING_BYTES_MIN + BLOCK_BYTES - 1) >>> 6;
    const end = count * BLOCK_BYTES;
    bytes[length] = 0x80;
    for (let i = length + 1; i < end; i++) bytes[i] = 0;
    const bits = length * 8;
    for (let i = 0; i < 4; i++) bytes[isLittleEndian ? end - 8 + i : end - 1 - i] = bits >>> (8 * i);
    return count;
  }
}

/** The eight words of a state as the 32 bytes of its hash. */
function putBigEndian(words: Uint32Array, target: Bytes, offset: number): void {
  for (let i = 0; i < 8; i++) {
    const word = words[i] as number;
    const at = offset + 4 * i;
    target[at] = word >>> 24;
    target[at + 1] = word >>> 16;
    target[at + 2] = word >>> 8;
    target[at + 3] = word;
  }
}

function putLittleEndian(words: Uint32Array, target: Bytes): Bytes {
  for (let i = 0; i < target.length; i++) target[i] = (words[i >> 2] as number) >>> (8 * (i & 3));
  return target;
}

/** Names are all that is known of the functions. */
function answersRightly(hashes: OpensslHashes): boolean {
  const long = new Uint8Array(119).fill(0x61);
  return ([
    [hashes.sha256(fromLatin1("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [hashes.sha256(long), LONG_SHA256],
    [hashes.hash256(long), LONG_HASH256],
    [hashes.hash160(long), LONG_HASH160],
    [hashes.ripemd160(fromLatin1("abc")), "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"],
  ] as const).every(([found, expected]) => equalBytes(found, fromHex(expected)));
}

/** Of 119 times "a", which is as much as two blocks hold. */
const LONG_SHA256 = "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb";
const LONG_HASH256 = "3ae6a2ecf88f87d2ba38220c7208d58559daf7aaef7aa800ec118eac805567c6";
const LONG_HASH160 = "6c34b9e5f634dcdf42c6841102f786169b088b06";
