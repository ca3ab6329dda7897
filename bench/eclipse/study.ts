/**
 * Heilman's attack with and without each defence, as docs/eclipse.md describes it:
 * `npm run eclipse -- [--seeds N] [--first N]` writes docs/eclipse.json, the picture, and the table.
 *
 * @module
 */
import { fork } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { round } from "../support/measurement.ts";
import { eclipsePicture, withTable } from "./report.ts";
import { ATTACKERS, type EclipseResult, type EclipseRow, SETTINGS } from "./settings.ts";
import { sourcesMark } from "./sources.ts";
import type { EclipseRun } from "./worker.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const docs = join(root, "docs");

export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { seeds: { type: "string", default: "100" }, first: { type: "string", default: "1" } },
  });
  const count = Number(values.seeds);
  const first = Number(values.first);
  const seeds = Array.from({ length: count }, (_, i) => first + i);
  const runs: EclipseRun[] = [];
  // As it was built, whatever is edited while it runs.
  const mark = sourcesMark(root);
  const workers = Math.min(availableParallelism(), count);
  await Promise.all(Array.from({ length: workers }, () => work(seeds, runs, count)));
  writeReport({ ...mark, seeds: count, rows: summarise(runs) });
}

/** Everything that is made of a result. */
export function writeReport(result: EclipseResult): void {
  const page = join(docs, "eclipse.md");
  writeFileSync(join(docs, "eclipse.json"), `${JSON.stringify(result, undefined, 2)}\n`);
  writeFileSync(join(docs, "eclipse.svg"), eclipsePicture(result));
  writeFileSync(page, withTable(readFileSync(page, "utf8"), result));
}

/** One process that takes seeds until there are none. */
async function work(seeds: number[], runs: EclipseRun[], count: number): Promise<void> {
  const child = fork(join(import.meta.dirname, "worker.js"));
  const next = (): void => {
    const seed = seeds.shift();
    if (seed === undefined) child.disconnect();
    else child.send(seed);
  };
  child.on("message", (done: readonly EclipseRun[]) => {
    runs.push(...done);
    const each = Object.keys(ATTACKERS).length * SETTINGS.length;
    console.log(`${runs.length / each} of ${count} seeds`);
    next();
  });
  next();
  const code = await new Promise((resolve) => child.on("exit", resolve));
  if (code !== 0) throw new Error(`A process of the study ended with ${String(code)}`);
}

export function summarise(runs: readonly EclipseRun[]): readonly EclipseRow[] {
  return Object.keys(ATTACKERS).flatMap((attacker) =>
    SETTINGS.map(({ name }) => {
      const own = runs.filter((run) => run.attacker === attacker && run.setting === name);
      const eclipsed = own.filter(({ isEclipsed }) => isEclipsed).length;
      const share = own.reduce((sum, run) => sum + run.attackers / Math.max(1, run.outbound), 0);
      return {
        attacker, setting: name,
        eclipsedPercent: round((100 * eclipsed) / own.length, 1),
        outboundPercent: round((100 * share) / own.length, 1),
      };
    }));
}
