/**
 * Maps from address prefixes to the autonomous systems that announce them: a trie, written as
 * instructions of a few bits each.
 *
 * ```text
 * 0    RETURN asn      the answer
 * 10   JUMP offset     takes a bit of the address: if it is 1, skips so many bits of the map
 * 110  MATCH pattern   takes up to 8 bits: if one differs, the answer is the default
 * 111  DEFAULT asn     what a MATCH that fails answers from here on
 * ```
 *
 * Bits of the map come least significant first, those of addresses most significant first. Numbers are
 * in classes: ones, as many as the class has before it, a zero (but for the last class), and then the
 * place in the class, most significant bit first. An address has 128 bits; IPv4 is mapped into IPv6.
 *
 * Source: Bitcoin Core, util/asmap.cpp.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { hash256 } from "../crypto/crypto.ts";

/** Of an address in a map. */
const ADDRESS_BITS = 128;

/** Real maps have two megabytes. A larger file is none of them, and offsets in it stay small numbers. */
export const ASMAP_BYTES_MAX = 64 * 1024 * 1024;

const RETURN = 0;
const JUMP = 1;
const MATCH = 2;
const DEFAULT = 3;

/** What no number in a map can be: it runs past the end. */
const PAST_END = -1;

/** A number's classes: how many bits each has, and what the first begins at. */
interface NumberCode {
  readonly least: number;
  readonly classBits: readonly number[];
}

function numberCode(least: number, firstBits: number, lastBits: number): NumberCode {
  const classBits = Array.from({ length: lastBits - firstBits + 1 }, (_, i) => firstBits + i);
  return { least, classBits };
}

const INSTRUCTION: NumberCode = { least: 0, classBits: [0, 0, 1] };
const ASN = numberCode(1, 15, 24);
/** The highest bit says how many follow it. */
const PATTERN = numberCode(2, 1, 8);
const OFFSET = numberCode(17, 5, 30);

export class Asmap {
  readonly #bytes: Bytes;
  /** SHA-256, twice, of the map: tells whether places in tables were chosen by the same one. */
  readonly version: Bytes;

  private constructor(bytes: Bytes) {
    this.#bytes = bytes;
    this.version = hash256(bytes);
  }

  /** The map in a file; `undefined` if it is none, or a wasteful one: there is one way to write a map. */
  static parse(bytes: Bytes): Asmap | undefined {
    if (bytes.length > ASMAP_BYTES_MAX || !isSane(bytes)) return undefined;
    return new Asmap(bytes.slice());
  }

  get byteLength(): number {
    return this.#bytes.length;
  }

  /** The number of the autonomous system that announces `ip` (16 bytes); zero if none does. */
  asn(ip: Bytes): number {
    assert(8 * ip.length === ADDRESS_BITS, "an address in a map has 16 bytes");
    const map = new BitReader(this.#bytes);
    let taken = 0;
    let otherwise = 0;
    for (;;) {
      switch (map.number(INSTRUCTION)) {
        case RETURN:
          return map.number(ASN);
        case JUMP: {
          const offset = map.number(OFFSET);
          if (bitOf(ip, taken++) === 1) map.position += offset;
          break;
        }
        case MATCH: {
          const pattern = map.number(PATTERN);
          for (let bit = patternBits(pattern) - 1; bit >= 0; bit--) {
            if (bitOf(ip, taken++) !== ((pattern >>> bit) & 1)) return otherwise;
          }
          break;
        }
        case DEFAULT:
          otherwise = map.number(ASN);
          break;
        default:
          assert(false, "a map that was checked has an answer for every address");
      }
    }
  }
}

class BitReader {
  readonly #bytes: Bytes;
  readonly end: number;
  position = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
    this.end = 8 * bytes.length;
  }

  /** The next bit; the caller has seen that there is one. */
  bit(): number {
    const { position } = this;
    this.position++;
    return ((this.#bytes[position >>> 3] as number) >>> (position & 7)) & 1;
  }

  /** The next number, or `PAST_END`. */
  number({ least, classBits }: NumberCode): number {
    const last = classBits.length - 1;
    let value = least;
    let index = 0;
    for (; index < last; index++) {
      if (this.position === this.end) return PAST_END;
      if (this.bit() === 0) break;
      value += 2 ** (classBits[index] as number);
    }
    let bits = classBits[index] as number;
    if (this.end - this.position < bits) return PAST_END;
    while (bits-- > 0) value += this.bit() * 2 ** bits;
    return value;
  }
}

function bitOf(ip: Bytes, index: number): number {
  return ((ip[index >>> 3] as number) >>> (7 - (index & 7))) & 1;
}

function patternBits(pattern: number): number {
  return 31 - Math.clz32(pattern);
}

/** Where a jump leads to, and how many bits of the address are left there. */
interface Landing {
  readonly position: number;
  readonly bitsLeft: number;
}

/**
 * Whether every path through the map ends in an answer, within the map and the bits of an address, and
 * the map is written in the one way that wastes nothing. Each instruction is looked at once.
 */
function isSane(bytes: Bytes): boolean {
  const map = new BitReader(bytes);
  const landings: Landing[] = [];
  let bitsLeft = ADDRESS_BITS;
  let previous = JUMP;
  let hadShortMatch = false;
  while (map.position < map.end) {
    const landing = landings.at(-1);
    // Something jumps into the middle of an instruction.
    if (landing !== undefined && map.position >= landing.position) return false;
    const instruction = map.number(INSTRUCTION);
    switch (instruction) {
      case RETURN:
        // The two would be one.
        if (previous === DEFAULT || map.number(ASN) === PAST_END) return false;
        if (landing === undefined) return isPadding(map);
        // What nobody jumps to is never reached.
        if (map.position !== landing.position) return false;
        bitsLeft = landing.bitsLeft;
        landings.pop();
        previous = JUMP;
        continue;
      case JUMP: {
        const offset = map.number(OFFSET);
        const position = map.position + offset;
        if (offset === PAST_END || position > map.end || bitsLeft-- === 0) return false;
        // Branches do not reach into one another.
        if (landing !== undefined && position >= landing.position) return false;
        landings.push({ position, bitsLeft });
        break;
      }
      case MATCH: {
        const pattern = map.number(PATTERN);
        if (pattern === PAST_END) return false;
        const bits = patternBits(pattern);
        // In a row of them, all but one are full.
        if (previous !== MATCH) hadShortMatch = false;
        if (bits < 8 && hadShortMatch) return false;
        hadShortMatch = bits < 8;
        if (bits > bitsLeft) return false;
        bitsLeft -= bits;
        break;
      }
      case DEFAULT:
        if (previous === DEFAULT || map.number(ASN) === PAST_END) return false;
        break;
      default:
        return false;
    }
    previous = instruction;
  }
  return false;
}

/** What fills up the last byte, and is zero. */
function isPadding(map: BitReader): boolean {
  if (map.end - map.position > 7) return false;
  while (map.position < map.end) if (map.bit() === 1) return false;
  return true;
}
