import { defined } from "../base/assert.ts";
import type { ChainParams, WorkParams } from "../params/chain_params.ts";
import type { HeaderContext } from "./header_context.ts";
import { compactTarget, expandTarget } from "../primitives/target.ts";

/** No adjustment makes blocks more than four times as hard or as easy. */
const ADJUSTMENT_FACTOR_MAX = 4;

/** Blocks between adjustments of the target: 2,016 on main. */
export function retargetInterval({ targetTimespan, targetSpacing }: WorkParams): number {
  return Math.floor(targetTimespan / targetSpacing);
}

/** The `bits` that a block with `time` on top of `previous` must have (Bitcoin Core: pow.cpp). */
export function requiredBits(previous: HeaderContext, time: number, params: ChainParams): number {
  const { work } = params;
  if ((previous.height + 1) % retargetInterval(work) === 0) return adjustedBits(previous, work);
  return work.allowMinDifficultyBlocks ? testnetBits(previous, time, work) : previous.bits;
}

/**
 * Whether a block at `height` may have `bits` after one with `previousBits`, by what can be known without the
 * times before them (Bitcoin Core: PermittedDifficultyTransition).
 */
export function isPermittedChange(
  height: number, previousBits: number, bits: number, work: WorkParams,
): boolean {
  if (work.allowMinDifficultyBlocks) return true;
  if (height % retargetInterval(work) !== 0) return bits === previousBits;
  const [previous, target] = [expandTarget(previousBits), expandTarget(bits)];
  if (previous === undefined || target === undefined) return false;
  const slowest = scaledTarget(previous, work.targetTimespan * ADJUSTMENT_FACTOR_MAX, work);
  const fastest = scaledTarget(previous, Math.floor(work.targetTimespan / ADJUSTMENT_FACTOR_MAX), work);
  return target >= fastest && target <= slowest;
}

/** The target after `previous` was met over `taken` seconds, as `bits` can say it. */
function scaledTarget(previous: bigint, taken: number, { targetTimespan, limit }: WorkParams): bigint {
  const scaled = (previous * BigInt(taken)) / BigInt(targetTimespan);
  return expandTarget(compactTarget(scaled > limit ? limit : scaled)) ?? 0n;
}

/** Between adjustments on a testnet: a late block may be easy, and what follows it takes no notice. */
function testnetBits(previous: HeaderContext, time: number, work: WorkParams): number {
  const easiest = compactTarget(work.limit);
  if (time > previous.time + 2 * work.targetSpacing) return easiest;
  const interval = retargetInterval(work);
  let block = previous;
  while (block.height % interval !== 0 && block.bits === easiest) {
    block = block.ancestor(block.height - 1);
  }
  return block.bits;
}

function adjustedBits(previous: HeaderContext, work: WorkParams): number {
  if (work.noRetargeting) return previous.bits;
  // One block short of the whole period: a slip of the first release that is now the rule.
  const first = previous.ancestor(previous.height - (retargetInterval(work) - 1));
  const taken = clamp(
    previous.time - first.time,
    Math.floor(work.targetTimespan / ADJUSTMENT_FACTOR_MAX),
    work.targetTimespan * ADJUSTMENT_FACTOR_MAX,
  );
  // BIP94: the first block of a period is never an easy one, so that it keeps the true difficulty.
  const { bits } = work.enforceBip94 ? first : previous;
  const target = defined(expandTarget(bits), "an accepted header has a target");
  const adjusted = (target * BigInt(taken)) / BigInt(work.targetTimespan);
  return compactTarget(adjusted > work.limit ? work.limit : adjusted);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
