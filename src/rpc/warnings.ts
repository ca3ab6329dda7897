import type { NodeCore } from "../node/node_core.ts";

/** What every operator should be told, as `warnings` of several methods. */
export function warnings({ warnings: texts }: NodeCore): readonly string[] {
  return texts;
}
