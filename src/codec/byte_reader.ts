import { type Bytes, NO_BYTES } from "../base/bytes.ts";
import { DecodeError, overLimit } from "./decode_error.ts";

/** Bitcoin Core refuses any CompactSize above this where it counts something (serialize.h, MAX_SIZE). */
export const SIZE_MAX = 0x0200_0000;

/**
 * Reads little-endian fields from bytes of others, front to back.
 *
 * Cannot be made to read past the end, nor to allocate for a length that is a lie.
 */
export class ByteReader {
  readonly #bytes: Bytes;
  readonly #view: DataView;
  #offset: number;

  constructor(bytes: Bytes, offset = 0) {
    this.#bytes = plainBytes(bytes);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  /** Big-endian, as ports are. */
  u16be(): number {
    return this.#view.getUint16(this.#take(2), false);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }

  /** A signed 64-bit number as a double: exact up to 2^53 either way, which every valid amount is. */
  i64AsNumber(): number {
    const start = this.#take(8);
    return this.#view.getInt32(start + 4, true) * 2 ** 32 + this.#view.getUint32(start, true);
  }

  /** The next `count` bytes as a view of the input, not a copy. */
  bytes(count: number): Bytes {
    const start = this.#take(count);
    return this.#bytes.subarray(start, start + count);
  }

  /** The next `count` bytes as a copy, for what is small and outlives the input. */
  copy(count: number): Bytes {
    const start = this.#take(count);
    return this.#bytes.slice(start, start + count);
  }

  /** What was read since `start`, as a view of the input. */
  since(start: number): Bytes {
    return this.#bytes.subarray(start, this.#offset);
  }

  /** All that is left, as a view of the input; it is still to be read. */
  rest(): Bytes {
    return this.#bytes.subarray(this.#offset);
  }

  skip(count: number): void {
    this.#take(count);
  }

  /** A CompactSize count of `field`, refused above `max` before anything is allocated for it. */
  count(field: string, max: number = SIZE_MAX): number {
    const start = this.#offset;
    const first = this.u8();
    if (first < 0xfd) {
      if (first > max) throw overLimit(start, field, first, max);
      return first;
    }
    const value = this.#longCompactSize(start, first);
    if (value > BigInt(max)) throw overLimit(start, field, value, max);
    return Number(value);
  }

  /** A CompactSize that is a number of its own, such as service bits in addrv2, up to 64 bits. */
  compactU64(): bigint {
    const start = this.#offset;
    const first = this.u8();
    return first < 0xfd ? BigInt(first) : this.#longCompactSize(start, first);
  }

  /** A count of things that take `bytesEach` at least: no more of them than there is room for. */
  boundedCount(field: string, bytesEach: number): number {
    const start = this.#offset;
    const count = this.count(field);
    const { remaining } = this;
    if (count * bytesEach > remaining) {
      throw new DecodeError(start, { kind: "truncated", needed: count * bytesEach, remaining });
    }
    return count;
  }

  /** CompactSize-prefixed bytes, as a view of the input. */
  varBytes(field: string, max: number = SIZE_MAX): Bytes {
    const count = this.count(field, max);
    // A view takes a hundred bytes, and may be of none: a message could hold millions of those.
    return count === 0 ? NO_BYTES : this.bytes(count);
  }

  /** Declares the message finished: bytes left over mean the sender and we disagree. */
  end(): void {
    const { remaining } = this;
    if (remaining > 0) throw new DecodeError(this.#offset, { kind: "trailing", remaining });
  }

  #longCompactSize(start: number, first: number): bigint {
    const [value, least] =
      first === 0xfd ? [BigInt(this.u16()), 0xfdn]
      : first === 0xfe ? [BigInt(this.u32()), 0x1_0000n]
      : [this.u64(), 0x1_0000_0000n];
    // Every value has one spelling.
    if (value < least) throw new DecodeError(start, { kind: "not-minimal", value });
    return value;
  }

  #take(count: number): number {
    const { remaining } = this;
    if (count > remaining) {
      throw new DecodeError(this.#offset, { kind: "truncated", needed: count, remaining });
    }
    const start = this.#offset;
    this.#offset += count;
    return start;
  }
}

/** A subclass may change what `slice` and `subarray` mean: Node's `Buffer` makes `slice` a view. */
function plainBytes(bytes: Bytes): Bytes {
  if (bytes.constructor === Uint8Array) return bytes;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
