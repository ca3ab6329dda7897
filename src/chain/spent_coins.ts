/**
 * The coins that a block spends, in a file beside it: for each input of each transaction but the
 * coinbase, in order,
 *
 * ```text
 * i64      value      satoshi
 * u32      height     of the block that made it; 0 when it is not known
 * u8       coinbase   0 or 1
 * varbytes script
 * ```
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { malformed } from "../codec/decode_error.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Coin } from "../primitives/coin.ts";

/** The `height` of a coin of which nobody knows which block made it. */
export const UNKNOWN_HEIGHT = 0;

/**
 * All of the file; how many coins there are, the block says.
 *
 * @throws {DecodeError}
 */
export function readSpentCoins(bytes: Bytes): readonly Coin[] {
  const reader = new ByteReader(bytes);
  const coins: Coin[] = [];
  while (reader.remaining > 0) {
    const value = reader.i64AsNumber() as Sats;
    const height = reader.u32();
    const flag = reader.u8();
    if (flag > 1) throw malformed(reader.offset - 1, "coinbase", `${flag}, need 0 or 1`);
    coins.push({ value, height, isCoinbase: flag === 1, script: reader.varBytes("script") });
  }
  return coins;
}
