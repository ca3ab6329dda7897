/**
 * Where each transaction of the chain stands, by its id.
 *
 * ```text
 * 't' 32 txid   u32 row of its block, u32 offset in it
 * ```
 *
 * A transaction of a block that left the chain stays, until it is found in another block.
 *
 * @module
 */
import { type Bytes, NO_BYTES } from "../../base/bytes.ts";
import type { Txid } from "../../primitives/hash.ts";
import type { KeyValueReader } from "../../store/key_value_store.ts";
import type { IndexBatch, IndexedBlock, Indexer, Work } from "./indexer.ts";
import { decodePlace, encodePlace, firstOffset, type TransactionPlace } from "./transaction_place.ts";

const PREFIX = 0x74;
/** Hashing an id, mostly. */
const MICROSECONDS_EACH = 8;
const PIECE = 100;

export class TransactionIndex implements Indexer {
  readonly kind = "txindex";
  readonly removesByBlock = false;
  readonly #store: KeyValueReader;

  constructor(store: KeyValueReader) {
    this.#store = store;
  }

  /** Whether it is there must be seen from the block. */
  find(txid: Txid): TransactionPlace | undefined {
    const value = this.#store.get(keyOf(txid));
    return value === undefined ? undefined : decodePlace(value);
  }

  restore(): undefined {}

  *append({ id, height, block }: IndexedBlock, batch: IndexBatch): Work {
    // Nobody can spend what genesis made.
    if (height === 0) return;
    let offset = firstOffset(block);
    for (const [at, transaction] of block.transactions.entries()) {
      batch.put(keyOf(transaction.txid), encodePlace(id, offset));
      offset += transaction.bytes.length;
      if (at % PIECE === PIECE - 1) yield PIECE * MICROSECONDS_EACH;
    }
  }

  remove(): true {
    return true;
  }

  state(): Bytes {
    return NO_BYTES;
  }

  isIntact(): boolean {
    return true;
  }
}

function keyOf(txid: Txid): Bytes {
  const key = new Uint8Array(1 + txid.length);
  key[0] = PREFIX;
  key.set(txid, 1);
  return key;
}
