/**
 * What one block alone cannot show, for the people who are told that it is valid.
 *
 * @module
 */
import { wordAt } from "../base/salted_hash.ts";
import { retargetInterval } from "../consensus/next_work.ts";
import { type BlockLayout, LOCKTIME_BYTES } from "../primitives/block_layout.ts";
import { displayHash } from "../primitives/hash.ts";
import { SEQUENCE_FINAL } from "../primitives/transaction.ts";
import { LOCKTIME_THRESHOLD, SEQUENCE_DISABLED, SEQUENCE_IS_TIME } from "../consensus/locktime.ts";
import { BIP34_IMPLIES_BIP30_BELOW } from "./duplicate_coinbases.ts";
import { BlockIds } from "./given_coins.ts";
import type { LoneBlock } from "./lone_block.ts";
import { UNKNOWN_HEIGHT } from "./spent_coins.ts";

/** One sentence each, of rules that a block which passed `checkLoneBlock` may still break. */
export function openQuestions(lone: LoneBlock): readonly string[] {
  const { block: { header }, height, params } = lone;
  const { csvHeight, bip34Hash, bip34Height } = params.deployments;
  const bits = `0x${header.bits.toString(16).padStart(8, "0")}`;
  const questions = [
    `the chain below: that ${displayHash(header.previous)} is valid, and of height ${height - 1}`,
    `difficulty: that ${bits} is the target that the chain asks for`,
    `median time past: that it is below the block's time, ${header.time}`,
    `coins: that the chain had the ${lone.spent.length} that are spent, as they are given`,
  ];
  const isPeriodStart = height % retargetInterval(params.work) === 0;
  if (params.work.enforceBip94 && isPeriodStart) {
    questions.push("time warp: that the block before is at most 600 seconds later (BIP94)");
  }
  if (height >= csvHeight) questions.push(...lockQuestions(lone));
  const unknown = lone.spent.filter((coin) => coin.isCoinbase && coin.height === UNKNOWN_HEIGHT).length;
  if (unknown > 0) questions.push(`maturity: of ${unknown} coins of coinbases whose height is not given`);
  const isUnique = bip34Hash !== undefined && height > bip34Height && height < BIP34_IMPLIES_BIP30_BELOW;
  if (!isUnique) {
    questions.push("coins made anew: that no transaction repeats one with unspent coins (BIP30)");
  }
  return questions;
}

/** Locktimes by the median time past, and relative ones from coins of which too little is known. */
function lockQuestions(lone: LoneBlock): string[] {
  const questions: string[] = [];
  const { count, latest } = locktimesByTime(lone.block.layout);
  if (count > 0) {
    questions.push(`locktimes: of ${count} transactions, that the median time past is above ${latest}`);
  }
  const { byTime, byHeight } = relativeLocktimes(lone);
  if (byTime > 0) questions.push(`relative locktimes: of ${byTime} inputs that wait for a time`);
  if (byHeight > 0) {
    questions.push(`relative locktimes: of ${byHeight} inputs whose coin's height is not given`);
  }
  return questions;
}

/** How many transactions wait for a time, and the latest of these. */
function locktimesByTime({ bytes, transactionCount, starts, firstInputs, sequences }: BlockLayout) {
  let [count, latest] = [0, 0];
  for (let number = 0; number < transactionCount; number++) {
    const locktime = wordAt(bytes, (starts[number + 1] as number) - LOCKTIME_BYTES) >>> 0;
    if (locktime < LOCKTIME_THRESHOLD) continue;
    const own = sequences.subarray(firstInputs[number], firstInputs[number + 1]);
    if (own.every((at) => wordAt(bytes, at) >>> 0 === SEQUENCE_FINAL)) continue;
    count++;
    latest = Math.max(latest, locktime);
  }
  return { count, latest };
}

/** How many inputs wait for a time, and how many for a height that is counted from one not known. */
function relativeLocktimes({ block, spent }: LoneBlock) {
  const { bytes, transactionCount, starts, firstInputs, outPoints, sequences } = block.layout;
  const made = new BlockIds(block);
  let [byTime, byHeight] = [0, 0];
  const first = firstInputs[1] as number;
  for (let number = 1; number < transactionCount; number++) {
    if (wordAt(bytes, starts[number] as number) >>> 0 < 2) continue;
    for (let input = firstInputs[number] as number; input < (firstInputs[number + 1] as number); input++) {
      const sequence = wordAt(bytes, sequences[input] as number);
      if ((sequence & SEQUENCE_DISABLED) !== 0) continue;
      if ((sequence & SEQUENCE_IS_TIME) !== 0) byTime++;
      else if (sequence !== 0 && spent[input - first]?.height === UNKNOWN_HEIGHT &&
        made.find(bytes, outPoints[input] as number) < 0) byHeight++;
    }
  }
  return { byTime, byHeight };
}
