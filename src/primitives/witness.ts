/**
 * What an input shows to spend what it spends (BIP141): items, the bottom of the stack first.
 *
 * ```text
 * count   items      each var bytes
 * ```
 *
 * @module
 */
import { type Bytes, NO_BYTES } from "../base/bytes.ts";
import { wordAt } from "../base/salted_hash.ts";
import type { ByteReader } from "../codec/byte_reader.ts";

/** A plain array is one. */
export interface Witness extends Iterable<Bytes> {
  readonly length: number;
  /** From the end for a negative `index`; `undefined` beyond either end. */
  at(index: number): Bytes | undefined;
  /** As of an array: all items, or those from one place to another. */
  slice(from?: number, to?: number): Bytes[];
}

export const NO_WITNESS: Witness = [];

/**
 * Reads past a witness, whose items are made when somebody asks for them: most are never looked at, and
 * an item can be one byte long, for which its view would take a hundred.
 *
 * `bytes`: those of the reader, from `start` on.
 */
export function readWitness(reader: ByteReader, bytes: Bytes, start: number): Witness {
  const count = reader.boundedCount("witness items", 1);
  if (count === 0) return NO_WITNESS;
  const offset = reader.offset - start;
  for (let i = 0; i < count; i++) reader.skip(reader.count("witness item"));
  return new UnreadWitness(bytes, offset, count);
}

/** Makes its items anew each time. */
class UnreadWitness implements Witness {
  readonly length: number;
  readonly #bytes: Bytes;
  readonly #offset: number;

  constructor(bytes: Bytes, offset: number, length: number) {
    this.#bytes = bytes;
    this.#offset = offset;
    this.length = length;
  }

  at(index: number): Bytes | undefined {
    const place = index < 0 ? this.length + index : index;
    return place < 0 ? undefined : this.slice(place, place + 1)[0];
  }

  slice(from = 0, to: number = this.length): Bytes[] {
    const [first, end] = [this.#place(from), this.#place(to)];
    const bytes = this.#bytes;
    const items: Bytes[] = [];
    // Not by a reader, which would take longer to make than two items, the most there usually are.
    for (let i = 0, at = this.#offset; i < end; i++) {
      const size = bytes[at] as number;
      const start = at + (size < 0xfd ? 1 : size === 0xfd ? 3 : 5);
      at = start + (size < 0xfd ? size : size === 0xfd ? wordAt(bytes, at + 1) & 0xffff : wordAt(bytes, at + 1));
      if (i >= first) items.push(start === at ? NO_BYTES : bytes.subarray(start, at));
    }
    return items;
  }

  [Symbol.iterator](): Iterator<Bytes> {
    return this.slice()[Symbol.iterator]();
  }

  #place(index: number): number {
    return index < 0 ? Math.max(0, this.length + index) : Math.min(index, this.length);
  }
}
