import type { Sats } from "../primitives/amount.ts";

/** What `vsize` virtual bytes cost at `rate` satoshi per 1,000, rounded up. */
export function feeAt(rate: number, vsize: number): Sats {
  return Math.ceil((rate * vsize) / 1_000) as Sats;
}
