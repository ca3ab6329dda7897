/**
 * A block: its header and its transactions, the coinbase first.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { ByteWriter, countSize } from "../codec/byte_writer.ts";
import type { Codec } from "../codec/codec.ts";
import { baseSizeOf, type BlockLayout, layOutBlock } from "./block_layout.ts";
import { HASH_BYTES, type BlockHash, type Txid, type Wtxid } from "./hash.ts";
import { type BlockHeader, HEADER_BYTES, headerCodec } from "./header.ts";
import { type Transaction, transactionCodec, WITNESS_SCALE_FACTOR } from "./transaction.ts";
import { transactionIds, witnessIds } from "./transaction_ids.ts";

/** Keeps the bytes it was read from. Transactions are made of them when someone asks. */
export class Block {
  readonly header: BlockHeader;
  /** The whole serialisation, with witnesses. */
  readonly bytes: Bytes;
  #transactions: readonly Transaction[] | undefined;
  #coinbase: Transaction | undefined;
  #layout: BlockLayout | undefined;
  #txids: Bytes | undefined;
  #wtxids: Bytes | undefined;

  /** For `blockCodec` and `Block.of`: `bytes` must be what the parts serialise to. */
  constructor(header: BlockHeader, transactions: readonly Transaction[] | BlockLayout, bytes: Bytes) {
    this.header = header;
    this.bytes = bytes;
    if ("transactionCount" in transactions) this.#layout = transactions;
    else this.#transactions = transactions;
  }

  static of(header: BlockHeader, transactions: readonly Transaction[]): Block {
    let size = HEADER_BYTES + countSize(transactions.length);
    for (const transaction of transactions) size += transaction.bytes.length;
    const writer = new ByteWriter(size).bytes(header.bytes).count(transactions.length);
    for (const transaction of transactions) writer.bytes(transaction.bytes);
    return new Block(header, transactions, writer.finish());
  }

  get hash(): BlockHash {
    return this.header.hash;
  }

  get transactionCount(): number {
    return this.#transactions?.length ?? this.layout.transactionCount;
  }

  /** The first transaction, whether it makes coins or not; `undefined` in a block without any. */
  get coinbase(): Transaction | undefined {
    if (this.#transactions !== undefined) return this.#transactions[0];
    if (this.layout.transactionCount === 0) return undefined;
    this.#coinbase ??= transactionCodec.decode(new ByteReader(this.bytes, this.layout.starts[0]));
    return this.#coinbase;
  }

  /** The coinbase first. */
  get transactions(): readonly Transaction[] {
    this.#transactions ??= this.#makeTransactions(this.layout);
    return this.#transactions;
  }

  /** Where everything stands in `bytes`. */
  get layout(): BlockLayout {
    this.#layout ??= layOutBlock(this.bytes);
    assert(this.#layout !== undefined, "a block is made from its bytes, or they from it");
    return this.#layout;
  }

  /** Of all transactions, joined. */
  get txids(): Bytes {
    const made = this.#transactions;
    this.#txids ??= made === undefined ? transactionIds(this.layout) : joined(made.map(({ txid }) => txid));
    return this.#txids;
  }

  /** With witnesses, of all transactions, joined; for one without witness it is its txid. */
  get wtxids(): Bytes {
    const made = this.#transactions;
    this.#wtxids ??= made === undefined ?
      witnessIds(this.layout, this.txids) : joined(made.map(({ wtxid }) => wtxid));
    return this.#wtxids;
  }

  /** Size without witnesses. */
  get baseSize(): number {
    return baseSizeOf(this.layout);
  }

  /** BIP141: at most 4,000,000 in a valid block. */
  get weight(): number {
    return this.baseSize * (WITNESS_SCALE_FACTOR - 1) + this.bytes.length;
  }

  #makeTransactions({ transactionCount, starts }: BlockLayout): readonly Transaction[] {
    const reader = new ByteReader(this.bytes, starts[0]);
    const idAt = (ids: Bytes | undefined, at: number) => ids?.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES);
    return Array.from({ length: transactionCount }, (_, at) => {
      const transaction = transactionCodec.decode(reader);
      const txid = idAt(this.#txids, at) as Txid | undefined;
      transaction.setIds(txid, idAt(this.#wtxids, at) as Wtxid | undefined);
      return transaction;
    });
  }
}

function joined(hashes: readonly Bytes[]): Bytes {
  const bytes = new Uint8Array(hashes.length * HASH_BYTES);
  hashes.forEach((hash, at) => bytes.set(hash, at * HASH_BYTES));
  return bytes;
}

export const blockCodec: Codec<Block> = {
  size: (block) => block.bytes.length,
  encode(block, writer) {
    writer.bytes(block.bytes);
  },
  decode(reader) {
    const start = reader.offset;
    const bytes = reader.rest();
    const layout = layOutBlock(bytes);
    const header = headerCodec.decode(reader);
    if (layout !== undefined) {
      reader.skip(reader.remaining);
      return new Block(header, layout, bytes);
    }
    // Something is wrong with it, or stands behind it.
    const count = reader.count("transactions");
    const transactions: Transaction[] = [];
    for (let i = 0; i < count; i++) transactions.push(transactionCodec.decode(reader));
    return new Block(header, transactions, reader.since(start));
  },
};
