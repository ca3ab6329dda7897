import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";

/** How many bytes a CompactSize of `value` takes. */
export function countSize(value: number | bigint): number {
  if (value < 0xfd) return 1;
  if (value <= 0xffff) return 3;
  return value <= 0xffff_ffff ? 5 : 9;
}

/** Writes little-endian fields into a buffer whose size is known beforehand. */
export class ByteWriter {
  readonly #bytes: Bytes;
  readonly #view: DataView;
  #offset = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }

  u8(value: number): this {
    this.#view.setUint8(this.#advance(1), value);
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#advance(2), value, true);
    return this;
  }

  /** Big-endian, as ports are. */
  u16be(value: number): this {
    this.#view.setUint16(this.#advance(2), value, false);
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#advance(4), value, true);
    return this;
  }

  i32(value: number): this {
    this.#view.setInt32(this.#advance(4), value, true);
    return this;
  }

  u64(value: bigint): this {
    this.#view.setBigUint64(this.#advance(8), value, true);
    return this;
  }

  i64(value: bigint): this {
    this.#view.setBigInt64(this.#advance(8), value, true);
    return this;
  }

  /** A whole number of at most 2^53 either way, as a signed 64-bit field. */
  i64FromNumber(value: number): this {
    return this.i64(BigInt(value));
  }

  bytes(bytes: Bytes): this {
    this.#bytes.set(bytes, this.#advance(bytes.length));
    return this;
  }

  /** `value` as a CompactSize. */
  count(value: number): this {
    if (value < 0xfd) return this.u8(value);
    if (value <= 0xffff) return this.u8(0xfd).u16(value);
    if (value <= 0xffff_ffff) return this.u8(0xfe).u32(value);
    return this.u8(0xff).u64(BigInt(value));
  }

  /** `value`, up to 64 bits, as a CompactSize. */
  compactU64(value: bigint): this {
    return value <= 0xffff_ffffn ? this.count(Number(value)) : this.u8(0xff).u64(value);
  }

  varBytes(bytes: Bytes): this {
    return this.count(bytes.length).bytes(bytes);
  }

  /** All that was written: exactly the size that was announced. */
  finish(): Bytes {
    assert(this.#offset === this.#bytes.length, `${this.#offset} bytes written, ${this.#bytes.length} announced`);
    return this.#bytes;
  }

  #advance(count: number): number {
    const start = this.#offset;
    this.#offset += count;
    return start;
  }
}
