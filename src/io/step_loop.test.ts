import assert from "node:assert/strict";
import { test } from "node:test";
import { drive, ScriptedCore } from "../../test/support/driven_core.ts";
import type { Instant } from "../base/time.ts";
import type { DialId, NodeInput } from "../node/effect.ts";
import { StepLoop } from "./step_loop.ts";

const sleeper = { clock: { now: () => 0 as Instant }, wakeAt: () => undefined };

function dialFailed(dial: number): NodeInput {
  return { type: "dial-failed", dial: dial as DialId, reason: "" };
}

/** A loop whose steps do as `react` says, and the dials that they were told of. */
function stepping(react: (dial: number, loop: StepLoop) => void) {
  const taken: number[] = [];
  const errors: unknown[] = [];
  const state = { isOpen: true };
  const loop: StepLoop = new StepLoop({
    sleeper,
    step: (input) => {
      assert.equal(input.type, "dial-failed");
      if (input.type !== "dial-failed") return;
      taken.push(input.dial);
      react(input.dial, loop);
    },
    isOpen: () => state.isOpen,
    failed: (error) => void errors.push(error),
  });
  return { loop, taken, errors, state };
}

test("an input that comes within a step is taken after it; what became of the step before all others", () => {
  const order: string[] = [];
  const { loop } = stepping((dial, self) => {
    order.push(`${dial} begins`);
    if (dial === 1) {
      self.feed(dialFailed(2));
      self.followUp(dialFailed(3));
    }
    order.push(`${dial} ends`);
  });
  loop.feed(dialFailed(1));
  assert.deepEqual(order, ["1 begins", "1 ends", "3 begins", "3 ends", "2 begins", "2 ends"]);
});

test("nothing is taken while it is not open, and what waited is forgotten when it is stopped", () => {
  const { loop, taken, state } = stepping((dial, self) => {
    if (dial !== 2) return;
    self.feed(dialFailed(3));
    state.isOpen = false;
    self.stop();
  });
  state.isOpen = false;
  loop.feed(dialFailed(1));
  state.isOpen = true;
  loop.feed(dialFailed(2));
  loop.feed(dialFailed(4));
  assert.deepEqual(taken, [2]);
});

test("a step that throws is told to the owner, and the loop is free again", () => {
  const { loop, taken, errors } = stepping((dial) => {
    if (dial === 1) throw new Error("mine");
  });
  loop.feed(dialFailed(1));
  loop.feed(dialFailed(2));
  assert.deepEqual(taken, [1, 2]);
  assert.equal(String(errors[0]), "Error: mine");
});

test("the core is woken when it asked for it, and after I/O when that is past already", async () => {
  const core = new ScriptedCore((input) => {
    if (input.type === "woken") core.wake = core.inputs.length < 5 ? (0 as Instant) : undefined;
    return [];
  });
  const { driver } = await drive(core);
  await core.saw("woken", 5);
  core.wake = (Date.now() + 30) as Instant;
  const before = Date.now();
  await driver.command({ type: "ping" });
  core.wake = undefined;
  await core.saw("woken", 6);
  assert.ok(Date.now() - before >= 25, `woken after ${Date.now() - before} ms`);
  await driver.close();
});

test("while the mock clock is set, the core is woken within a tenth of a second", async () => {
  const core = new ScriptedCore();
  core.clock.mockTime = 1_700_000_000;
  const { driver } = await drive(core);
  const before = Date.now();
  await core.saw("woken", 3);
  assert.ok(Date.now() - before < 1_000);
  await driver.close();
});

test("what takes long and can wait is taken once in a turn of the loop, in order", async () => {
  const core = new ScriptedCore((input) => {
    const end = performance.now() + (input.type === "command" ? 12 : 0);
    while (performance.now() < end);
    return [];
  });
  const { driver } = await drive(core);
  let turn = 0;
  const counted = setInterval(() => turn++, 0);
  const taken: [number, number][] = [];
  await Promise.all([0, 1, 2, 3].map(async (number) => {
    await driver.command({ type: "ping" });
    taken.push([number, turn]);
  }));
  clearInterval(counted);
  assert.deepEqual(taken.map(([number]) => number), [0, 1, 2, 3]);
  assert.equal(new Set(taken.map(([, at]) => at)).size, 4, `in turns ${taken.map(([, at]) => at).join()}`);
  await driver.close();
});
