/**
 * The ids of all transactions of a block, hashed in one go.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { hash256Ranges } from "../crypto/crypto.ts";
import type { BlockLayout } from "./block_layout.ts";
import { HASH_BYTES } from "./hash.ts";

const VERSION_BYTES = 4;
const MARKER_AND_FLAG_BYTES = 2;
const LOCKTIME_BYTES = 4;
/** A transaction without its witness is in three pieces at most, each from one offset to another. */
const PIECES = 3;

/** Without witness: version, inputs and outputs, locktime. */
export function transactionIds({ bytes, transactionCount, starts, witnessStarts }: BlockLayout): Bytes {
  const ranges = new Int32Array(transactionCount * 2 * PIECES);
  for (let i = 0, at = 0; i < transactionCount; i++) {
    const start = starts[i] as number;
    const end = starts[i + 1] as number;
    const witnessStart = witnessStarts[i] as number;
    const hasWitness = witnessStart > 0;
    ranges[at++] = start;
    ranges[at++] = hasWitness ? start + VERSION_BYTES : end;
    ranges[at++] = hasWitness ? start + VERSION_BYTES + MARKER_AND_FLAG_BYTES : end;
    ranges[at++] = hasWitness ? witnessStart : end;
    ranges[at++] = hasWitness ? end - LOCKTIME_BYTES : end;
    ranges[at++] = end;
  }
  return hash256Ranges(bytes, ranges, PIECES);
}

/** With witness, for those that have one; the others' are their `txids`. */
export function witnessIds(layout: BlockLayout, txids: Bytes): Bytes {
  const { bytes, transactionCount, starts, witnessStarts } = layout;
  const ids = txids.slice();
  const ranges = new Int32Array(2 * transactionCount);
  const owners = new Int32Array(transactionCount);
  let count = 0;
  for (let i = 0; i < transactionCount; i++) {
    if (witnessStarts[i] === 0) continue;
    ranges[2 * count] = starts[i] as number;
    ranges[2 * count + 1] = starts[i + 1] as number;
    owners[count++] = i;
  }
  const hashes = hash256Ranges(bytes, ranges.subarray(0, 2 * count), 1);
  for (let i = 0; i < count; i++) {
    const hash = hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);
    ids.set(hash, (owners[i] as number) * HASH_BYTES);
  }
  return ids;
}
