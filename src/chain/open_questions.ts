/**
 * What one block alone cannot show, for the people who are told that it is valid.
 *
 * @module
 */
import { retargetInterval } from "../consensus/next_work.ts";
import { displayHash, hashKey } from "../primitives/hash.ts";
import { SEQUENCE_FINAL, type Transaction } from "../primitives/transaction.ts";
import { LOCKTIME_THRESHOLD, SEQUENCE_DISABLED, SEQUENCE_IS_TIME } from "../consensus/locktime.ts";
import { BIP34_IMPLIES_BIP30_BELOW } from "./duplicate_coinbases.ts";
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
function lockQuestions({ block, spent }: LoneBlock): string[] {
  const questions: string[] = [];
  const waiting = block.transactions.filter(isLockedByTime).map(({ locktime }) => locktime);
  if (waiting.length > 0) {
    const latest = waiting.reduce((most, time) => Math.max(most, time));
    const what = `of ${waiting.length} transactions, that the median time past is above ${latest}`;
    questions.push(`locktimes: ${what}`);
  }
  const made = new Set(block.transactions.map(({ txid }) => hashKey(txid)));
  let [byTime, byHeight, at] = [0, 0, 0];
  for (const { version, inputs } of block.transactions.slice(1)) {
    for (const { prevout, sequence } of inputs) {
      const isUnknown = spent[at++]?.height === UNKNOWN_HEIGHT && !made.has(hashKey(prevout.txid));
      if (version < 2 || (sequence & SEQUENCE_DISABLED) !== 0) continue;
      if ((sequence & SEQUENCE_IS_TIME) !== 0) byTime++;
      else if (isUnknown && sequence !== 0) byHeight++;
    }
  }
  if (byTime > 0) questions.push(`relative locktimes: of ${byTime} inputs that wait for a time`);
  if (byHeight > 0) {
    questions.push(`relative locktimes: of ${byHeight} inputs whose coin's height is not given`);
  }
  return questions;
}

function isLockedByTime({ locktime, inputs }: Transaction): boolean {
  return locktime >= LOCKTIME_THRESHOLD && inputs.some(({ sequence }) => sequence !== SEQUENCE_FINAL);
}
