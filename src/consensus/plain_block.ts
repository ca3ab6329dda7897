/**
 * Quick answers about a block from its bytes alone: yes, or perhaps not. The rules proper, which say
 * what is wrong and in Bitcoin Core's order, are asked only after a "perhaps not".
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { wordAt } from "../base/salted_hash.ts";
import { MONEY_MAX } from "../primitives/amount.ts";
import { baseSizeOf, type BlockLayout, valueAt } from "../primitives/block_layout.ts";
import { WITNESS_SCALE_FACTOR } from "../primitives/transaction.ts";
import { countSigopsIn } from "../script/sigops.ts";
import {
  BLOCK_SIGOP_COST_MAX, BLOCK_WEIGHT_MAX, COINBASE_SCRIPT_BYTES_MAX, COINBASE_SCRIPT_BYTES_MIN,
} from "./limits.ts";

/** Where the index stands in an outpoint. */
const INDEX = 32;

/** A transaction with more inputs has its outpoints compared by sorting a word of each. */
const PAIRWISE_INPUTS_MAX = 32;

/** Whether all rules are kept that need nothing but the block's transactions; false: perhaps not. */
export function isPlainlyGood(layout: BlockLayout): boolean {
  const { transactionCount } = layout;
  if (transactionCount === 0 || !isPlainCoinbase(layout)) return false;
  if (baseSizeOf(layout) * WITNESS_SCALE_FACTOR > BLOCK_WEIGHT_MAX) return false;
  for (let i = 0; i < transactionCount; i++) {
    if (!arePlainInputs(layout, i) || !arePlainOutputs(layout, i)) return false;
  }
  return legacySigopsOf(layout) * WITNESS_SCALE_FACTOR <= BLOCK_SIGOP_COST_MAX;
}

/** Whether every transaction may be in a block at `height`, by its locktime alone; `time` as in `isFinal`. */
export function isPlainlyFinal(
  { bytes, starts, transactionCount }: BlockLayout, height: number, time: number,
): boolean {
  for (let i = 1; i <= transactionCount; i++) {
    const locktime = wordAt(bytes, (starts[i] as number) - 4) >>> 0;
    if (locktime !== 0 && locktime >= (locktime < LOCKTIME_THRESHOLD ? height : time)) return false;
  }
  return true;
}

/** As in `isFinal`: a smaller one is a height. */
const LOCKTIME_THRESHOLD = 500_000_000;

/** In all scripts that stand in the block. */
export function legacySigopsOf(layout: BlockLayout): number {
  const { bytes, inputCount, outputCount, scriptEnds, scripts, scriptSigs, sequences } = layout;
  let count = 0;
  for (let i = 0; i < inputCount; i++) {
    count += countSigopsIn(bytes, scriptSigs[i] as number, sequences[i] as number, false);
  }
  for (let i = 0; i < outputCount; i++) {
    count += countSigopsIn(bytes, scripts[i] as number, scriptEnds[i] as number, false);
  }
  return count;
}

function isPlainCoinbase({ bytes, firstInputs, outPoints, scriptSigs, sequences }: BlockLayout): boolean {
  if (firstInputs[1] !== 1 || !isNull(bytes, outPoints[0] as number)) return false;
  const length = (sequences[0] as number) - (scriptSigs[0] as number);
  return length >= COINBASE_SCRIPT_BYTES_MIN && length <= COINBASE_SCRIPT_BYTES_MAX;
}

/** There are some, and each spends something, and not what another spends. */
function arePlainInputs({ bytes, firstInputs, outPoints }: BlockLayout, transaction: number): boolean {
  const first = firstInputs[transaction] as number;
  const end = firstInputs[transaction + 1] as number;
  if (first === end) return false;
  if (transaction === 0) return true;
  for (let i = first; i < end; i++) if (isNull(bytes, outPoints[i] as number)) return false;
  return end - first > PAIRWISE_INPUTS_MAX ? differBySorting(bytes, outPoints, first, end) :
    differPairwise(bytes, outPoints, first, end);
}

function differPairwise(bytes: Bytes, outPoints: Int32Array, first: number, end: number): boolean {
  for (let i = first + 1; i < end; i++) {
    const at = outPoints[i] as number;
    const word = wordAt(bytes, at);
    for (let j = first; j < i; j++) {
      const other = outPoints[j] as number;
      // Outputs of one transaction differ in their index, others already here.
      if (wordAt(bytes, other) !== word) continue;
      if (wordAt(bytes, other + INDEX) === wordAt(bytes, at + INDEX)) return false;
    }
  }
  return true;
}

function differBySorting(bytes: Bytes, outPoints: Int32Array, first: number, end: number): boolean {
  const words = new Int32Array(end - first);
  for (let i = first; i < end; i++) {
    const at = outPoints[i] as number;
    words[i - first] = wordAt(bytes, at) ^ Math.imul(wordAt(bytes, at + INDEX), 0x9e37_79b1);
  }
  words.sort();
  for (let i = 1; i < words.length; i++) if (words[i] === words[i - 1]) return false;
  return true;
}

function arePlainOutputs({ bytes, firstOutputs, values }: BlockLayout, transaction: number): boolean {
  const first = firstOutputs[transaction] as number;
  const end = firstOutputs[transaction + 1] as number;
  let total = 0;
  for (let i = first; i < end; i++) {
    const value = valueAt(bytes, values[i] as number);
    total += value;
    if (value > MONEY_MAX || total > MONEY_MAX) return false;
  }
  return end > first;
}

function isNull(bytes: Bytes, outPoint: number): boolean {
  if (wordAt(bytes, outPoint + INDEX) !== -1) return false;
  for (let i = 0; i < INDEX; i++) if (bytes[outPoint + i] !== 0) return false;
  return true;
}
