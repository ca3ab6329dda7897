/**
 * `getblocktxn` asks for the transactions of a compact block that the receiver does not have;
 * `blocktxn` brings them (BIP152).
 *
 * ```text
 * getblocktxn   32 blockHash, count n, n x compact gap   places since the one before
 * blocktxn      32 blockHash, count n, n x transaction
 * ```
 *
 * @module
 */
import { countSize } from "../../codec/byte_writer.ts";
import type { Codec } from "../../codec/codec.ts";
import { overLimit } from "../../codec/decode_error.ts";
import { type BlockHash, HASH_BYTES } from "../../primitives/hash.ts";
import { type Transaction, transactionCodec } from "../../primitives/transaction.ts";
import { readHash } from "../hashes.ts";

/** Indexes have 16 bits (blockencodings.h). */
const INDEX_MAX = 0xffff;

export interface GetBlockTransactions {
  readonly blockHash: BlockHash;
  /** Places in the block, ascending. */
  readonly indexes: readonly number[];
}

export interface BlockTransactions {
  readonly blockHash: BlockHash;
  readonly transactions: readonly Transaction[];
}

export const getBlockTransactionsCodec: Codec<GetBlockTransactions> = {
  size({ indexes }) {
    let size = HASH_BYTES + countSize(indexes.length);
    let next = 0;
    for (const index of indexes) {
      size += countSize(index - next);
      next = index + 1;
    }
    return size;
  },

  encode({ blockHash, indexes }, writer) {
    writer.bytes(blockHash).count(indexes.length);
    let next = 0;
    for (const index of indexes) {
      writer.count(index - next);
      next = index + 1;
    }
  },

  decode(reader) {
    const blockHash = readHash<BlockHash>(reader);
    const count = reader.count("indexes", INDEX_MAX + 1);
    const indexes: number[] = [];
    let next = 0;
    for (let i = 0; i < count; i++) {
      const start = reader.offset;
      const index = next + reader.count("gap", INDEX_MAX);
      if (index > INDEX_MAX) throw overLimit(start, "index", index, INDEX_MAX);
      indexes.push(index);
      next = index + 1;
    }
    return { blockHash, indexes };
  },
};

export const blockTransactionsCodec: Codec<BlockTransactions> = {
  size({ transactions }) {
    let size = HASH_BYTES + countSize(transactions.length);
    for (const transaction of transactions) size += transactionCodec.size(transaction);
    return size;
  },

  encode({ blockHash, transactions }, writer) {
    writer.bytes(blockHash).count(transactions.length);
    for (const transaction of transactions) transactionCodec.encode(transaction, writer);
  },

  decode(reader) {
    const blockHash = readHash<BlockHash>(reader);
    const count = reader.count("transactions", INDEX_MAX + 1);
    const transactions: Transaction[] = [];
    for (let i = 0; i < count; i++) transactions.push(transactionCodec.decode(reader));
    return { blockHash, transactions };
  },
};
