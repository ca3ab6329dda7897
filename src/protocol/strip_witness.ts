import { decodeWith } from "../codec/codec.ts";
import { Block } from "../primitives/block.ts";
import { type Transaction, transactionCodec } from "../primitives/transaction.ts";

/** As a peer that asked for it without witness gets it. */
export function withoutWitness(transaction: Transaction): Transaction {
  return transaction.hasWitness ? decodeWith(transactionCodec, transaction.baseBytes) : transaction;
}

/** As a peer that asked for it without witnesses gets it. */
export function withoutWitnesses(block: Block): Block {
  return Block.of(block.header, block.transactions.map(withoutWitness));
}
