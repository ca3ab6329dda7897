/**
 * What several transactions must obey to be judged together, without looking at any pool (Bitcoin
 * Core: policy/packages.cpp, IsWellFormedPackage).
 *
 * @module
 */
import { type RuleViolation, violation } from "../consensus/rule_violation.ts";
import { hashKey } from "../primitives/hash.ts";
import { outPointBytes, type Transaction } from "../primitives/transaction.ts";
import { toHex } from "../base/bytes.ts";

const PACKAGE_COUNT_MAX = 25;
const PACKAGE_WEIGHT_MAX = 404_000;

export function checkPackage(transactions: readonly Transaction[]): RuleViolation | undefined {
  if (transactions.length > PACKAGE_COUNT_MAX) return violation("package-too-many-transactions");
  const weight = transactions.reduce((sum, transaction) => sum + transaction.weight, 0);
  // Alone, its own limit is named instead.
  if (transactions.length > 1 && weight > PACKAGE_WEIGHT_MAX) return violation("package-too-large");
  const later = new Set(transactions.map(({ txid }) => hashKey(txid)));
  if (later.size !== transactions.length) return violation("package-contains-duplicates");
  for (const { txid, inputs } of transactions) {
    const isEarly = inputs.some(({ prevout }) => later.has(hashKey(prevout.txid)));
    if (isEarly) return violation("package-not-sorted");
    later.delete(hashKey(txid));
  }
  return spendsTwice(transactions) ? violation("conflict-in-package") : undefined;
}

/** Whether two of them spend the same output; one that does so by itself is another rule's business. */
function spendsTwice(transactions: readonly Transaction[]): boolean {
  const seen = new Set<string>();
  for (const { inputs } of transactions) {
    const own = inputs.map(({ prevout }) => toHex(outPointBytes(prevout)));
    if (own.length === 0 || own.some((outPoint) => seen.has(outPoint))) return true;
    for (const outPoint of own) seen.add(outPoint);
  }
  return false;
}
