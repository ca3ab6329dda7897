/**
 * What is handed to a worker: everything that checking scripts needs, as bytes.
 *
 * The driver copies the bytes once into shared memory and cuts the inputs into ranges; the
 * simulator runs the same function inline.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import type { RuleViolation } from "./rule_violation.ts";

export interface VerifyJob {
  /** `transactions`: those of a block that are left to check. */
  readonly kind: "block" | "transactions" | "transaction";
  /** The whole serialisation, with witness; transactions stand one after the other. */
  readonly bytes: Bytes;
  /**
   * For each input of each transaction but the coinbase, in order, the output that it spends:
   * i64 value, CompactSize script length, script.
   */
  readonly spentOutputs: Bytes;
  /** Script verification flags in force at this height (script/flags.ts). */
  readonly flags: number;
  readonly inputCount: number;
}

/** How a job is handed out; `done` is called in a later turn, with the first violation there is. */
export type VerifyPort = (job: VerifyJob, done: (violation: RuleViolation | undefined) => void) => void;
