/**
 * Sums and hashes over all unspent coins (Bitcoin Core: kernel/coinstats.cpp).
 *
 * @module
 */
import { equalBytes, reversed, toHex } from "../base/bytes.ts";
import { bogoSize, serialiseCoin } from "../chain/coin_serialisation.ts";
import { CoinsHash } from "../chain/coins_hash.ts";
import type { CoinsSnapshot, ScannedCoin } from "../chain/coins_scan.ts";
import { MuHash } from "../crypto/muhash.ts";
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
    sums.bogoSize += bogoSize(script);
    sums.storedBytes += storedBytes;
    sums.amount += value;
    hash.add(scanned);
  }
  return { ...sums, hash: hash.text() };
}

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
      return {
        add: (coin) => set.insert(serialiseCoin(coin.outPoint, coin.coin)),
        text: () => toHex(reversed(set.digest())),
      };
    }
    case "hash_serialized_3":
      return new CoinsHash();
  }
}
