/**
 * What the main thread and a worker tell each other. The bytes of a job stand in shared memory:
 *
 * ```text
 * 4              first     start of the first range known to break a rule; NO_FAULT before that
 * 4              unused, so that what follows is aligned
 * blockBytes     the block or transaction
 * spentBytes     the outputs it spends
 * ```
 *
 * @module
 */
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { VerifyJob } from "../consensus/verify_job.ts";

export interface RangeRequest {
  readonly job: number;
  readonly from: number;
  readonly to: number;
  readonly kind: VerifyJob["kind"];
  readonly flags: number;
  readonly inputCount: number;
  readonly memory: SharedArrayBuffer;
  readonly blockBytes: number;
}

export type RangeAnswer =
  | { readonly type: "checked"; readonly violation: RuleViolation | undefined }
  /** The worker has a bug: it threw. */
  | { readonly type: "failed"; readonly error: string };

const PREFIX_BYTES = 8;

/** More than any input's number. */
const NO_FAULT = 2 ** 31 - 1;

/** The one copy of the job's bytes. */
export function shareJob(job: VerifyJob): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(PREFIX_BYTES + job.bytes.length + job.spentOutputs.length);
  const bytes = new Uint8Array(memory);
  bytes.set(job.bytes, PREFIX_BYTES);
  bytes.set(job.spentOutputs, PREFIX_BYTES + job.bytes.length);
  Atomics.store(new Int32Array(memory, 0, 1), 0, NO_FAULT);
  return memory;
}

export function jobIn({ kind, flags, inputCount, memory, blockBytes }: RangeRequest): VerifyJob {
  return {
    kind,
    flags,
    inputCount,
    bytes: new Uint8Array(memory, PREFIX_BYTES, blockBytes),
    spentOutputs: new Uint8Array(memory, PREFIX_BYTES + blockBytes),
  };
}

/** Tells those who work on later ranges that theirs no longer matter. */
export function markFault(memory: SharedArrayBuffer, from: number): void {
  const cell = new Int32Array(memory, 0, 1);
  for (let seen = Atomics.load(cell, 0); from < seen;) {
    const before = Atomics.compareExchange(cell, 0, seen, from);
    if (before === seen) return;
    seen = before;
  }
}

/** Whether an earlier range has already broken a rule. */
export function isMoot(memory: SharedArrayBuffer, from: number): boolean {
  return Atomics.load(new Int32Array(memory, 0, 1), 0) < from;
}
