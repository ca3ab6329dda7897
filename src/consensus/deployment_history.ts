/**
 * How a deployment by version bits came to its state (BIP9), for people who watch it.
 *
 * @module
 */
import type { DeploymentParams } from "../params/chain_params.ts";
import { type DeploymentState, deploymentState, signalsDeployment } from "./deployments.ts";
import type { HeaderContext } from "./header_context.ts";

export interface DeploymentHistory {
  /** For the block itself, and for the one after it. */
  readonly state: DeploymentState;
  readonly next: DeploymentState;
  /** Height of the first block of which `state` is true. */
  readonly since: number;
  /** Of each block of the window up to this one, whether it signals; none where signals do not count. */
  readonly signals: readonly boolean[] | undefined;
}

/** Of `testdummy`, at `block`. */
export function deploymentHistory(block: HeaderContext, deployments: DeploymentParams): DeploymentHistory {
  const { window, testDummy } = deployments.versionBits;
  const stateAt = (height: number): DeploymentState =>
    height === 0 ? "defined" : deploymentState(block.ancestor(height - 1), deployments);
  const first = block.height - (block.height % window);
  const state = stateAt(first);
  let since = state === "defined" ? 0 : first;
  while (since >= window && stateAt(since - window) === state) since -= window;
  const isOpen = testDummy !== undefined && (state === "started" || state === "locked-in");
  const signals = Array.from({ length: block.height - first + 1 }, (_, at) =>
    testDummy !== undefined && signalsDeployment(block.ancestor(first + at).version, testDummy.bit));
  return { state, next: deploymentState(block, deployments), since, signals: isOpen ? signals : undefined };
}
