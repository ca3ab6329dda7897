/**
 * What undoes a block: the coins that it spent, in the order of its inputs.
 *
 * ```text
 * count   coins
 * each    count script bytes, coin (coin_codec.ts)
 * ```
 *
 * In the file it is followed by its checksum: `hash256` of the hash of the block before it and of
 * these bytes, so that what undoes another block is not taken for it (Bitcoin Core's rev files
 * have the same).
 *
 * @module
 */
import { type Bytes, concatBytes } from "../base/bytes.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { ByteWriter, countSize } from "../codec/byte_writer.ts";
import { decoded } from "../codec/decode_error.ts";
import { hash256 } from "../crypto/crypto.ts";
import type { Coin } from "../primitives/coin.ts";
import type { BlockHash } from "../primitives/hash.ts";
import { coinHeadSize, readCoin, writeCoinHead } from "./coin_codec.ts";

export const UNDO_CHECKSUM_BYTES = 32;

export function encodeUndo(coins: readonly Coin[]): Bytes {
  let size = countSize(coins.length);
  for (const coin of coins) size += countSize(coin.script.length) + coinHeadSize(coin) + coin.script.length;
  const writer = new ByteWriter(size);
  writer.count(coins.length);
  for (const coin of coins) {
    const head = new Uint8Array(coinHeadSize(coin));
    writeCoinHead(head, 0, coin);
    writer.count(coin.script.length).bytes(head).bytes(coin.script);
  }
  return writer.finish();
}

/** `undefined` when the bytes are not what `encodeUndo` writes. */
export function decodeUndo(bytes: Bytes): readonly Coin[] | undefined {
  return decoded(() => {
    const reader = new ByteReader(bytes);
    const count = reader.count("coins");
    const coins: Coin[] = [];
    for (let i = 0; i < count; i++) coins.push(readCoin(reader, reader.count("script bytes")));
    reader.end();
    return coins;
  });
}

/** `previous` is the hash of the block before the one that is undone. */
export function undoChecksum(previous: BlockHash, undo: Bytes): Bytes {
  return hash256(concatBytes(previous, undo));
}
