/**
 * What the environment says of a run of the tests; CONTRIBUTING.md says it to people.
 *
 * @module
 */
import { assert } from "../../src/base/assert.ts";

/** How much of something is tried, by the variable that says so. */
export type TestSize =
  | "TIDINGS_MUTATIONS" | "TIDINGS_KILLS" | "TIDINGS_FLIPS" | "TIDINGS_CRASH_SEEDS" | "TIDINGS_FUZZ_CASES"
  | "TIDINGS_TWIN_SEEDS" | "TIDINGS_EFFORT" | "TIDINGS_NODES"
  | "TIDINGS_ATTACKS" | "TIDINGS_ECLIPSES" | "TIDINGS_MESSAGES"
  | "TIDINGS_FLOOD_HEADERS" | "TIDINGS_STREAMS";

/** A tree of Bitcoin Core's source; empty when there is none. */
export const coreTree = process.env["CORE_TREE"] ?? "";

/** For the `skip` option of a test that reads it. */
export const skipWithoutCoreTree = coreTree === "" ? "needs CORE_TREE" : false;

/** Whether transcripts are written anew instead of compared. */
export const updatesTranscripts = process.env["TIDINGS_UPDATE"] === "1";

export function testSize(name: TestSize, usual: number): number {
  return wholeNumber(name, usual);
}

/** The seed of a run: TIDINGS_SEED, to have one again. */
export function testSeed(usual: number): number {
  return wholeNumber("TIDINGS_SEED", usual);
}

/** One for a run that should not be as the last was; print it. */
export function freshSeed(): number {
  return testSeed(Date.now() % 2 ** 31);
}

function wholeNumber(name: string, usual: number): number {
  const text = process.env[name] ?? String(usual);
  assert(/^[0-9]{1,15}$/.test(text), `${name} is a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
}
