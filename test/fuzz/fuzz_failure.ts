import { FuzzRun, type FuzzPlan, type FuzzReport } from "./fuzz_run.ts";

/** As long as a failure is made smaller, in milliseconds. */
const SHRINK_TIME = 60_000;
/** Of the steps that are left, so many are named. */
const STEPS_NAMED = 40;

/** Runs the plan; a failure is thrown with the fewest steps that were found to lead to it. */
export async function runOrShrink(plan: FuzzPlan): Promise<FuzzReport> {
  const run = new FuzzRun(plan);
  try {
    return await run.run();
  } catch (error) {
    // What fails after the last step may need no step at all.
    const all = Array.from({ length: Math.min(run.step + 1, plan.steps) }, (_, step) => step);
    const steps = await shrink(plan, all);
    const named = steps.slice(0, STEPS_NAMED).join(", ") + (steps.length > STEPS_NAMED ? ", …" : "");
    const where = `TIDINGS_SEED=${plan.seed}: fails at step ${run.step}, and with ${steps.length} steps alone`;
    throw new Error(`${where}: ${named}: ${(error as Error).message}`, { cause: error });
  }
}

/** Leaves out ever smaller pieces, while it still fails. */
async function shrink(plan: FuzzPlan, all: readonly number[]): Promise<readonly number[]> {
  const deadline = performance.now() + SHRINK_TIME;
  let steps = all;
  for (let piece = Math.ceil(steps.length / 2); piece >= 1; piece = piece === 1 ? 0 : Math.ceil(piece / 2)) {
    for (let start = 0; start < steps.length;) {
      if (performance.now() > deadline) return steps;
      const fewer = [...steps.slice(0, start), ...steps.slice(start + piece)];
      if (fewer.length < steps.length && (await fails(plan, fewer))) steps = fewer;
      else start += piece;
    }
  }
  return steps;
}

async function fails(plan: FuzzPlan, steps: readonly number[]): Promise<boolean> {
  const kept = new Set(steps);
  try {
    await new FuzzRun({ ...plan, steps: Math.max(-1, ...steps) + 1 }).run((step) => !kept.has(step));
    return false;
  } catch {
    return true;
  }
}
