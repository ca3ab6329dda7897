/**
 * Which nodes there are, and what each is for.
 *
 * @module
 */
import { configError } from "../api/errors.ts";
import { nodeName } from "./names.ts";

/** A miner keeps all blocks too; a pruned node only the last ones. */
export type NodeRole = "miner" | "full" | "pruned";

const ROLES: readonly NodeRole[] = ["miner", "full", "pruned"];

export interface PlannedNode {
  readonly name: string;
  readonly role: NodeRole;
}

export const NODES_DEFAULT = 6;
/** Each has some 20 connections and two stores; beyond, the simulator is the better tool. */
export const NODES_MAX = 50;

/**
 * How many peers each node is to have found by gossip before the network counts as ready, where there
 * are so many.
 */
const GOSSIP_PEERS = 2;

/**
 * @throws {TidingsError} CONFIG
 */
export function planNodes(nodes: number | Readonly<Record<string, NodeRole>>): readonly PlannedNode[] {
  if (typeof nodes !== "number") return planNamed(nodes);
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > NODES_MAX) {
    throw configError("nodes", nodes, `a whole number from 1 to ${NODES_MAX}, or names with roles`);
  }
  return Array.from({ length: nodes }, (_, index) => ({ name: nodeName(index), role: roleOf(index, nodes) }));
}

/** Two miners once there are others to mine for, and the last prunes. */
function roleOf(index: number, count: number): NodeRole {
  if (index === 0 || (index === 1 && count >= 4)) return "miner";
  return index === count - 1 && count >= 3 ? "pruned" : "full";
}

function planNamed(nodes: Readonly<Record<string, NodeRole>>): readonly PlannedNode[] {
  const planned = Object.entries(nodes).map(([name, role]) => ({ name, role }));
  for (const { name, role } of planned) {
    if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) {
      throw configError("nodes", name, "names of lower-case letters, digits and hyphens");
    }
    if (!ROLES.includes(role)) throw configError(`nodes.${name}`, role, `one of ${ROLES.join(", ")}`);
  }
  if (planned.length < 1 || planned.length > NODES_MAX) {
    throw configError("nodes", planned.length, `1 to ${NODES_MAX} nodes`);
  }
  if (!planned.some(({ role }) => role === "miner")) {
    throw configError("nodes", Object.keys(nodes).join(", "), "at least one miner");
  }
  return planned;
}

/**
 * The first node knows nobody and is told of by all; the others are given its address, and must hear
 * of the rest.
 */
export function gossipNeeded(index: number, count: number): number {
  return Math.max(0, Math.min(GOSSIP_PEERS, index === 0 ? count - 1 : count - 2));
}
