import { type RuleViolation, violation } from "../consensus/rule_violation.ts";
import { displayHash } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { closure, type GraphEntry, type PoolNode } from "./graph.ts";

const TRUC_VERSION = 3;
const TRUC_VSIZE_MAX = 10_000;
const TRUC_CHILD_VSIZE_MAX = 1_000;
/** A transaction and its one parent. */
const TRUC_FAMILY_MAX = 2;

/**
 * BIP431: a version 3 transaction is confirmed together with one other at most, a parent or a
 * child, both of version 3 and the child small; so that its owners can always afford to replace it.
 */
export function checkTruc<E extends GraphEntry>(
  transaction: Transaction,
  vsize: number,
  parents: ReadonlySet<PoolNode<E>>,
): RuleViolation | undefined {
  const problem = transaction.version === TRUC_VERSION
    ? familyProblem(transaction, vsize, parents)
    : strangerProblem(transaction, parents);
  return problem === undefined ? undefined : violation("TRUC-violation", problem);
}

function strangerProblem<E extends GraphEntry>(
  transaction: Transaction,
  parents: ReadonlySet<PoolNode<E>>,
): string | undefined {
  const parent = [...parents].find((each) => each.entry.transaction.version === TRUC_VERSION);
  if (parent === undefined) return undefined;
  return `non-version=3 ${named(transaction)} cannot spend from version=3 ${named(parent.entry.transaction)}`;
}

function familyProblem<E extends GraphEntry>(
  transaction: Transaction,
  vsize: number,
  parents: ReadonlySet<PoolNode<E>>,
): string | undefined {
  const subject = named(transaction);
  for (const { entry } of parents) {
    if (entry.transaction.version === TRUC_VERSION) continue;
    return `version=3 ${subject} cannot spend from non-version=3 ${named(entry.transaction)}`;
  }
  if (vsize > TRUC_VSIZE_MAX) {
    return `version=3 ${subject} is too big: ${vsize} > ${TRUC_VSIZE_MAX} virtual bytes`;
  }
  const [parent] = parents;
  if (parent === undefined) return undefined;
  if (parents.size >= TRUC_FAMILY_MAX || closure(parent, "parents").size >= TRUC_FAMILY_MAX) {
    return `${subject} would have too many ancestors`;
  }
  if (vsize > TRUC_CHILD_VSIZE_MAX) {
    return `version=3 child ${subject} is too big: ${vsize} > ${TRUC_CHILD_VSIZE_MAX} virtual bytes`;
  }
  const isChildless = parent.children.size === 0;
  return isChildless ? undefined : `${named(parent.entry.transaction)} would exceed descendant count limit`;
}

function named({ txid, wtxid }: Transaction): string {
  return `tx ${displayHash(txid)} (wtxid=${displayHash(wtxid)})`;
}
