/**
 * Coins as hashes over all of them see them (Bitcoin Core: kernel/coinstats.cpp).
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { countSize } from "../codec/byte_writer.ts";
import type { Coin } from "../primitives/coin.ts";
import type { OutPoint } from "../primitives/transaction.ts";

/** Id, index, height and amount. */
const FIXED_BYTES = 32 + 4 + 4 + 8;

/** The same, and the script's length. */
const BOGO_BYTES = FIXED_BYTES + 2;

/** What the coin adds to `hash_serialized_3` and to `muhash`. */
export function serialiseCoin(outPoint: OutPoint, coin: Coin): Bytes {
  const bytes = new Uint8Array(coinSize(coin));
  putCoin(bytes, new DataView(bytes.buffer), 0, outPoint, coin);
  return bytes;
}

export function coinSize({ script: { length } }: Coin): number {
  return FIXED_BYTES + countSize(length) + length;
}

/** Writes `coinSize(coin)` bytes at `offset`. `view` is of all of `bytes`. */
export function putCoin(bytes: Bytes, view: DataView, offset: number, outPoint: OutPoint, coin: Coin): void {
  const { height, isCoinbase, script, value } = coin;
  bytes.set(outPoint.txid, offset);
  view.setUint32(offset + 32, outPoint.index, true);
  view.setUint32(offset + 36, height * 2 + (isCoinbase ? 1 : 0), true);
  // No coin is worth less than nothing, or more than a double holds.
  view.setUint32(offset + 40, value % 2 ** 32, true);
  view.setUint32(offset + 44, Math.floor(value / 2 ** 32), true);
  putScript(bytes, view, offset + FIXED_BYTES, script);
}

/** With its length before it, as a CompactSize. */
function putScript(bytes: Bytes, view: DataView, offset: number, script: Bytes): void {
  const { length } = script;
  const head = countSize(length);
  if (head === 1) {
    bytes[offset] = length;
  } else {
    bytes[offset] = head === 3 ? 0xfd : 0xfe;
    if (head === 3) view.setUint16(offset + 1, length, true);
    else view.setUint32(offset + 1, length, true);
  }
  bytes.set(script, offset + head);
}

/** A size that depends on no database: what an output with this script would take without compression, about. */
export function bogoSize(script: Bytes): number {
  return BOGO_BYTES + script.length;
}
