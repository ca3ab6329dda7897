import { concatBytes, toLatin1 } from "../base/bytes.ts";
import { ByteWriter } from "../codec/byte_writer.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import { verifyInputs } from "../consensus/verify_inputs.ts";
import type { VerifyJob } from "../consensus/verify_job.ts";
import { sha256 } from "../crypto/crypto.ts";

/** More than are under way at once; then the oldest is forgotten, and computed again if it is asked for. */
const VERDICTS_MAX = 10_000;

const JOB_KINDS: readonly VerifyJob["kind"][] = ["transaction", "block", "transactions"];

/**
 * `verifyInputs` for a whole network: a verdict depends on nothing but the job, so what one node
 * has had computed is not computed again for the next. Every node still asks.
 */
export class SharedVerdicts {
  readonly #verdicts = new Map<string, RuleViolation | undefined>();

  verify(job: VerifyJob): RuleViolation | undefined {
    const key = keyOf(job);
    if (this.#verdicts.has(key)) return this.#verdicts.get(key);
    const verdict = verifyInputs(job, 0, job.inputCount);
    this.#verdicts.set(key, verdict);
    if (this.#verdicts.size > VERDICTS_MAX) this.#forgetOldest();
    return verdict;
  }

  #forgetOldest(): void {
    for (const key of this.#verdicts.keys()) {
      this.#verdicts.delete(key);
      return;
    }
  }
}

function keyOf({ kind, bytes, spentOutputs, flags, inputCount }: VerifyJob): string {
  const head = new ByteWriter(13).u8(JOB_KINDS.indexOf(kind)).u32(flags).u32(inputCount).u32(bytes.length);
  return toLatin1(sha256(concatBytes(head.finish(), bytes, spentOutputs)));
}
