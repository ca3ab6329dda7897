import assert from "node:assert/strict";
import { test } from "node:test";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { freshSeed, testSize } from "../support/environment.ts";
import { runOrShrink } from "./fuzz_failure.ts";

/** After so many, a run begins anew, with other settings: what one finds, it finds in the first minutes. */
const STEPS_PER_RUN = 50_000;

export interface FuzzShare {
  /** Of all messages: the two files take about as long as each other, side by side. */
  readonly share: number;
  /** Of ten peers, so many speak the encrypted transport. */
  readonly encrypted: number;
}

/** A share of TIDINGS_MESSAGES, in as many runs as it takes; `seed + 1` is the seed of the second. */
export function fuzzTests(claim: string, { share, encrypted }: FuzzShare): void {
  installNodeCrypto();
  const first = freshSeed();
  const messages = Math.ceil(testSize("TIDINGS_MESSAGES", 5_000) * share);
  const runs = Math.ceil(messages / STEPS_PER_RUN);
  const total = { messages: 0, afterHandshake: 0, fromDialled: 0 };
  for (let run = 0; run < runs; run++) {
    const seed = first + run;
    const steps = Math.ceil(messages / runs);
    test(`${claim}: ${steps} messages (seed ${seed})`, async () => {
      const report = await runOrShrink({ seed, steps, encrypted });
      for (const each of ["messages", "afterHandshake", "fromDialled"] as const) total[each] += report[each];
      console.log(`TIDINGS_SEED=${seed}: ${report.summary}`);
    });
  }

  test(`${claim}: most of it comes after the handshake, and some from whom it dialled`, () => {
    assert.ok(total.afterHandshake >= total.messages / 2, `${total.afterHandshake} of ${total.messages}`);
    assert.ok(total.fromDialled >= total.messages / 20, `${total.fromDialled} of ${total.messages}`);
  });
}
