import { UNEXECUTED } from "../consensus/verify_inputs.ts";
import type { ChainParams } from "../params/chain_params.ts";

/**
 * Why only peers on this machine are talked to: on public networks, as long as not every rule is
 * checked, a node must neither believe strangers nor mislead them. `undefined` when there is no reason.
 */
export function loopbackOnlyReason({ isPublic, name }: ChainParams): string | undefined {
  if (!isPublic || UNEXECUTED.length === 0) return undefined;
  return `this version does not check everything (${UNEXECUTED.join("; ")}), so on ${name} it talks to peers on this machine only`;
}
