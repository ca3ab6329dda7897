/**
 * `tx`: one transaction, with its witness if it has one, as primitives/transaction.ts describes
 * it. It views the payload it came in, rather than copy it.
 *
 * @module
 */
import type { Codec } from "../../codec/codec.ts";
import { type Transaction, transactionCodec } from "../../primitives/transaction.ts";

export interface TxMessage {
  readonly transaction: Transaction;
}

export const txMessageCodec: Codec<TxMessage> = {
  size: ({ transaction }) => transactionCodec.size(transaction),
  encode: ({ transaction }, writer) => transactionCodec.encode(transaction, writer),
  decode: (reader) => ({ transaction: transactionCodec.decode(reader) }),
};
