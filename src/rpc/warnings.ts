import { UNEXECUTED } from "../consensus/verify_inputs.ts";
import type { NodeCore } from "../node/node_core.ts";

/** What every operator should be told, as `warnings` of several methods. */
export function warnings(core: NodeCore): readonly string[] {
  if (!core.options.params.isPublic || UNEXECUTED.length === 0) return [];
  return [`This version does not check everything: ${UNEXECUTED.join("; ")}. Do not rely on it.`];
}
