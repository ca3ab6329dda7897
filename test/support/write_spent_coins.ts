import type { Bytes } from "../../src/base/bytes.ts";
import { ByteWriter, countSize } from "../../src/codec/byte_writer.ts";
import type { Coin } from "../../src/primitives/coin.ts";

/** What `readSpentCoins` reads. */
export function writeSpentCoins(coins: readonly Coin[]): Bytes {
  const size = coins.reduce((sum, { script }) => sum + 13 + countSize(script.length) + script.length, 0);
  const writer = new ByteWriter(size);
  for (const { value, height, isCoinbase, script } of coins) {
    writer.i64FromNumber(value).u32(height).u8(isCoinbase ? 1 : 0).varBytes(script);
  }
  return writer.finish();
}
