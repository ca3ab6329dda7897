/**
 * From the start of the process to "ready" of `tidings devnet`: six nodes at one tip of height 110
 * or more, that have found each other. Each round starts from nothing.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { median, type Measurement, round } from "./support/measurement.ts";

const ROUNDS = 5;
/** Milliseconds in which a round must be ready. */
const DEADLINE = 60_000;

const MAIN = new URL("../src/cli/tidings.js", import.meta.url).href;

export async function run(): Promise<readonly Measurement[]> {
  // The first one reads the program into the system's cache.
  await measureRound();
  const seconds: number[] = [];
  for (let i = 0; i < ROUNDS; i++) seconds.push(await measureRound());
  return [
    { name: "devnet: ready, median of 5", value: round(median(seconds), 2), unit: "s" },
    { name: "devnet: ready, best of 5", value: round(Math.min(...seconds), 2), unit: "s" },
  ];
}

async function measureRound(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "tidings-bench-"));
  const main = `await (await import(${JSON.stringify(MAIN)})).main(process.argv.slice(1));`;
  const start = performance.now();
  const child = spawn(process.execPath, [
    "--input-type=module", "--eval", main, "--", "devnet", "--json", "--state", join(folder, "state"),
  ], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await ready(child);
    return (performance.now() - start) / 1000;
  } finally {
    await stop(child);
    await rm(folder, { recursive: true });
  }
}

async function ready(child: ChildProcess): Promise<void> {
  const timer = setTimeout(() => child.kill("SIGKILL"), DEADLINE);
  try {
    if (child.stdout === null) throw new Error("The devnet has no output");
    for await (const line of createInterface({ input: child.stdout })) {
      if ((JSON.parse(line) as { type: string }).type === "ready") return;
    }
    throw new Error("The devnet ended before it was ready");
  } finally {
    clearTimeout(timer);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGINT");
  await gone;
}
