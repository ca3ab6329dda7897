import { type RuleViolation, violation } from "../consensus/rule_violation.ts";
import { cluster, type GraphEntry, type PoolNode } from "./graph.ts";
import type { RelayPolicy } from "./relay_policy.ts";

/** Whether a transaction of `vsize` that links `neighbours` together leaves them small enough. */
export function checkCluster<E extends GraphEntry>(
  vsize: number,
  neighbours: Iterable<PoolNode<E>>,
  { clusterCountMax, clusterVsizeMax }: RelayPolicy,
): RuleViolation | undefined {
  const members = cluster(neighbours);
  let total = vsize;
  for (const { entry } of members) total += entry.vsize;
  const isSmall = members.size < clusterCountMax && total <= clusterVsizeMax;
  return isSmall ? undefined : violation("too-large-cluster");
}
