import type { Bytes } from "../base/bytes.ts";
import { decodeWith } from "../codec/codec.ts";
import { baseSizeOf, type BlockLayout, LOCKTIME_BYTES } from "../primitives/block_layout.ts";
import { type Transaction, transactionCodec } from "../primitives/transaction.ts";

const VERSION_BYTES = 4;
const MARKER_AND_FLAG_BYTES = 2;

/** As a peer that asked for it without witness gets it. */
export function withoutWitness(transaction: Transaction): Transaction {
  return transaction.hasWitness ? decodeWith(transactionCodec, transaction.baseBytes) : transaction;
}

/**
 * The bytes of a block as a peer that asked for it without witnesses gets them. A megabyte takes 2 ms to lay
 * out, and to decode 50.
 */
export function withoutWitnesses(layout: BlockLayout): Bytes {
  const { bytes, starts, witnessStarts, transactionCount } = layout;
  const stripped = new Uint8Array(baseSizeOf(layout));
  let from = 0;
  let length = 0;
  const keepUntil = (end: number): void => {
    stripped.set(bytes.subarray(from, end), length);
    length += end - from;
  };
  for (let i = 0; i < transactionCount; i++) {
    const witnessStart = witnessStarts[i] as number;
    if (witnessStart === 0) continue;
    const versionEnd = (starts[i] as number) + VERSION_BYTES;
    keepUntil(versionEnd);
    from = versionEnd + MARKER_AND_FLAG_BYTES;
    keepUntil(witnessStart);
    from = (starts[i + 1] as number) - LOCKTIME_BYTES;
  }
  keepUntil(bytes.length);
  return stripped;
}
