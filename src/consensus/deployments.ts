/**
 * Which rules hold where, and which our own miner signals.
 *
 * @module
 */
import type { ChainParams, DeploymentParams } from "../params/chain_params.ts";
import { type BlockHash, displayHash } from "../primitives/hash.ts";
import {
  VERIFY_CHECKLOCKTIMEVERIFY,
  VERIFY_CHECKSEQUENCEVERIFY,
  VERIFY_DERSIG,
  VERIFY_NULLDUMMY,
  VERIFY_P2SH,
  VERIFY_TAPROOT,
  VERIFY_WITNESS,
} from "../script/flags.ts";
import type { HeaderContext } from "./header_context.ts";

/** BIP9's mark in a block's version, its bits unset. */
const VERSION_BITS_TOP = 0x2000_0000;

/**
 * The script flags that the block at `height` is held to (Bitcoin Core: GetBlockScriptFlags).
 *
 * P2SH, witness and taproot hold from the first block on: all that was ever mined obeys them, but
 * for the blocks listed in `params`. `hash` is undefined for a block that is not made yet.
 */
export function scriptFlagsAt(height: number, hash: BlockHash | undefined, params: ChainParams): number {
  const { deployments } = params;
  let flags = exception(hash, deployments) ?? VERIFY_P2SH | VERIFY_WITNESS | VERIFY_TAPROOT;
  if (height >= deployments.bip66Height) flags |= VERIFY_DERSIG;
  if (height >= deployments.bip65Height) flags |= VERIFY_CHECKLOCKTIMEVERIFY;
  if (height >= deployments.csvHeight) flags |= VERIFY_CHECKSEQUENCEVERIFY;
  if (height >= deployments.segwitHeight) flags |= VERIFY_NULLDUMMY;
  return flags;
}

function exception(hash: BlockHash | undefined, deployments: DeploymentParams): number | undefined {
  const { scriptFlagExceptions } = deployments;
  if (hash === undefined || scriptFlagExceptions.size === 0) return undefined;
  return scriptFlagExceptions.get(displayHash(hash));
}

/** The version of a block of our own on top of `previous`: bits of deployments that are under way (BIP9). */
export function blockVersion(previous: HeaderContext, { deployments }: ChainParams): number {
  const { testDummy } = deployments.versionBits;
  if (testDummy === undefined) return VERSION_BITS_TOP;
  const state = deploymentState(previous, deployments);
  const isSignalled = state === "started" || state === "locked-in";
  return isSignalled ? VERSION_BITS_TOP | (1 << testDummy.bit) : VERSION_BITS_TOP;
}

/** `defined → started → locked-in → active`, or `started → failed`; at most a step at each window's end. */
export type DeploymentState = "defined" | "started" | "locked-in" | "active" | "failed";

/** State of `testdummy` for the block after `previous`: that of the first block of its window. */
export function deploymentState(previous: HeaderContext, { versionBits }: DeploymentParams): DeploymentState {
  const { window, threshold, testDummy } = versionBits;
  if (testDummy === undefined) return "defined";
  let state: DeploymentState = "defined";
  // One step for each window that is complete, from the first one on.
  for (let height = window - 1; height <= previous.height; height += window) {
    const last = previous.ancestor(height);
    const hasStarted = last.medianTimePast >= testDummy.startTime;
    switch (state) {
      case "defined":
        if (hasStarted) state = "started";
        break;
      case "started":
        if (countSignals(last, window, testDummy.bit) >= threshold) state = "locked-in";
        else if (last.medianTimePast >= testDummy.timeout) state = "failed";
        break;
      case "locked-in":
        state = "active";
        break;
      case "active":
      case "failed":
        return state;
    }
  }
  return state;
}

function countSignals(last: HeaderContext, window: number, bit: number): number {
  let count = 0;
  for (let height = last.height - window + 1; height <= last.height; height++) {
    if (signalsDeployment(last.ancestor(height).version, bit)) count++;
  }
  return count;
}

/** Whether a block of this version signals for the deployment with this bit. */
export function signalsDeployment(version: number, bit: number): boolean {
  return version >>> 29 === 1 && ((version >>> bit) & 1) === 1;
}
