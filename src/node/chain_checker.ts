import type { ChainCheck } from "../chain/check_chain.ts";
import { type Answer, succeeded } from "./answer.ts";

/** Runs checks of the chain one after the other, a block in each turn of the loop. */
export class ChainChecker {
  /** The first is under way. Bounded by the RPC's own queue of requests. */
  readonly #jobs: { readonly check: ChainCheck; readonly answer: Answer }[] = [];
  #isWaiting = false;

  /** Whether `work` has something to do now. */
  get hasWork(): boolean {
    return this.#jobs.length > 0 && !this.#isWaiting;
  }

  start(check: ChainCheck, answer: Answer): void {
    this.#jobs.push({ check, answer });
  }

  work(): void {
    const [job] = this.#jobs;
    if (job === undefined || this.#isWaiting) return;
    this.#isWaiting = true;
    job.check.step((step) => {
      this.#isWaiting = false;
      if (step === "more") return;
      this.#jobs.shift();
      job.answer(succeeded({ type: "chain-check", isGood: step === "good" }));
    });
  }
}
