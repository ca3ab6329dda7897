import { type RuleViolation, violation } from "../consensus/rule_violation.ts";
import { cluster, type GraphEntry, type PoolNode } from "./graph.ts";

/** Transactions that hang together, in either direction: what bounds every walk over the graph. */
export const CLUSTER_COUNT_MAX = 64;
export const CLUSTER_VSIZE_MAX = 101_000;

/** Whether a transaction of `vsize` that links `neighbours` together leaves them small enough. */
export function checkCluster<E extends GraphEntry>(
  vsize: number,
  neighbours: Iterable<PoolNode<E>>,
): RuleViolation | undefined {
  const members = cluster(neighbours);
  let total = vsize;
  for (const { entry } of members) total += entry.vsize;
  const isSmall = members.size < CLUSTER_COUNT_MAX && total <= CLUSTER_VSIZE_MAX;
  return isSmall ? undefined : violation("too-large-cluster");
}
