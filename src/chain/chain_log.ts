/**
 * Lines of the log that operators and Bitcoin Core's tests know by heart, and the numbers in them.
 *
 * @module
 */
import type { ChainParams, WorkParams } from "../params/chain_params.ts";
import { displayHash } from "../primitives/hash.ts";
import type { BlockId, HeaderIndex } from "./header_index.ts";

const MIB = 1024 * 1024;
/** A work of more bits than this cannot become a double without losing its size. */
const DOUBLE_BITS = 1000;

/** `UpdateTip: new best=…` (validation.cpp, UpdateTipLog). */
export function updateTipLine(
  headers: HeaderIndex,
  tip: BlockId,
  progress: number,
  cache: { readonly bytes: number; readonly size: number },
): string {
  const version = (headers.version(tip) >>> 0).toString(16).padStart(8, "0");
  return `UpdateTip: new best=${displayHash(headers.hash(tip))} height=${headers.height(tip)} ` +
    `version=0x${version} log2_work=${log2Work(headers, tip)} ` +
    `tx=${headers.blocks.chainTransactionCount(tip)} ` +
    `date='${isoTime(headers.time(tip))}' progress=${progress.toFixed(6)} ` +
    `cache=${(cache.bytes / MIB).toFixed(1)}MiB(${cache.size}txo)`;
}

/**
 * `InvalidChainFound: invalid block=…`, and with `current best=…` where we stand (validation.cpp,
 * InvalidChainFound).
 */
export function invalidChainLine(
  headers: HeaderIndex,
  label: "invalid block" | "current best",
  id: BlockId,
): string {
  return `InvalidChainFound: ${label}=${displayHash(headers.hash(id))} height=${headers.height(id)} ` +
    `log2_work=${log2Work(headers, id)} date=${isoTime(headers.time(id))}`;
}

function log2Work(headers: HeaderIndex, id: BlockId): string {
  const work = headers.chainWork(id);
  const bits = work.toString(2).length;
  const shift = Math.max(0, bits - DOUBLE_BITS);
  return (Math.log2(Number(work >> BigInt(shift))) + shift).toFixed(6);
}

/** `2009-01-03T18:15:05Z` */
function isoTime(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().replace(".000Z", "Z");
}

/** How far headers are, `~12.34%`, when the last has this height and time and blocks came at their pace since. */
export function headerProgress(height: number, time: number, now: number, { targetSpacing }: WorkParams): string {
  const left = Math.max(0, Math.trunc((now - time) / targetSpacing));
  return `~${((100 * height) / (height + left)).toFixed(2)}%`;
}

/** A block is late as often as not: only so many make it clear that some are missing. */
const LATE_BLOCKS = 12;
/** A tip no older than this, in seconds, is judged by the headers above it: its own time may be off. */
const RECENT_SECONDS = 2 * 60 * 60;

/**
 * How much of the chain is verified, from 0 to 1: by transactions, where it is known how many there
 * are, or else by height.
 */
export function verificationProgress(
  headers: HeaderIndex,
  tip: BlockId,
  bestHeader: BlockId,
  now: number,
  { transactionCount, work }: ChainParams,
): number {
  if (transactionCount === undefined) return progressByHeight(headers, tip, bestHeader, now, work);
  const verified = headers.blocks.chainTransactionCount(tip);
  if (verified === 0) return 0;
  const tipTime = estimatedTipTime(headers, tip, bestHeader, now, work);
  const { time, count, perSecond } = transactionCount;
  const [base, since] = verified <= count ? [count, time] : [verified, tipTime];
  return Math.min(1, verified / (base + (now - since) * perSecond));
}

/**
 * The pace at which blocks come tells more of a recent block's age than the time in it
 * (validation.cpp, GuessVerificationProgress).
 */
function estimatedTipTime(
  headers: HeaderIndex,
  tip: BlockId,
  bestHeader: BlockId,
  now: number,
  work: WorkParams,
): number {
  const time = headers.time(tip);
  const missing = headers.height(bestHeader) - headers.height(tip);
  return Math.abs(now - time) <= RECENT_SECONDS && missing >= 0 ? now - missing * work.targetSpacing : time;
}

/**
 * Blocks that should have been found since the best header count as missing, where blocks come at a
 * pace of their own.
 */
function progressByHeight(
  headers: HeaderIndex,
  tip: BlockId,
  bestHeader: BlockId,
  now: number,
  work: WorkParams,
): number {
  const overdue = work.noRetargeting ? 0 : Math.max(0, now - headers.time(bestHeader)) / work.targetSpacing;
  const expected = headers.height(bestHeader) + (overdue > LATE_BLOCKS ? overdue : 0);
  return expected === 0 ? 1 : Math.min(1, headers.height(tip) / expected);
}
