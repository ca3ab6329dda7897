import assert from "node:assert/strict";
import { test } from "node:test";
import { isTidingsError } from "../api/errors.ts";
import { seededRng } from "../base/rng.ts";
import { nextWait, parseBlockSchedule, parseTrafficSchedule } from "./schedule.ts";

test("block schedules are read in every form", () => {
  assert.deepEqual(parseBlockSchedule("off"), { type: "off" });
  assert.deepEqual(parseBlockSchedule("auto"), { type: "auto" });
  assert.deepEqual(parseBlockSchedule("10s"), { type: "interval", every: 10_000 });
  assert.deepEqual(parseBlockSchedule("1.5min"), { type: "interval", every: 90_000 });
  assert.deepEqual(parseBlockSchedule("poisson:250ms"), { type: "poisson", mean: 250 });
});

test("traffic is read as a rate", () => {
  assert.deepEqual(parseTrafficSchedule("off"), { type: "off" });
  assert.deepEqual(parseTrafficSchedule("2/s"), { type: "poisson", mean: 500 });
  assert.deepEqual(parseTrafficSchedule("30/min"), { type: "poisson", mean: 2000 });
});

test("what is no schedule is refused with what would be one", () => {
  const noBlocks = ["", "10", "10 s", "s", "poisson", "poisson:", "0s", "-1s", "1d", "25h", "1ms", "1e3s"];
  for (const text of noBlocks) {
    assert.throws(() => parseBlockSchedule(text), (error) => {
      return isTidingsError(error, "CONFIG") && error.data.option === "block";
    }, text);
  }
  for (const text of ["", "2", "2s", "0/s", "51/s", "/s", "2/d", "2/ms", "auto"]) {
    assert.throws(() => parseTrafficSchedule(text), (error) => {
      return isTidingsError(error, "CONFIG") && error.data.option === "traffic";
    }, text);
  }
});

test("waits at random have the mean that was asked for, and follow from the seed", () => {
  const schedule = parseBlockSchedule("poisson:10s");
  const waits = (seed: number): number[] => {
    const rng = seededRng(seed);
    return Array.from({ length: 4000 }, () => nextWait(schedule, rng) ?? 0);
  };
  const mean = waits(7).reduce((sum, wait) => sum + wait, 0) / 4000;
  assert.ok(mean > 9_000 && mean < 11_000, `seed 7: mean ${mean}`);
  assert.deepEqual(waits(7), waits(7));
  assert.equal(nextWait({ type: "auto" }, seededRng(1)), undefined);
});
