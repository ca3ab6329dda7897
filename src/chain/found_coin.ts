/**
 * Coins that are looked for by the bytes of an outpoint, and found without an object being made:
 * thousands of them in every block.
 *
 * @module
 */
import { type Bytes, NO_BYTES } from "../base/bytes.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Coin } from "../primitives/coin.ts";
import { coinCode } from "./coin_codec.ts";

/** What is known of an outpoint. */
export const UNKNOWN = 0;
export const IS_SPENT = 1;
export const IS_COIN = 2;

export type Finding = typeof UNKNOWN | typeof IS_SPENT | typeof IS_COIN;

/** The fields of the coin that was found last, where they stand: good until the next search or change. */
export class FoundCoin {
  value = 0;
  /** As `coinCode` gives it. */
  code = 0;
  /** The script is what stands in `bytes` from `start` on, up to `end`. */
  bytes: Bytes = NO_BYTES;
  start = 0;
  end = 0;

  set({ value, script, height, isCoinbase }: Coin): void {
    this.value = value;
    this.code = coinCode(height, isCoinbase);
    this.bytes = script;
    this.start = 0;
    this.end = script.length;
  }

  /** With a copy of the script. */
  coin(): Coin {
    return {
      value: this.value as Sats,
      script: this.bytes.slice(this.start, this.end),
      height: this.code >>> 1,
      isCoinbase: (this.code & 1) === 1,
    };
  }
}
