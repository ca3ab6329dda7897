/**
 * Golomb-coded sets: a set of byte strings in about 21 bits each, which can be asked whether it has
 * some string, and says yes by mistake once in 784,931 times.
 *
 * ```text
 * count n     elements
 * n codes     the differences between the elements, which are mapped to [0, n * M) and sorted:
 *             difference >> P in unary, then its low P bits
 * ```
 *
 * @see https://github.com/bitcoin/bips/blob/master/bip-0158.mediawiki
 * @module
 */
import { type Bytes, concatBytes } from "../base/bytes.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { ByteWriter, countSize } from "../codec/byte_writer.ts";
import { DecodeError } from "../codec/decode_error.ts";
import { type SipKey, sipHashHalves } from "../crypto/siphash.ts";
import { hashKey } from "../primitives/hash.ts";
import { BitReader, BitWriter } from "./bit_stream.ts";

/** BIP158, basic filters: low bits of a difference that are not in unary. */
const P = 19;
/** BIP158, basic filters: the inverse of the rate of false matches. */
const M = 784_931;

/**
 * More than the scripts of any block: an output weighs at least 36, an input more. It bounds what a
 * filter from outside can claim, and keeps n * M far below what a double holds exactly.
 */
export const ELEMENTS_MAX = Math.floor(4_000_000 / 36);

/** Gathers elements, each at most once, for one set. */
export class GolombSetBuilder {
  readonly #key: SipKey;
  readonly #seen = new Set<string>();
  /** Low and high halves of the elements' hashes. */
  readonly #halves: number[] = [];
  readonly #pair = new Uint32Array(2);

  constructor(key: SipKey) {
    this.#key = key;
  }

  add(element: Bytes): void {
    const text = elementKey(element);
    if (this.#seen.has(text)) return;
    this.#seen.add(text);
    sipHashHalves(this.#key, element, this.#pair);
    this.#halves.push(this.#pair[0] as number, this.#pair[1] as number);
  }

  finish(): Bytes {
    const count = this.#halves.length / 2;
    const head = new ByteWriter(countSize(count)).count(count).finish();
    if (count === 0) return head;
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      values[i] = scaled(this.#halves[2 * i] as number, this.#halves[2 * i + 1] as number, count * M);
    }
    return concatBytes(head, encodeSorted(values.sort()));
  }
}

/** One that was received, or read from disk. */
export class GolombSet {
  readonly #key: SipKey;
  readonly #bytes: Bytes;
  readonly #start: number;
  /** How many elements it has. */
  readonly count: number;

  private constructor(key: SipKey, bytes: Bytes, start: number, count: number) {
    this.#key = key;
    this.#bytes = bytes;
    this.#start = start;
    this.count = count;
  }

  /** @throws {DecodeError} when `bytes` are not exactly one set of at most `ELEMENTS_MAX` */
  static decode(bytes: Bytes, key: SipKey): GolombSet {
    const reader = new ByteReader(bytes);
    const count = reader.count("filter elements", ELEMENTS_MAX);
    const codes = new BitReader(bytes, reader.offset);
    for (let i = 0; i < count; i++) readDifference(codes);
    const { remaining } = codes;
    if (remaining > 0) throw new DecodeError(bytes.length - remaining, { kind: "trailing", remaining });
    return new GolombSet(key, bytes, reader.offset, count);
  }

  /** False only when `element` is not in the set. */
  matches(element: Bytes): boolean {
    return this.matchesAny([element]);
  }

  /** False only when none of `elements` is in the set. */
  matchesAny(elements: Iterable<Bytes>): boolean {
    const wanted = this.#mapped(elements);
    const codes = new BitReader(this.#bytes, this.#start);
    let value = 0;
    let at = 0;
    for (let i = 0; i < this.count; i++) {
      value += readDifference(codes);
      while (at < wanted.length && (wanted[at] as number) < value) at++;
      if (at === wanted.length) return false;
      if (wanted[at] === value) return true;
    }
    return false;
  }

  #mapped(elements: Iterable<Bytes>): Float64Array {
    const pair = new Uint32Array(2);
    const values: number[] = [];
    for (const element of elements) {
      sipHashHalves(this.#key, element, pair);
      values.push(scaled(pair[0] as number, pair[1] as number, this.count * M));
    }
    return Float64Array.from(values).sort();
  }
}

/**
 * The high 64 bits of the product of a 64-bit hash and `range`, so that hashes fall evenly into
 * [0, range). From the lowest 16 bits of the hash up, since each partial product then fits a double.
 */
function scaled(low: number, high: number, range: number): number {
  let carried = 0;
  for (const half of [low, high]) {
    carried = Math.floor(((half & 0xffff) * range + carried) / 0x1_0000);
    carried = Math.floor(((half >>> 16) * range + carried) / 0x1_0000);
  }
  return carried;
}

function encodeSorted(values: Float64Array): Bytes {
  const last = values.at(-1) ?? 0;
  const writer = new BitWriter(values.length * (P + 1) + Math.floor(last / 2 ** P));
  let previous = 0;
  for (const value of values) {
    const difference = value - previous;
    writer.unary(Math.floor(difference / 2 ** P));
    writer.bits(difference % 2 ** P, P);
    previous = value;
  }
  return writer.finish();
}

function readDifference(codes: BitReader): number {
  return codes.unary() * 2 ** P + codes.bits(P);
}

/** Scripts can be longer than a call may have arguments. */
const KEY_PART_BYTES = 4096;

function elementKey(element: Bytes): string {
  if (element.length <= KEY_PART_BYTES) return hashKey(element);
  let text = "";
  for (let at = 0; at < element.length; at += KEY_PART_BYTES) {
    text += hashKey(element.subarray(at, at + KEY_PART_BYTES));
  }
  return text;
}
