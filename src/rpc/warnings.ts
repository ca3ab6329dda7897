import type { NodeCore } from "../node/node_core.ts";

/** What every operator should be told, as `warnings` of several methods. */
export function warnings({ options: { loopbackOnly }, warnings: texts }: NodeCore): readonly string[] {
  return [...(loopbackOnly === undefined ? [] : [`Careful: ${loopbackOnly}`]), ...texts];
}
