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

function show(outcome: unknown): string {
  return typeof outcome === "object" ? JSON.stringify(outcome) : String(outcome);
}
