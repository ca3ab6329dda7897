import type { Brand } from "../base/brand.ts";

/**
 * An amount in satoshi, as a double: exact for everything that exists (21e14 < 2^53).
 *
 * A decoded output may hold any 64-bit number, which above 2^53 is rounded here; such a value is
 * out of range either way, and what is hashed or sent on is the transaction's own bytes.
 */
export type Sats = Brand<number, "Sats">;

export const SATS_PER_COIN = 100_000_000;

/** No amount may exceed this (consensus/amount.h, MAX_MONEY). */
export const MONEY_MAX = (21_000_000 * SATS_PER_COIN) as Sats;

/** Whether `value` is an amount that may exist. */
export function isMoney(value: number): boolean {
  return value >= 0 && value <= MONEY_MAX;
}

/** `1234567890` as `12.34567890`: eight decimals always, as Bitcoin Core's RPC writes it. */
export function formatCoins(value: Sats | bigint): string {
  const sats = BigInt(value);
  const digits = (sats < 0n ? -sats : sats).toString().padStart(9, "0");
  return `${sats < 0n ? "-" : ""}${digits.slice(0, -8)}.${digits.slice(-8)}`;
}
