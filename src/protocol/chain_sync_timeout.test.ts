import assert from "node:assert/strict";
import { test } from "node:test";
import { addDuration, type Instant, milliseconds, minutes } from "../base/time.ts";
import type { BlockId } from "../chain/header_index.ts";
import { type ChainSyncFacts, IN_STEP, stepChainSync } from "./chain_sync_timeout.ts";

const start = 1_000 as Instant;
const facts: ChainSyncFacts = { now: start, peerWork: 5n, tip: 10 as BlockId, tipWork: 10n };
const later = (by: number): Instant => addDuration(start, minutes(by));
const after = (at: Instant): Instant => addDuration(at, milliseconds(1));

test("a peer with as much work as our tip is in step", () => {
  const { state } = stepChainSync(IN_STEP, facts);
  assert.equal(state.name, "watched");
  assert.deepEqual(stepChainSync(state, { ...facts, peerWork: 10n }), { state: IN_STEP, action: "none" });
});

test("a peer that stays behind is asked after 20 minutes and dropped 2 minutes later", () => {
  let step = stepChainSync(IN_STEP, facts);
  step = stepChainSync(step.state, { ...facts, now: later(20) });
  assert.equal(step.action, "none");
  step = stepChainSync(step.state, { ...facts, now: after(later(20)) });
  assert.equal(step.action, "ask");
  step = stepChainSync(step.state, { ...facts, now: after(later(22)) });
  assert.equal(step.action, "none");
  assert.equal(stepChainSync(step.state, { ...facts, now: after(after(later(22))) }).action, "drop");
});

test("a peer that reaches the work our tip had is watched anew with the tip of now", () => {
  let step = stepChainSync(IN_STEP, facts);
  step = stepChainSync(step.state, { now: later(15), peerWork: 10n, tip: 12 as BlockId, tipWork: 12n });
  assert.deepEqual(step, {
    state: { name: "watched", benchmark: 12, work: 12n, until: later(35) },
    action: "none",
  });
});

test("a peer that told of no block at all is watched like any other", () => {
  const { state } = stepChainSync(IN_STEP, { ...facts, peerWork: undefined });
  assert.equal(stepChainSync(state, { ...facts, peerWork: undefined, now: after(later(20)) }).action, "ask");
});
