/**
 * Coins as hashes over all of them see them (Bitcoin Core: kernel/coinstats.cpp).
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { ByteWriter, countSize } from "../codec/byte_writer.ts";
import type { Coin } from "../primitives/coin.ts";
import type { OutPoint } from "../primitives/transaction.ts";

/** Id, index, height and amount. */
const FIXED_BYTES = 32 + 4 + 4 + 8;

/** The same, and the script's length. */
const BOGO_BYTES = FIXED_BYTES + 2;

/** What the coin adds to `hash_serialized_3` and to `muhash`. */
export function serialiseCoin({ txid, index }: OutPoint, { height, isCoinbase, script, value }: Coin): Bytes {
  const writer = new ByteWriter(FIXED_BYTES + countSize(script.length) + script.length);
  writer.bytes(txid).u32(index).u32((height * 2 + (isCoinbase ? 1 : 0)) >>> 0);
  return writer.i64(BigInt(value)).varBytes(script).finish();
}

/** A size that depends on no database: what an output with this script would take without compression, about. */
export function bogoSize(script: Bytes): number {
  return BOGO_BYTES + script.length;
}
