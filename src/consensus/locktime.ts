/**
 * When a transaction may be in a block: absolute locktimes, and relative ones by input (BIP68).
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { SEQUENCE_FINAL, type Transaction } from "../primitives/transaction.ts";

/** A locktime below this is a height, from it on Unix seconds. */
export const LOCKTIME_THRESHOLD = 500_000_000;

export const SEQUENCE_DISABLED = 0x8000_0000;
export const SEQUENCE_IS_TIME = 0x0040_0000;
const SEQUENCE_MASK = 0xffff;
/** Relative times count in units of 512 seconds. */
const SEQUENCE_TIME_UNIT = 512;

/** Whether it may be in a block at `height`; `time` is that block's own or the median time past before it. */
export function isFinal({ locktime, inputs }: Transaction, height: number, time: number): boolean {
  if (locktime === 0) return true;
  if (locktime < (locktime < LOCKTIME_THRESHOLD ? height : time)) return true;
  return inputs.every(({ sequence }) => sequence === SEQUENCE_FINAL);
}

/** The last height and the last median time past at which a block may not hold it; -1 for none. */
export interface SequenceLocks {
  readonly height: number;
  readonly time: number;
}

/**
 * `coinHeights` are those of the blocks that made the outputs spent, in the order of the inputs;
 * `medianTimePastAt` answers for the chain in question.
 */
export function sequenceLocks(
  { version, inputs }: Transaction,
  coinHeights: readonly number[],
  medianTimePastAt: (height: number) => number,
): SequenceLocks {
  assert(coinHeights.length === inputs.length, "one coin for each input");
  let lockHeight = -1;
  let lockTime = -1;
  if (version < 2) return { height: lockHeight, time: lockTime };
  inputs.forEach(({ sequence }, at) => {
    if ((sequence & SEQUENCE_DISABLED) !== 0) return;
    const count = sequence & SEQUENCE_MASK;
    const coinHeight = coinHeights[at] as number;
    if ((sequence & SEQUENCE_IS_TIME) === 0) {
      lockHeight = Math.max(lockHeight, coinHeight + count - 1);
    } else {
      // Counted from the earliest time that the coin's block may have: the median before it.
      const coinTime = medianTimePastAt(Math.max(coinHeight - 1, 0));
      lockTime = Math.max(lockTime, coinTime + count * SEQUENCE_TIME_UNIT - 1);
    }
  });
  return { height: lockHeight, time: lockTime };
}

/** Whether the block at `height`, on top of one whose median time past is `medianTimePast`, may hold it. */
export function checkSequenceLocks(
  transaction: Transaction,
  coinHeights: readonly number[],
  height: number,
  medianTimePast: number,
  medianTimePastAt: (height: number) => number,
): boolean {
  const locks = sequenceLocks(transaction, coinHeights, medianTimePastAt);
  return locks.height < height && locks.time < medianTimePast;
}
