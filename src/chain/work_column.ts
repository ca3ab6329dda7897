/**
 * Chain work: one 256-bit number a row, as eight 32-bit digits, lowest first, off the JavaScript heap.
 *
 * @module
 */
import { blockWork } from "../primitives/target.ts";
import type { RowColumns } from "./columns.ts";
import { grown } from "./columns.ts";

const DIGITS = 8;

export class WorkColumn implements RowColumns {
  #digits = new Uint32Array(0);
  /** The target changes every few thousand blocks, so the last work is nearly always the next. */
  #lastBits = 0;
  #lastWork = new Uint32Array(DIGITS);

  get bytes(): number {
    return this.#digits.byteLength;
  }

  grow(rows: number): void {
    this.#digits = grown(this.#digits, rows * DIGITS);
  }

  /** The work of row `previous` (none below zero) and of one block more. */
  setSum(row: number, previous: number, bits: number): void {
    const work = this.#workOf(bits);
    const digits = this.#digits;
    const [to, from] = [row * DIGITS, previous * DIGITS];
    let carry = 0;
    for (let i = 0; i < DIGITS; i++) {
      const sum = (work[i] as number) + (previous < 0 ? 0 : (digits[from + i] as number)) + carry;
      digits[to + i] = sum;
      carry = sum > 0xffff_ffff ? 1 : 0;
    }
  }

  get(row: number): bigint {
    const first = row * DIGITS;
    let work = 0n;
    for (let i = DIGITS - 1; i >= 0; i--) work = (work << 32n) | BigInt(this.#digits[first + i] as number);
    return work;
  }

  /** Negative, zero or positive as row `a` has less work than `b`, as much, or more. */
  compare(a: number, b: number): number {
    const digits = this.#digits;
    for (let i = DIGITS - 1; i >= 0; i--) {
      const difference = (digits[a * DIGITS + i] as number) - (digits[b * DIGITS + i] as number);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  #workOf(bits: number): Uint32Array {
    if (bits !== this.#lastBits) {
      let work = blockWork(bits);
      for (let i = 0; i < DIGITS; i++) {
        this.#lastWork[i] = Number(work & 0xffff_ffffn);
        work >>= 32n;
      }
      this.#lastBits = bits;
    }
    return this.#lastWork;
  }
}
