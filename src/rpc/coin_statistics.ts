/**
 * Sums and hashes over all unspent coins (Bitcoin Core: kernel/coinstats.cpp).
 *
 * @module
 */
import { type Bytes, equalBytes, reversed, toHex } from "../base/bytes.ts";
import type { CoinsSnapshot, ScannedCoin } from "../chain/coins_scan.ts";
import { ByteWriter, countSize } from "../codec/byte_writer.ts";
import { sha256 } from "../crypto/crypto.ts";
import { MuHash } from "../crypto/muhash.ts";
import { Sha256Stream } from "../crypto/sha256_stream.ts";
import type { Txid } from "../primitives/hash.ts";

export type CoinsHashType = "hash_serialized_3" | "muhash" | "none";

export interface CoinStatistics {
  readonly outputs: number;
  /** Transactions that have any. */
  readonly transactions: number;
  /** A size that depends on no database: what each output would take without compression, about. */
  readonly bogoSize: number;
  readonly storedBytes: number;
  /** Satoshi. */
  readonly amount: number;
  /** In display order. */
  readonly hash: string | undefined;
}

/** `undefined` when it was stopped. */
export async function coinStatistics(
  { coins }: CoinsSnapshot, type: CoinsHashType, isStopped: () => boolean,
): Promise<CoinStatistics | undefined> {
  const hash = hasherOf(type);
  const sums = { outputs: 0, transactions: 0, bogoSize: 0, storedBytes: 0, amount: 0 };
  let lastTxid: Txid | undefined;
  for await (const scanned of coins) {
    if (isStopped()) return undefined;
    const { coin: { script, value }, outPoint: { txid }, storedBytes } = scanned;
    if (lastTxid === undefined || !equalBytes(txid, lastTxid)) sums.transactions++;
    lastTxid = txid;
    sums.outputs++;
    sums.bogoSize += BOGO_BYTES + script.length;
    sums.storedBytes += storedBytes;
    sums.amount += value;
    hash.add(scanned);
  }
  return { ...sums, hash: hash.text() };
}

/** Id, index, height, amount and the script's length. */
const BOGO_BYTES = 32 + 4 + 4 + 8 + 2;

/** Id, index, height and amount. */
const FIXED_BYTES = 32 + 4 + 4 + 8;

interface CoinsHasher {
  add(coin: ScannedCoin): void;
  text(): string | undefined;
}

function hasherOf(type: CoinsHashType): CoinsHasher {
  switch (type) {
    case "none":
      return { add() {}, text: () => undefined };
    case "muhash": {
      const set = new MuHash();
      return { add: (coin) => set.insert(encode(coin)), text: () => toHex(reversed(set.digest())) };
    }
    case "hash_serialized_3": {
      const stream = new Sha256Stream();
      return {
        add: (coin) => void stream.update(encode(coin)),
        text: () => toHex(reversed(sha256(stream.digest()))),
      };
    }
  }
}

function encode({ outPoint: { txid, index }, coin }: ScannedCoin): Bytes {
  const { height, isCoinbase, script, value } = coin;
  const writer = new ByteWriter(FIXED_BYTES + countSize(script.length) + script.length);
  writer.bytes(txid).u32(index).u32((height * 2 + (isCoinbase ? 1 : 0)) >>> 0);
  return writer.i64(BigInt(value)).varBytes(script).finish();
}
