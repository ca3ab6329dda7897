/**
 * What is compared: who attacks, and which defences the node has.
 *
 * @module
 */
import {
  ALL_ECLIPSE_DEFENCES, BOTNET, COMPANY, type EclipseAttacker, type EclipseDefence,
} from "../../src/sim/eclipse_settings.ts";
import type { SourcesMark } from "./sources.ts";

export const ATTACKERS: Readonly<Record<string, EclipseAttacker>> = { botnet: BOTNET, company: COMPANY };

export interface EclipseSetting {
  readonly name: string;
  readonly defences: readonly EclipseDefence[];
}

const ALL = ALL_ECLIPSE_DEFENCES;

export const SETTINGS: readonly EclipseSetting[] = [
  { name: "none", defences: [] },
  ...ALL.map((each) => ({ name: `only ${each}`, defences: [each] })),
  ...ALL.map((each) => ({ name: `all but ${each}`, defences: ALL.filter((other) => other !== each) })),
  { name: "all", defences: ALL },
];

/** Over all seeds. */
export interface EclipseRow {
  readonly attacker: string;
  readonly setting: string;
  /** Of 100 nodes, those with no outbound connection but to the attacker. */
  readonly eclipsedPercent: number;
  /** Of 100 outbound connections, those to the attacker. */
  readonly outboundPercent: number;
}

export interface EclipseResult extends SourcesMark {
  readonly seeds: number;
  readonly rows: readonly EclipseRow[];
}
