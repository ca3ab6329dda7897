import type { Duration } from "./time.ts";

/**
 * A source of random numbers.
 *
 * `SecureRng` (io/secure_rng.ts) in production, a seeded one in the simulator. Keys of wallets
 * come from `wallet/`, never from here.
 */
export interface Rng {
  /** Uniform in `[0, 2^32)`. */
  u32(): number;
}

/** Uniform in `[0, bound)`, without modulo bias. */
export function below(rng: Rng, bound: number): number {
  if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
    throw new RangeError(`Cannot draw below ${bound}: bound must be an integer in [1, 2^32]`);
  }
  const limit = 2 ** 32 - (2 ** 32 % bound);
  for (;;) {
    const draw = rng.u32();
    if (draw < limit) return draw % bound;
  }
}

/** Uniform in `[0, 1)`, with 53 bits. */
export function fraction(rng: Rng): number {
  return ((rng.u32() >>> 5) * 2 ** 26 + (rng.u32() >>> 6)) / 2 ** 53;
}

export function u64(rng: Rng): bigint {
  return (BigInt(rng.u32()) << 32n) | BigInt(rng.u32());
}

/** The wait until the next event of a Poisson process whose events come every `mean` on average. */
export function poissonWait(rng: Rng, mean: Duration): Duration {
  return (-Math.log1p(-fraction(rng)) * mean) as Duration;
}

export function randomBytes(rng: Rng, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = rng.u32() >>> 24;
  return bytes;
}

/** Puts `items` into a random order, in place. */
export function shuffle<T>(rng: Rng, items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = below(rng, i + 1);
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
  return items;
}

/**
 * Reproducible numbers from a seed: the same on every machine, and not secret.
 *
 * xoshiro128** with its state filled by SplitMix32 (Blackman and Vigna, 2018).
 */
export function seededRng(seed: number): Rng {
  let mix = seed >>> 0;
  const next = (): number => {
    mix = (mix + 0x9e37_79b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  let a = next();
  let b = next();
  let c = next();
  let d = next();
  return {
    u32() {
      const scrambled = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = rotateLeft(d, 11);
      return scrambled;
    },
  };
}

function rotateLeft(value: number, count: number): number {
  return (value << count) | (value >>> (32 - count));
}
