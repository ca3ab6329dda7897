/**
 * Which transaction of the chain spends an output.
 *
 * ```text
 * 's' 16 first bytes of the txid, u32 index   u32 row of the spender's block, u32 offset in it
 * ```
 *
 * Half of an id is enough: nobody can make two transactions that share it. Whoever looks one up sees
 * from the spender whether it is the one.
 *
 * @module
 */
import { type Bytes, NO_BYTES } from "../../base/bytes.ts";
import type { OutPoint } from "../../primitives/transaction.ts";
import type { KeyValueReader } from "../../store/key_value_store.ts";
import type { IndexBatch, IndexedBlock, Indexer, RemovedBlock, Work } from "./indexer.ts";
import { decodePlace, encodePlace, firstOffset, type TransactionPlace } from "./transaction_place.ts";

const PREFIX = 0x73;
const TXID_BYTES = 16;
const MICROSECONDS_EACH = 4;
const PIECE = 200;

export class SpenderIndex implements Indexer {
  readonly kind = "txospenderindex";
  readonly removesByBlock = true;
  readonly #store: KeyValueReader;

  constructor(store: KeyValueReader) {
    this.#store = store;
  }

  find(outPoint: OutPoint): TransactionPlace | undefined {
    const value = this.#store.get(keyOf(outPoint));
    return value === undefined ? undefined : decodePlace(value);
  }

  restore(): undefined {}

  *append({ id, block }: IndexedBlock, batch: IndexBatch): Work {
    let offset = firstOffset(block);
    let count = 0;
    for (const transaction of block.transactions) {
      const place = encodePlace(id, offset);
      offset += transaction.bytes.length;
      if (transaction.isCoinbase) continue;
      for (const { prevout } of transaction.inputs) {
        batch.put(keyOf(prevout), place);
        if (++count % PIECE === 0) yield PIECE * MICROSECONDS_EACH;
      }
    }
  }

  *remove({ block }: RemovedBlock, batch: IndexBatch): Work<boolean> {
    if (block === undefined) return false;
    let count = 0;
    for (const transaction of block.transactions) {
      if (transaction.isCoinbase) continue;
      for (const { prevout } of transaction.inputs) {
        batch.delete(keyOf(prevout));
        if (++count % PIECE === 0) yield PIECE * MICROSECONDS_EACH;
      }
    }
    return true;
  }

  state(): Bytes {
    return NO_BYTES;
  }

  isIntact(): boolean {
    return true;
  }
}

function keyOf({ txid, index }: OutPoint): Bytes {
  const key = new Uint8Array(1 + TXID_BYTES + 4);
  key[0] = PREFIX;
  key.set(txid.subarray(0, TXID_BYTES), 1);
  new DataView(key.buffer).setUint32(1 + TXID_BYTES, index, true);
  return key;
}
