import assert from "node:assert/strict";
import { test } from "node:test";
import type { VerifyJob } from "../consensus/verify_job.ts";
import type { NodeEffect } from "./effect.ts";
import { OutsideWork } from "./outside_work.ts";

const JOB = {} as VerifyJob;
const RANGE = { name: "blk00000.dat", offset: 8, length: 80 };

function world() {
  const effects: NodeEffect[] = [];
  const answers: unknown[] = [];
  const outside = new OutsideWork((effect) => void effects.push(effect));
  const note = (what: string) => (answer: unknown): void => void answers.push([what, answer]);
  return { effects, answers, outside, note };
}

test("an answer goes to who asked, though others ask for other work under the same number", () => {
  const { effects, answers, outside, note } = world();
  outside.verify(JOB, note("verify"));
  outside.load(RANGE, note("load"));
  outside.hashCoins(note("hash"));
  outside.load(RANGE, note("load again"));
  assert.deepEqual(effects, [
    { type: "verify", job: 1, payload: JOB },
    { type: "load", request: 1, range: RANGE },
    { type: "hash-coins", request: 1 },
    { type: "load", request: 2, range: RANGE },
  ]);
  const bytes = Uint8Array.of(7);
  outside.answered({ type: "loaded", request: 2, bytes });
  outside.answered({ type: "coins-hashed", request: 1, hash: "ab" });
  outside.answered({ type: "loaded", request: 1, bytes: undefined });
  assert.deepEqual(answers, [["load again", bytes], ["hash", "ab"], ["load", undefined]]);
});

test("scripts are being verified from the question to the answer, whatever else is under way", () => {
  const { outside, note } = world();
  outside.load(RANGE, note("load"));
  assert.equal(outside.isVerifying, false);
  outside.verify(JOB, note("verify"));
  assert.equal(outside.isVerifying, true);
  outside.answered({ type: "verified", job: 1, violation: undefined });
  assert.equal(outside.isVerifying, false);
});

test("an answer to what nobody asked is a bug", () => {
  const { outside } = world();
  assert.throws(() => outside.answered({ type: "persisted", batch: 1 }));
});
