import { type Bytes, equalBytes, reversed, toHex } from "../base/bytes.ts";
import { sha256 } from "../crypto/crypto.ts";
import { Sha256Stream } from "../crypto/sha256_stream.ts";
import type { KeyValueStore } from "../store/key_value_store.ts";
import { serialiseCoin } from "./coin_serialisation.ts";
import { decodeCoinEntry, type ScannedCoin, scanCoins } from "./coins_scan.ts";

/**
 * One hash of all coins, in the order of a scan: Bitcoin Core's `hash_serialized_3`
 * (kernel/coinstats.cpp).
 */
export class CoinsHash {
  readonly #stream = new Sha256Stream();

  add({ outPoint, coin }: Pick<ScannedCoin, "outPoint" | "coin">): void {
    this.#stream.update(serialiseCoin(outPoint, coin));
  }

  /** Once, at the end; in display order. */
  text(): string {
    return toHex(reversed(sha256(this.#stream.digest())));
  }
}

/** The same of entries that are in memory, in the order of their keys. */
export function hashCoinEntries(entries: Iterable<readonly [key: Bytes, value: Bytes]>): string {
  const hash = new CoinsHash();
  let group: ScannedCoin[] = [];
  const endGroup = (): void => {
    for (const coin of group.sort((a, b) => a.outPoint.index - b.outPoint.index)) hash.add(coin);
    group = [];
  };
  for (const [key, value] of entries) {
    const found = decodeCoinEntry(key, value);
    const [first] = group;
    if (first !== undefined && !equalBytes(first.outPoint.txid, found.outPoint.txid)) endGroup();
    group.push(found);
  }
  endGroup();
  return hash.text();
}

/** Of all coins in `store`; `undefined` when there are none there, or it was stopped. */
export async function hashCoins(store: KeyValueStore, isStopped: () => boolean): Promise<string | undefined> {
  const snapshot = await scanCoins(store);
  if (snapshot === undefined) return undefined;
  const hash = new CoinsHash();
  for await (const scanned of snapshot.coins) {
    if (isStopped()) return undefined;
    hash.add(scanned);
  }
  return hash.text();
}
