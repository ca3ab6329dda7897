/**
 * What the study of eclipses compares: attackers, and defences that a node has or has not.
 *
 * @module
 */
import { DEFAULT_TABLE_RULES, type TableRules } from "../addrbook/table_rules.ts";
import type { Defence, Without } from "../base/defences.ts";

/** The tables of a node are so many times as large. Those of the paper were a quarter of a node's. */
export const ECLIPSE_SCALE = 32;

/** The tables of a node, so much smaller. */
export const ECLIPSE_TABLES: Partial<TableRules> = {
  newBuckets: DEFAULT_TABLE_RULES.newBuckets / ECLIPSE_SCALE,
  triedBuckets: DEFAULT_TABLE_RULES.triedBuckets / ECLIPSE_SCALE,
  newBucketsPerSourceGroup: DEFAULT_TABLE_RULES.newBucketsPerSourceGroup / ECLIPSE_SCALE,
  // A quarter of a bucket there is not.
  triedBucketsPerGroup: 1,
};

/** Who attacks, with how many addresses in how many groups. */
export interface EclipseAttacker {
  readonly groups: number;
  readonly addressesPerGroup: number;
  /** Whether all groups are announced by one autonomous system, which the node's map knows. */
  readonly isOneSystem: boolean;
}

/** The paper's botnet of 4,600 machines, each somewhere else. */
export const BOTNET: EclipseAttacker = { groups: 575, addressesPerGroup: 1, isOneSystem: false };
/** The paper's 32 blocks of 256 addresses, all rented from one company. */
export const COMPANY: EclipseAttacker = { groups: 32, addressesPerGroup: 32, isOneSystem: true };

/** What a node may have against it, by a name for tables. */
export const ECLIPSE_DEFENCES = {
  "anchors": ["anchors"],
  "feelers, test before evict": ["feelers", "test-before-evict"],
  "buckets by source group": ["source-buckets"],
  "ASMap": [],
  "rate of addresses": ["addr-rate-limit"],
  "tried by our own dial": ["tried-by-dial"],
} as const satisfies Readonly<Record<string, readonly Defence[]>>;

export type EclipseDefence = keyof typeof ECLIPSE_DEFENCES;

export const ALL_ECLIPSE_DEFENCES = Object.keys(ECLIPSE_DEFENCES) as readonly EclipseDefence[];

export interface EclipseOptions {
  readonly seed: number;
  readonly attacker: EclipseAttacker;
  /** All others are switched off. */
  readonly defences: readonly EclipseDefence[];
}

export interface BookShares {
  readonly honest: number;
  readonly gone: number;
  readonly attackers: number;
  readonly trash: number;
}

export interface EclipseReport {
  /** Every outbound connection leads to the attacker. */
  readonly isEclipsed: boolean;
  readonly outbound: number;
  readonly attackers: number;
  /** Honest block-relay peers of before the restart that are there after it. */
  readonly kept: number;
  /** The address book just before the restart. */
  readonly tried: BookShares;
  readonly new: BookShares;
}

/** What is left out of a node that has these defences. */
export function withoutAllBut(defences: readonly EclipseDefence[]): Without {
  const left = ALL_ECLIPSE_DEFENCES.filter((each) => !defences.includes(each));
  return new Set(left.flatMap((each) => ECLIPSE_DEFENCES[each]));
}
