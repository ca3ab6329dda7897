/**
 * Bits one after the other, the highest of a byte first, as Golomb-Rice codes are written (BIP158).
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { DecodeError } from "../codec/decode_error.ts";

export class BitWriter {
  readonly #bytes: Bytes;
  #bit = 0;

  /** `bits`: the most that will be written. */
  constructor(bits: number) {
    this.#bytes = new Uint8Array(Math.ceil(bits / 8));
  }

  /** `count` ones, and the zero that ends them. */
  unary(count: number): void {
    for (let i = 0; i < count; i++) this.#setNext();
    this.#bit++;
  }

  /** The low `count` bits of `value`, at most 31, the highest first. */
  bits(value: number, count: number): void {
    for (let place = count - 1; place >= 0; place--) {
      if ((value >>> place) & 1) this.#setNext();
      else this.#bit++;
    }
  }

  /** What was written, filled up with zeros to whole bytes. */
  finish(): Bytes {
    return this.#bytes.slice(0, Math.ceil(this.#bit / 8));
  }

  #setNext(): void {
    const at = this.#bit >>> 3;
    this.#bytes[at] = (this.#bytes[at] as number) | (0x80 >>> (this.#bit & 7));
    this.#bit++;
  }
}

export class BitReader {
  readonly #bytes: Bytes;
  readonly #start: number;
  #bit = 0;

  /** From the byte at `start` on. */
  constructor(bytes: Bytes, start: number) {
    this.#bytes = bytes;
    this.#start = start;
  }

  /** Bytes of which no bit has been read. */
  get remaining(): number {
    return this.#bytes.length - this.#start - Math.ceil(this.#bit / 8);
  }

  /**
   * How many ones come before the next zero.
   *
   * @throws {DecodeError} when the bits end first
   */
  unary(): number {
    let count = 0;
    while (this.#next() === 1) count++;
    return count;
  }

  /**
   * A number of `count` bits, at most 31.
   *
   * @throws {DecodeError} when there are fewer
   */
  bits(count: number): number {
    let value = 0;
    for (let left = count; left > 0;) {
      const used = this.#bit & 7;
      const taken = Math.min(left, 8 - used);
      const byte = this.#byte();
      value = (value << taken) | ((byte >>> (8 - used - taken)) & ((1 << taken) - 1));
      this.#bit += taken;
      left -= taken;
    }
    return value;
  }

  #next(): number {
    const bit = (this.#byte() >>> (7 - (this.#bit & 7))) & 1;
    this.#bit++;
    return bit;
  }

  #byte(): number {
    const at = this.#start + (this.#bit >>> 3);
    const byte = this.#bytes[at];
    if (byte === undefined) throw new DecodeError(at, { kind: "truncated", needed: 1, remaining: 0 });
    return byte;
  }
}
