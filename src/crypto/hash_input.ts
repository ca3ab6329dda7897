import { assert } from "../base/assert.ts";
import { type Bytes, copyBytes } from "../base/bytes.ts";

/** Where messages are put together, and hashed without being copied. */
export interface HashMemory {
  /** At least `size` bytes of no meaning yet. The same memory every time, until it must grow. */
  take(size: number): Bytes;
  /** SHA-256 of the first `length` bytes of what was taken last; they are overwritten. */
  sha256(length: number): Bytes;
  /** SHA-256, twice. */
  hash256(length: number): Bytes;
}

const FIRST_BYTES = 1_024;

/**
 * One message after the other, in memory that is used again: what signatures sign is put together for
 * every input, and to allocate it costs more than to hash it. Everything is little-endian.
 *
 * There is one for a backend, so that nothing which hashes may be called between `start` and the end.
 */
export class HashInput {
  readonly #memory: HashMemory;
  #bytes: Bytes;
  #view: DataView;
  #offset = 0;
  #size = 0;

  constructor(memory: HashMemory) {
    this.#memory = memory;
    this.#bytes = memory.take(FIRST_BYTES);
    this.#view = viewOf(this.#bytes);
  }

  /** A new message, of exactly `size` bytes. */
  start(size: number): this {
    const bytes = this.#memory.take(size);
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = viewOf(bytes);
    }
    this.#offset = 0;
    this.#size = size;
    return this;
  }

  u8(value: number): this {
    this.#bytes[this.#offset++] = value;
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#offset, value, true);
    this.#offset += 4;
    return this;
  }

  /** A whole number of at most 2^63 either way, as a signed 64-bit field. */
  i64(value: number): this {
    const high = Math.floor(value / 2 ** 32);
    this.#view.setUint32(this.#offset, value - high * 2 ** 32, true);
    this.#view.setInt32(this.#offset + 4, high, true);
    this.#offset += 8;
    return this;
  }

  /** `value` as a CompactSize. */
  count(value: number): this {
    if (value < 0xfd) return this.u8(value);
    if (value <= 0xffff) return this.u8(0xfd).u8(value & 0xff).u8(value >>> 8);
    return this.u8(0xfe).u32(value);
  }

  bytes(bytes: Bytes): this {
    this.#bytes.set(bytes, this.#offset);
    this.#offset += bytes.length;
    return this;
  }

  /** What stands in `bytes` from `from` on, up to `to`. */
  range(bytes: Bytes, from: number, to: number): this {
    copyBytes(bytes, from, to, this.#bytes, this.#offset);
    this.#offset += to - from;
    return this;
  }

  varBytes(bytes: Bytes): this {
    return this.count(bytes.length).bytes(bytes);
  }

  sha256(): Bytes {
    return this.#memory.sha256(this.#end());
  }

  hash256(): Bytes {
    return this.#memory.hash256(this.#end());
  }

  #end(): number {
    assert(this.#offset === this.#size, `${this.#offset} bytes written, ${this.#size} announced`);
    return this.#size;
  }
}

/** Memory of the engine, for backends whose hash takes bytes from anywhere. */
export function plainHashMemory(sha256: (data: Bytes) => Bytes, hash256: (data: Bytes) => Bytes): HashMemory {
  let bytes = new Uint8Array(FIRST_BYTES);
  return {
    take(size) {
      if (size > bytes.length) bytes = new Uint8Array(roomFor(size));
      return bytes;
    },
    sha256: (length) => sha256(bytes.subarray(0, length)),
    hash256: (length) => hash256(bytes.subarray(0, length)),
  };
}

/** Grows by doubling, so that ever longer messages do not each take new memory. */
export function roomFor(size: number): number {
  let room = FIRST_BYTES;
  while (room < size) room *= 2;
  return room;
}

function viewOf(bytes: Bytes): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
