/**
 * An attack on a node with a defence and on one without it, side by side.
 *
 * @module
 */
import type { TestContext } from "node:test";
import { type Defence, type Without, WITHOUT_NOTHING } from "../../src/base/defences.ts";

export interface TwoColumns<T> {
  readonly defended: T;
  readonly undefended: T;
}

/** Both outcomes of `attack`; they are shown with the test. */
export function twoColumns<T>(
  t: TestContext, left: Defence | readonly Defence[], attack: (without: Without) => T,
): TwoColumns<T> {
  const names = typeof left === "string" ? [left] : left;
  const defended = attack(WITHOUT_NOTHING);
  const undefended = attack(new Set(names));
  t.diagnostic(`with ${names.join(", ")}: ${show(defended)}`);
  t.diagnostic(`without: ${show(undefended)}`);
  return { defended, undefended };
}

/** Likewise, for a defence that is lifted in some other way: by a permission, say. */
export function bothWays<T>(t: TestContext, defence: string, attack: (isOn: boolean) => T): TwoColumns<T> {
  const [defended, undefended] = [attack(true), attack(false)];
  t.diagnostic(`with ${defence}: ${show(defended)}`);
  t.diagnostic(`without: ${show(undefended)}`);
  return { defended, undefended };
}

/**
 * Likewise, for what no switch can take from a node, since it is the way in which it is built: beside it
 * stands what `naive`, worked out by the test, would come to.
 */
export function besideNaive<T>(t: TestContext, naive: string, { node, other }: {
  readonly node: T;
  readonly other: T;
}): TwoColumns<T> {
  t.diagnostic(`with: ${show(node)}`);
  t.diagnostic(`${naive}: ${show(other)}`);
  return { defended: node, undefended: other };
}

function show(outcome: unknown): string {
  return typeof outcome === "object" ? JSON.stringify(outcome) : String(outcome);
}
