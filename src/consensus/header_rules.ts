/**
 * What a header must obey: by itself, and on top of the one it names.
 *
 * @module
 */
import type { ChainParams } from "../params/chain_params.ts";
import type { BlockHeader } from "../primitives/header.ts";
import type { HeaderContext } from "./header_context.ts";
import { FUTURE_BLOCK_SECONDS_MAX, TIMEWARP_SECONDS_MAX } from "./limits.ts";
import { requiredBits, retargetInterval } from "./next_work.ts";
import { type RuleViolation, violation } from "./rule_violation.ts";
import { meetsTarget } from "../primitives/target.ts";

/** Whether the work that the header claims was done. */
export function checkProofOfWork(header: BlockHeader, params: ChainParams): RuleViolation | undefined {
  if (meetsTarget(header.hash, header.bits, params.work.limit)) return undefined;
  return violation("high-hash", "proof of work failed");
}

/**
 * `header` as the block after `previous`, at `now` in Unix seconds.
 *
 * In Bitcoin Core's order (validation.cpp, ContextualCheckBlockHeader), since the first rule that
 * is broken is the one that is named. "time-too-new" may pass later: the header is not bad for good.
 */
export function checkHeaderInContext(
  header: BlockHeader,
  previous: HeaderContext,
  now: number,
  params: ChainParams,
): RuleViolation | undefined {
  if (header.bits !== requiredBits(previous, header.time, params)) {
    return violation("bad-diffbits", "incorrect proof of work");
  }
  if (header.time <= previous.medianTimePast) {
    return violation("time-too-old", "block's timestamp is too early");
  }
  if (isTimewarp(header, previous, params)) {
    return violation("time-timewarp-attack", "block's timestamp is too early on diff adjustment block");
  }
  return checkHeaderTime(header, now) ?? checkHeaderVersion(header.version, previous.height + 1, params);
}

/** Against our own clock alone. */
export function checkHeaderTime(header: BlockHeader, now: number): RuleViolation | undefined {
  if (header.time <= now + FUTURE_BLOCK_SECONDS_MAX) return undefined;
  return violation("time-too-new", "block timestamp too far in the future");
}

/** BIP94: a period may not begin long before the last one ended. */
function isTimewarp(header: BlockHeader, previous: HeaderContext, { work }: ChainParams): boolean {
  if (!work.enforceBip94 || (previous.height + 1) % retargetInterval(work) !== 0) return false;
  return header.time < previous.time - TIMEWARP_SECONDS_MAX;
}

/** The versions that BIP34, BIP66 and BIP65 have left behind. */
export function checkHeaderVersion(
  version: number, height: number, params: ChainParams,
): RuleViolation | undefined {
  const { bip34Height, bip66Height, bip65Height } = params.deployments;
  const isOutdated = (version < 2 && height >= bip34Height) ||
    (version < 3 && height >= bip66Height) ||
    (version < 4 && height >= bip65Height);
  if (!isOutdated) return undefined;
  const shown = `0x${(version >>> 0).toString(16).padStart(8, "0")}`;
  return violation(`bad-version(${shown})`, `rejected nVersion=${shown} block`);
}
