/**
 * The unspent coins as of one block: what is on disk, under a table of changes that are not.
 *
 * ```text
 *            changes                  flush                   all written
 *   filling ─────────▶ filling ─────────────▶ filling + sealed ──────────▶ filling
 * ```
 *
 * A flush seals the table, and a new one is filled on top of it meanwhile; the sealed one answers
 * until the last of its slices is acknowledged. Between the first slice and the last the database
 * holds coins of two heads, and says so, as Bitcoin Core's does (txdb.cpp, DB_HEAD_BLOCKS):
 *
 * ```text
 * 'B'   32 hash of the block as of which the coins are
 * 'H'   32 new head, 32 old head: a flush from one to the other is under way ('B' is away)
 * ```
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { type Bytes, concatBytes } from "../base/bytes.ts";
import type { HashSalt } from "../base/salted_hash.ts";
import { DecodeError } from "../codec/decode_error.ts";
import type { Coin } from "../primitives/coin.ts";
import { type BlockHash, HASH_BYTES, type Txid } from "../primitives/hash.ts";
import type { OutPoint } from "../primitives/transaction.ts";
import type { Change, KeyValueReader } from "../store/key_value_store.ts";
import { coinKey, decodeCoin, encodeCoin } from "./coin_codec.ts";
import { CoinsTable, outPointHash } from "./coins_table.ts";
import { type FoundCoin, IS_COIN, UNKNOWN } from "./found_coin.ts";

export const COINS_HEAD_KEY = Uint8Array.of(0x42);
const TWO_HEADS_KEY = Uint8Array.of(0x48);

/** Coins in one batch: a few milliseconds of encoding, and of LevelDB's attention. */
export const FLUSH_SLICE_COINS = 5_000;

/** What the database says it holds. */
export type CoinsHead =
  | { readonly type: "none" }
  | { readonly type: "block"; readonly hash: BlockHash }
  | { readonly type: "between"; readonly from: BlockHash; readonly to: BlockHash };

export function readCoinsHead(store: KeyValueReader): CoinsHead | undefined {
  const heads = store.get(TWO_HEADS_KEY);
  if (heads !== undefined) {
    if (heads.length !== 2 * HASH_BYTES) return undefined;
    const [to, from] = [heads.slice(0, HASH_BYTES), heads.slice(HASH_BYTES)];
    return { type: "between", from: from as BlockHash, to: to as BlockHash };
  }
  const hash = store.get(COINS_HEAD_KEY);
  if (hash === undefined) return { type: "none" };
  return hash.length === HASH_BYTES ? { type: "block", hash: hash as BlockHash } : undefined;
}

/** A flush under way: `slice()` gives the next batch until there is none. */
export interface CoinsFlush {
  readonly head: BlockHash;
  slice(): readonly Change[] | undefined;
  /** After the last slice is acknowledged. */
  done(): void;
}

export class CoinsCache {
  readonly #store: KeyValueReader;
  readonly #salt: HashSalt;
  /** The bytes of a coin are not a coin's: the caller says where, and stops. */
  readonly #corrupt: (outPoint: OutPoint) => void;
  readonly #batchBytes: number;
  #table: CoinsTable;
  #sealed: CoinsTable | undefined;
  #durableHead: BlockHash;
  #hasStored: boolean | undefined;

  constructor(
    store: KeyValueReader,
    salt: HashSalt,
    durableHead: BlockHash,
    corrupt: (outPoint: OutPoint) => void,
    batchBytes = Number.POSITIVE_INFINITY,
  ) {
    this.#store = store;
    this.#salt = salt;
    this.#table = new CoinsTable(salt);
    this.#durableHead = durableHead;
    this.#corrupt = corrupt;
    this.#batchBytes = batchBytes;
  }

  /** Memory taken by changes that are not on disk, or not known to be. */
  get bytes(): number {
    return this.#table.bytes + (this.#sealed?.bytes ?? 0);
  }

  get size(): number {
    return this.#table.size + (this.#sealed?.size ?? 0);
  }

  /** Memory of changes that a flush would seal. */
  get unsealedBytes(): number {
    return this.#table.bytes;
  }

  get isFlushing(): boolean {
    return this.#sealed !== undefined;
  }

  /** The block as of which a restart would find the coins, but for what is replayed. */
  get durableHead(): BlockHash {
    return this.#durableHead;
  }

  get(outPoint: OutPoint): Coin | undefined {
    const entry = this.#table.get(outPoint) ?? this.#sealed?.get(outPoint);
    if (entry !== undefined) return entry === "spent" ? undefined : entry;
    return this.#stored(outPoint);
  }

  /** Whether there is an unspent coin, which is then `found`; `hash` as `hashOf` gave it. */
  find(bytes: Bytes, offset: number, index: number, hash: number, found: FoundCoin): boolean {
    const finding = this.#table.find(bytes, offset, index, hash, found) ||
      (this.#sealed?.find(bytes, offset, index, hash, found) ?? UNKNOWN);
    if (finding !== UNKNOWN) return finding === IS_COIN;
    const txid = bytes.slice(offset, offset + HASH_BYTES) as Txid;
    const coin = this.#mayBeStored() ? this.#stored({ txid, index }) : undefined;
    if (coin !== undefined) found.set(coin);
    return coin !== undefined;
  }

  /** Where the outpoint, whose id stands in `bytes` at `offset`, is in the tables. */
  hashOf(bytes: Bytes, offset: number, index: number): number {
    return outPointHash(this.#salt, bytes, offset, index);
  }

  /** As `add`, of an outpoint as `find` takes it. */
  addFound(
    bytes: Bytes, offset: number, index: number, hash: number, coin: FoundCoin, mayOverwrite: boolean,
  ): void {
    this.#table.putFound(bytes, offset, index, hash, coin, !mayOverwrite);
  }

  /** As `spend`, of an outpoint as `find` takes it. */
  spendFound(bytes: Bytes, offset: number, index: number, hash: number): void {
    this.#table.spendFound(bytes, offset, index, hash);
  }

  /** `mayOverwrite`: there may be a coin already, as two early coinbases had the same id (BIP30). */
  add(outPoint: OutPoint, coin: Coin, mayOverwrite: boolean): void {
    this.#table.put(outPoint, coin, !mayOverwrite);
  }

  spend(outPoint: OutPoint): void {
    this.#table.spend(outPoint);
  }

  /** Seals what has changed since the last flush; the coins are then as of `head`. */
  startFlush(head: BlockHash): CoinsFlush {
    assert(this.#sealed === undefined, "one flush at a time");
    this.#hasStored = true;
    const sealed = (this.#sealed = this.#table);
    this.#table = new CoinsTable(this.#salt);
    const slices = slicesOf(sealed, this.#durableHead, head, this.#batchBytes);
    return {
      head,
      slice: () => slices.next().value ?? undefined,
      done: () => {
        this.#sealed = undefined;
        this.#durableHead = head;
      },
    };
  }

  /** A new chain has no coins on disk before the first flush: to ask for each of them takes long. */
  #mayBeStored(): boolean {
    this.#hasStored ??= readCoinsHead(this.#store)?.type !== "none";
    return this.#hasStored;
  }

  #stored(outPoint: OutPoint): Coin | undefined {
    const key = coinKey(outPoint);
    const value = this.#store.get(key);
    if (value === undefined) return undefined;
    try {
      return decodeCoin(key, value);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#corrupt(outPoint);
      return undefined;
    }
  }
}

function* slicesOf(
  table: CoinsTable,
  from: BlockHash,
  to: BlockHash,
  batchBytes: number,
): Generator<readonly Change[], undefined> {
  let slice: Change[] = [];
  let bytes = 0;
  let isFirst = true;
  for (const [outPoint, coin] of table.changes()) {
    if (slice.length >= FLUSH_SLICE_COINS || bytes >= batchBytes) {
      if (isFirst) slice.push(...betweenHeads(from, to));
      isFirst = false;
      yield slice;
      slice = [];
      bytes = 0;
    }
    const key = coinKey(outPoint);
    const value = coin === undefined ? undefined : encodeCoin(key, coin);
    bytes += key.length + (value?.length ?? 0);
    slice.push(value === undefined ? { type: "delete", key } : { type: "put", key, value });
  }
  slice.push({ type: "put", key: COINS_HEAD_KEY, value: to });
  if (!isFirst) slice.push({ type: "delete", key: TWO_HEADS_KEY });
  yield slice;
  return undefined;
}

function betweenHeads(from: Bytes, to: Bytes): readonly Change[] {
  return [
    { type: "delete", key: COINS_HEAD_KEY },
    { type: "put", key: TWO_HEADS_KEY, value: concatBytes(to, from) },
  ];
}
