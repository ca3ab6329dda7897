/**
 * Sums over all coins as of one block, and over all that was ever made and spent until then.
 *
 * @module
 */
import type { Bytes } from "../../base/bytes.ts";
import { ByteReader } from "../../codec/byte_reader.ts";
import { ByteWriter } from "../../codec/byte_writer.ts";
import { decoded } from "../../codec/decode_error.ts";
import { type BlockHash, HASH_BYTES } from "../../primitives/hash.ts";

/** Amounts in satoshi: sums over the whole history, which no double need hold. */
export interface CoinTotals {
  readonly outputs: number;
  readonly bogoSize: number;
  /** Of all coins there are. */
  readonly amount: bigint;
  readonly subsidy: bigint;
  readonly prevoutsSpent: bigint;
  readonly newOutputs: bigint;
  readonly coinbase: bigint;
  readonly unspendableGenesis: bigint;
  readonly unspendableBip30: bigint;
  readonly unspendableScripts: bigint;
  readonly unclaimedRewards: bigint;
}

export const NO_COINS: CoinTotals = {
  outputs: 0, bogoSize: 0, amount: 0n, subsidy: 0n, prevoutsSpent: 0n, newOutputs: 0n, coinbase: 0n,
  unspendableGenesis: 0n, unspendableBip30: 0n, unspendableScripts: 0n, unclaimedRewards: 0n,
};

/** What nobody can ever spend. */
export function totalUnspendable(totals: CoinTotals): bigint {
  const { unclaimedRewards, unspendableBip30, unspendableGenesis, unspendableScripts } = totals;
  return unspendableGenesis + unspendableBip30 + unspendableScripts + unclaimedRewards;
}

/** The totals after one block, and the hash over the coins. */
export interface CoinTotalsEntry {
  readonly hash: BlockHash;
  readonly muhash: Bytes;
  readonly totals: CoinTotals;
}

const AMOUNTS = [
  "amount", "subsidy", "prevoutsSpent", "newOutputs", "coinbase",
  "unspendableGenesis", "unspendableBip30", "unspendableScripts", "unclaimedRewards",
] as const satisfies readonly (keyof CoinTotals)[];

const WORD = 0xffff_ffff_ffff_ffffn;

/** 32 block hash, 32 muhash, u64 outputs, u64 bogoSize, and each amount in 128 bits. */
export function encodeTotals({ hash, muhash, totals }: CoinTotalsEntry): Bytes {
  const writer = new ByteWriter(2 * HASH_BYTES + 16 + 16 * AMOUNTS.length);
  writer.bytes(hash).bytes(muhash).u64(BigInt(totals.outputs)).u64(BigInt(totals.bogoSize));
  for (const name of AMOUNTS) writer.u64(totals[name] & WORD).u64(totals[name] >> 64n);
  return writer.finish();
}

export function decodeTotals(bytes: Bytes): CoinTotalsEntry | undefined {
  return decoded(() => {
    const reader = new ByteReader(bytes);
    const hash = reader.copy(HASH_BYTES) as BlockHash;
    const muhash = reader.copy(HASH_BYTES);
    const [outputs, bogoSize] = [Number(reader.u64()), Number(reader.u64())];
    const amounts = Object.fromEntries(AMOUNTS.map((name) => [name, reader.u64() | (reader.u64() << 64n)]));
    reader.end();
    return { hash, muhash, totals: { ...NO_COINS, ...amounts, outputs, bogoSize } };
  });
}
