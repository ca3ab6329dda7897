/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a fast keyed hash, for tables that strangers fill and
 * for block filters (BIP158). 64-bit words are kept as two 32-bit halves, since no `bigint` is fast.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import type { Rng } from "../base/rng.ts";

/** The halves of the two 64-bit words of a key. */
export interface SipKey {
  readonly k0Low: number;
  readonly k0High: number;
  readonly k1Low: number;
  readonly k1High: number;
}

/** A key from 16 bytes, each word little-endian. */
export function sipKeyOf(bytes: Bytes): SipKey {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return {
    k0Low: view.getUint32(0, true),
    k0High: view.getUint32(4, true),
    k1Low: view.getUint32(8, true),
    k1High: view.getUint32(12, true),
  };
}

export function randomSipKey(rng: Rng): SipKey {
  return { k0Low: rng.u32(), k0High: rng.u32(), k1Low: rng.u32(), k1High: rng.u32() };
}

export function sipHash64(key: SipKey, data: Bytes): bigint {
  const state = hash(key, data);
  const low = (state.v0l ^ state.v1l ^ state.v2l ^ state.v3l) >>> 0;
  const high = (state.v0h ^ state.v1h ^ state.v2h ^ state.v3h) >>> 0;
  return (BigInt(high) << 32n) | BigInt(low);
}

/** The halves of the 64-bit hash, the low one first, into `into`. */
export function sipHashHalves(key: SipKey, data: Bytes, into: Uint32Array): void {
  const state = hash(key, data);
  into[0] = state.v0l ^ state.v1l ^ state.v2l ^ state.v3l;
  into[1] = state.v0h ^ state.v1h ^ state.v2h ^ state.v3h;
}

/** Four 64-bit words: `l` the low half, `h` the high half. */
class SipState {
  v0l: number;
  v0h: number;
  v1l: number;
  v1h: number;
  v2l: number;
  v2h: number;
  v3l: number;
  v3h: number;

  /** The words spell "somepseudorandomlygeneratedbytes". */
  constructor({ k0Low, k0High, k1Low, k1High }: SipKey) {
    this.v0h = 0x736f6d65 ^ k0High;
    this.v0l = 0x70736575 ^ k0Low;
    this.v1h = 0x646f7261 ^ k1High;
    this.v1l = 0x6e646f6d ^ k1Low;
    this.v2h = 0x6c796765 ^ k0High;
    this.v2l = 0x6e657261 ^ k0Low;
    this.v3h = 0x74656462 ^ k1High;
    this.v3l = 0x79746573 ^ k1Low;
  }

  compress(low: number, high: number): void {
    this.v3l ^= low;
    this.v3h ^= high;
    this.round();
    this.round();
    this.v0l ^= low;
    this.v0h ^= high;
  }

  /** Halves are signed in between: only their bits count, and carries are found by unsigned comparison. */
  round(): void {
    let { v0l, v0h, v1l, v1h, v2l, v2h, v3l, v3h } = this;
    let bits: number;
    // v0 += v1; v1 <<<= 13; v1 ^= v0; v0 <<<= 32
    v0l = (v0l + v1l) | 0;
    v0h = (v0h + v1h + (v0l >>> 0 < v1l >>> 0 ? 1 : 0)) | 0;
    bits = v1h;
    v1h = ((v1h << 13) | (v1l >>> 19)) ^ v0h;
    v1l = ((v1l << 13) | (bits >>> 19)) ^ v0l;
    bits = v0h;
    v0h = v0l;
    v0l = bits;
    // v2 += v3; v3 <<<= 16; v3 ^= v2
    v2l = (v2l + v3l) | 0;
    v2h = (v2h + v3h + (v2l >>> 0 < v3l >>> 0 ? 1 : 0)) | 0;
    bits = v3h;
    v3h = ((v3h << 16) | (v3l >>> 16)) ^ v2h;
    v3l = ((v3l << 16) | (bits >>> 16)) ^ v2l;
    // v0 += v3; v3 <<<= 21; v3 ^= v0
    v0l = (v0l + v3l) | 0;
    v0h = (v0h + v3h + (v0l >>> 0 < v3l >>> 0 ? 1 : 0)) | 0;
    bits = v3h;
    v3h = ((v3h << 21) | (v3l >>> 11)) ^ v0h;
    v3l = ((v3l << 21) | (bits >>> 11)) ^ v0l;
    // v2 += v1; v1 <<<= 17; v1 ^= v2; v2 <<<= 32
    v2l = (v2l + v1l) | 0;
    v2h = (v2h + v1h + (v2l >>> 0 < v1l >>> 0 ? 1 : 0)) | 0;
    bits = v1h;
    v1h = ((v1h << 17) | (v1l >>> 15)) ^ v2h;
    v1l = ((v1l << 17) | (bits >>> 15)) ^ v2l;
    bits = v2h;
    v2h = v2l;
    v2l = bits;
    this.v0l = v0l;
    this.v0h = v0h;
    this.v1l = v1l;
    this.v1h = v1h;
    this.v2l = v2l;
    this.v2h = v2h;
    this.v3l = v3l;
    this.v3h = v3h;
  }
}

function hash(key: SipKey, data: Bytes): SipState {
  const state = new SipState(key);
  const end = data.length - (data.length % 8);
  for (let i = 0; i < end; i += 8) state.compress(word(data, i), word(data, i + 4));
  // The last word holds what is left over, and the length in its top byte.
  state.compress(word(data, end), word(data, end + 4) | (data.length << 24));
  state.v2l ^= 0xff;
  for (let i = 0; i < 4; i++) state.round();
  return state;
}

/** Four bytes, little-endian; those past the end are zero. */
function word(data: Bytes, offset: number): number {
  return (
    (data[offset] ?? 0) | ((data[offset + 1] ?? 0) << 8) |
    ((data[offset + 2] ?? 0) << 16) | ((data[offset + 3] ?? 0) << 24)
  );
}
