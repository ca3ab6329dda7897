/**
 * Where everything in a block stands: its bytes are gone through once, and no object is made for a
 * transaction, an input or an output.
 *
 * A full block has some 20,000 of them, and rules that hold for nearly all blocks can be asked of
 * their bytes. Whoever wants objects gets them from `Block.transactions`.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { wordAt } from "../base/salted_hash.ts";
import { SIZE_MAX } from "../codec/byte_reader.ts";
import { HEADER_BYTES } from "./header.ts";

/** Of an outpoint: 32 bytes of id, and an index. */
export const OUT_POINT_BYTES = 36;
const SEQUENCE_BYTES = 4;
const VALUE_BYTES = 8;
export const LOCKTIME_BYTES = 4;
const MARKER_AND_FLAG_BYTES = 2;

// The least that each takes, so that a count cannot claim more than is there.
const INPUT_BYTES_MIN = 41;
const OUTPUT_BYTES_MIN = 9;

/**
 * Offsets into `bytes`, by the number of a transaction, an input or an output in the block. Arrays may
 * be longer than what they hold.
 */
export interface BlockLayout {
  readonly bytes: Bytes;
  readonly transactionCount: number;
  readonly inputCount: number;
  readonly outputCount: number;
  /** By transaction, and one more: the end of the last. */
  readonly starts: Int32Array;
  /** By transaction: where its witnesses begin, behind the outputs; zero without. */
  readonly witnessStarts: Int32Array;
  /** By transaction, and one more: the number of its first input, and of its first output. */
  readonly firstInputs: Int32Array;
  readonly firstOutputs: Int32Array;
  /** By input: where its outpoint stands, and its scriptSig; where that ends, the sequence begins. */
  readonly outPoints: Int32Array;
  readonly scriptSigs: Int32Array;
  readonly sequences: Int32Array;
  /** By input: where the last item of its witness begins, and its end; both zero without. */
  readonly lastItems: Int32Array;
  readonly lastItemEnds: Int32Array;
  /** By output: where its value stands, where its script begins, and its end. */
  readonly values: Int32Array;
  readonly scripts: Int32Array;
  readonly scriptEnds: Int32Array;
}

/** `undefined` when `bytes` are not a block: then its decoder says why. */
export function layOutBlock(bytes: Bytes): BlockLayout | undefined {
  const surveyor = new Surveyor(bytes);
  return surveyor.block() ? surveyor : undefined;
}

/** Bytes of the block without witnesses, and their markers and flags. */
export function baseSizeOf({ bytes, starts, transactionCount, witnessStarts }: BlockLayout): number {
  let size = bytes.length;
  for (let i = 0; i < transactionCount; i++) {
    const witnessStart = witnessStarts[i] as number;
    if (witnessStart === 0) continue;
    size -= (starts[i + 1] as number) - LOCKTIME_BYTES - witnessStart + MARKER_AND_FLAG_BYTES;
  }
  return size;
}

/** The amount at `offset`; a negative one is a number above all that are allowed. */
export function valueAt(bytes: Bytes, offset: number): number {
  return (wordAt(bytes, offset + 4) >>> 0) * 2 ** 32 + (wordAt(bytes, offset) >>> 0);
}

/** Reads like `blockCodec`; the first thing that is wrong ends it. */
class Surveyor implements BlockLayout {
  readonly bytes: Bytes;
  transactionCount = 0;
  inputCount = 0;
  outputCount = 0;
  starts: Int32Array = new Int32Array(0);
  witnessStarts: Int32Array = new Int32Array(0);
  firstInputs: Int32Array = new Int32Array(0);
  firstOutputs: Int32Array = new Int32Array(0);
  outPoints = new Int32Array(INITIAL_ROWS);
  scriptSigs = new Int32Array(INITIAL_ROWS);
  sequences = new Int32Array(INITIAL_ROWS);
  lastItems = new Int32Array(INITIAL_ROWS);
  lastItemEnds = new Int32Array(INITIAL_ROWS);
  values = new Int32Array(INITIAL_ROWS);
  scripts = new Int32Array(INITIAL_ROWS);
  scriptEnds = new Int32Array(INITIAL_ROWS);
  #at = HEADER_BYTES;

  constructor(bytes: Bytes) {
    this.bytes = bytes;
  }

  block(): boolean {
    const count = this.#count(1);
    if (count < 0) return false;
    this.starts = new Int32Array(count + 1);
    this.witnessStarts = new Int32Array(count);
    this.firstInputs = new Int32Array(count + 1);
    this.firstOutputs = new Int32Array(count + 1);
    for (let at = 0; at < count; at++) {
      this.starts[at] = this.#at;
      if (!this.#transaction(at)) return false;
      this.firstInputs[at + 1] = this.inputCount;
      this.firstOutputs[at + 1] = this.outputCount;
    }
    this.starts[count] = this.#at;
    this.transactionCount = count;
    return this.#at === this.bytes.length;
  }

  #transaction(number: number): boolean {
    const { bytes } = this;
    this.#at += 4;
    let flag = 0;
    let inputs = this.#inputs();
    if (inputs === 0) {
      flag = bytes[this.#at++] as number;
      // Any other flag is unknown.
      if (flag > 1 || this.#at > bytes.length) return false;
      if (flag === 1) inputs = this.#inputs();
    }
    if (inputs < 0 || ((inputs > 0 || flag === 1) && !this.#outputs())) return false;
    if (flag === 1) {
      this.witnessStarts[number] = this.#at;
      if (!this.#witnesses(inputs)) return false;
    }
    this.#at += LOCKTIME_BYTES;
    return this.#at <= bytes.length;
  }

  /** How many; -1 when they cannot be read. */
  #inputs(): number {
    const count = this.#count(INPUT_BYTES_MIN);
    if (count < 0) return -1;
    if (this.inputCount + count > this.outPoints.length) this.#growInputs(this.inputCount + count);
    for (let i = this.inputCount; i < this.inputCount + count; i++) {
      this.outPoints[i] = this.#at;
      this.#at += OUT_POINT_BYTES;
      const length = this.#count(1);
      if (length < 0) return -1;
      this.scriptSigs[i] = this.#at;
      this.sequences[i] = this.#at += length;
      this.lastItems[i] = this.lastItemEnds[i] = 0;
      this.#at += SEQUENCE_BYTES;
    }
    this.inputCount += count;
    return count;
  }

  #outputs(): boolean {
    const count = this.#count(OUTPUT_BYTES_MIN);
    if (count < 0) return false;
    const end = this.outputCount + count;
    if (end > this.scripts.length) this.#growOutputs(end);
    for (let i = this.outputCount; i < end; i++) {
      this.values[i] = this.#at;
      this.#at += VALUE_BYTES;
      const length = this.#count(1);
      if (length < 0) return false;
      this.scripts[i] = this.#at;
      this.scriptEnds[i] = this.#at += length;
    }
    this.outputCount = end;
    return true;
  }

  /** Of the last `inputs` inputs. */
  #witnesses(inputs: number): boolean {
    let items = 0;
    for (let i = this.inputCount - inputs; i < this.inputCount; i++) {
      const count = this.#count(1);
      if (count < 0) return false;
      items += count;
      for (let item = 0; item < count; item++) {
        const length = this.#count(1);
        if (length < 0) return false;
        this.lastItems[i] = this.#at;
        this.lastItemEnds[i] = this.#at += length;
      }
    }
    // The same transaction would have two encodings.
    return items > 0;
  }

  /**
   * A CompactSize, of things that take `bytesEach` at least; -1 when it is not in its shortest form, or
   * counts more than there is room for.
   */
  #count(bytesEach: number): number {
    const { bytes } = this;
    const at = this.#at;
    const first = bytes[at];
    if (first === undefined) return -1;
    let value = first;
    let size = 1;
    if (first === 0xfd) {
      value = (bytes[at + 1] as number) | ((bytes[at + 2] as number) << 8);
      size = 3;
      if (value < 0xfd) return -1;
    } else if (first === 0xfe) {
      value = wordAt(bytes, at + 1) >>> 0;
      size = 5;
      if (value < 0x1_0000 || value > SIZE_MAX) return -1;
    } else if (first === 0xff) {
      return -1; // Whatever it says is above SIZE_MAX, or was not in its shortest form.
    }
    this.#at = at + size;
    return value * bytesEach > bytes.length - this.#at ? -1 : value;
  }

  #growInputs(least: number): void {
    this.outPoints = grown(this.outPoints, least);
    this.scriptSigs = grown(this.scriptSigs, least);
    this.sequences = grown(this.sequences, least);
    this.lastItems = grown(this.lastItems, least);
    this.lastItemEnds = grown(this.lastItemEnds, least);
  }

  #growOutputs(least: number): void {
    this.values = grown(this.values, least);
    this.scripts = grown(this.scripts, least);
    this.scriptEnds = grown(this.scriptEnds, least);
  }
}

/** Inputs, or outputs, that there is room for at first. */
const INITIAL_ROWS = 8;

function grown(column: Int32Array, least: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(Math.max(least, 2 * column.length));
  longer.set(column);
  return longer;
}
