/**
 * The coins as of an earlier block: those of now, and what taking back the blocks in between changes.
 *
 * The changes are gathered in a store of their own, so that neither they nor the coins have to fit into
 * memory, and nothing is done to the chain.
 *
 * ```text
 * key     32 txid, u32be index: in the order of a scan of the coins
 * value   the coin, as the coin database has it; empty for one that was not there yet
 * ```
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import type { Block } from "../primitives/block.ts";
import type { Coin } from "../primitives/coin.ts";
import { HASH_BYTES, type Txid } from "../primitives/hash.ts";
import type { OutPoint } from "../primitives/transaction.ts";
import type { Change, KeyValueStore } from "../store/key_value_store.ts";
import { coinKey, decodeCoin, encodeCoin } from "./coin_codec.ts";
import type { ScannedCoin } from "./coins_scan.ts";

const KEY_BYTES = HASH_BYTES + 4;
const FIRST_KEY: Bytes = new Uint8Array(0);
/** Above every key. */
const END_KEY = new Uint8Array(KEY_BYTES + 1).fill(0xff);
const NOT_THERE: Bytes = new Uint8Array(0);

type Entries = AsyncIterator<readonly [key: Bytes, value: Bytes]>;

export class CoinsRollback {
  readonly #store: KeyValueStore;

  /** `store` is empty, and nobody else's. */
  constructor(store: KeyValueStore) {
    this.#store = store;
  }

  /** Takes back a block, the latest first; `spent`: the coins that it spent, in the order of its inputs. */
  async undo(block: Block, spent: readonly Coin[]): Promise<void> {
    const changes: Change[] = [];
    let left = spent.length;
    for (const { inputs, isCoinbase, outputs, txid } of block.transactions.toReversed()) {
      for (let index = 0; index < outputs.length; index++) changes.push(change({ txid, index }, undefined));
      if (isCoinbase) continue;
      for (const { prevout } of inputs.toReversed()) changes.push(change(prevout, spent[--left]));
    }
    await this.#store.write(changes);
  }

  /** `coins`, which are as of the first block that was taken back, as they were before the last one. */
  async *apply(coins: AsyncGenerator<ScannedCoin, undefined>): AsyncGenerator<ScannedCoin, undefined> {
    const entries = this.#store.scan(FIRST_KEY, END_KEY)[Symbol.asyncIterator]();
    let entry = await entries.next();
    try {
      for await (const scanned of coins) {
        const key = keyOf(scanned.outPoint);
        for (; entry.done !== true && compareKeys(entry.value[0], key) < 0; entry = await entries.next()) {
          yield* coinOf(entry.value);
        }
        if (entry.done === true || compareKeys(entry.value[0], key) !== 0) yield scanned;
      }
      for (; entry.done !== true; entry = await entries.next()) yield* coinOf(entry.value);
    } finally {
      await (entries as Entries).return?.();
    }
    return undefined;
  }
}

function change(outPoint: OutPoint, coin: Coin | undefined): Change {
  const value = coin === undefined ? NOT_THERE : encodeCoin(coinKey(outPoint), coin);
  return { type: "put", key: keyOf(outPoint), value };
}

function keyOf({ txid, index }: OutPoint): Bytes {
  const key = new Uint8Array(KEY_BYTES);
  key.set(txid);
  new DataView(key.buffer).setUint32(HASH_BYTES, index);
  return key;
}

function compareKeys(a: Bytes, b: Bytes): number {
  for (let i = 0; i < KEY_BYTES; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return 0;
}

function* coinOf([key, value]: readonly [key: Bytes, value: Bytes]): Generator<ScannedCoin, undefined> {
  if (value.length === 0) return undefined;
  const index = new DataView(key.buffer, key.byteOffset).getUint32(HASH_BYTES);
  const outPoint = { txid: new ByteReader(key).bytes(HASH_BYTES) as Txid, index };
  const storedKey = coinKey(outPoint);
  yield { outPoint, coin: decodeCoin(storedKey, value), storedBytes: storedKey.length + value.length };
  return undefined;
}
