import { decodeWith } from "../codec/codec.ts";
import { type Transaction, transactionCodec } from "../primitives/transaction.ts";

// What V8 takes for our objects, measured on 64-bit Node.js 20 by `npm run bench -- mempool` and rounded up.
const ENTRY_BYTES = 1_750;
/** With its witness, of which no item is made until it is asked for. */
const INPUT_BYTES = 380;
const OUTPUT_BYTES = 120;

/** Bytes beyond its own that a transaction's buffer may hold before it is worth a copy. */
const FOREIGN_BYTES_MAX = 1_024;

/** Bytes of memory that an entry takes with all its indexes; about right, and never far too low. */
export function entryUsage({ bytes, inputs, outputs }: Transaction): number {
  return ENTRY_BYTES + bytes.length + inputs.length * INPUT_BYTES + outputs.length * OUTPUT_BYTES;
}

/** The same transaction on bytes of its own: one from a block would keep the whole block in memory. */
export function detached(transaction: Transaction): Transaction {
  const { bytes } = transaction;
  if (bytes.buffer.byteLength <= bytes.length + FOREIGN_BYTES_MAX) return transaction;
  return decodeWith(transactionCodec, bytes.slice());
}
