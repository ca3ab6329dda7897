/**
 * What the main thread and a worker tell each other. All who check a job take one piece of its inputs
 * after the other, until none is left. The bytes of a job stand in shared memory:
 *
 * ```text
 * 4              fault    start of the first piece known to break a rule; NO_FAULT before that
 * 4              next     start of the first piece that nobody has taken
 * 4              checked  inputs in pieces that are checked, and good
 * 4              unused, so that what follows is aligned
 * blockBytes     the block or transaction
 * spentBytes     the outputs it spends
 * ```
 *
 * @module
 */
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { OpenJob } from "../consensus/verify_inputs.ts";
import type { VerifyJob } from "../consensus/verify_job.ts";

export interface PartRequest {
  readonly kind: VerifyJob["kind"];
  readonly flags: number;
  readonly inputCount: number;
  readonly pieceInputs: number;
  readonly memory: SharedArrayBuffer;
  readonly blockBytes: number;
}

/** What a piece breaks. Of several the one that starts first counts. */
export interface Fault {
  /** The piece's first input. */
  readonly from: number;
  readonly violation: RuleViolation;
}

export type PartAnswer =
  | { readonly type: "checked"; readonly fault: Fault | undefined }
  /** The worker has a bug: it threw. */
  | { readonly type: "failed"; readonly error: string };

const PREFIX_BYTES = 16;
const FAULT = 0;
const NEXT = 1;
const CHECKED = 2;
const CELLS = 3;

/** More than any input's number. */
const NO_FAULT = 2 ** 31 - 1;

/** The one copy of the job's bytes. */
export function shareJob(job: VerifyJob): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(PREFIX_BYTES + job.bytes.length + job.spentOutputs.length);
  const bytes = new Uint8Array(memory);
  bytes.set(job.bytes, PREFIX_BYTES);
  bytes.set(job.spentOutputs, PREFIX_BYTES + job.bytes.length);
  Atomics.store(cellsOf(memory), FAULT, NO_FAULT);
  return memory;
}

export function jobIn({ kind, flags, inputCount, memory, blockBytes }: PartRequest): VerifyJob {
  return {
    kind,
    flags,
    inputCount,
    bytes: new Uint8Array(memory, PREFIX_BYTES, blockBytes),
    spentOutputs: new Uint8Array(memory, PREFIX_BYTES + blockBytes),
  };
}

/**
 * Takes pieces until there are none, or one breaks a rule. All before that one have been taken by
 * somebody, who checks them to their end.
 */
export function checkPieces(request: PartRequest, job: OpenJob | RuleViolation): Fault | undefined {
  if ("rule" in job) return { from: 0, violation: job };
  const { inputCount, pieceInputs, memory } = request;
  const cells = cellsOf(memory);
  for (;;) {
    const from = Atomics.add(cells, NEXT, pieceInputs);
    if (from >= inputCount || from > Atomics.load(cells, FAULT)) return undefined;
    const to = Math.min(from + pieceInputs, inputCount);
    const violation = job.verify(from, to);
    if (violation !== undefined) {
      markFault(cells, from);
      return { from, violation };
    }
    Atomics.add(cells, CHECKED, to - from);
  }
}

/** Whether every input is checked, and good. */
export function isAllGood({ memory, inputCount }: PartRequest): boolean {
  return Atomics.load(cellsOf(memory), CHECKED) === inputCount;
}

/** Tells those who would take later pieces that theirs no longer matter. */
function markFault(cells: Int32Array, from: number): void {
  for (let seen = Atomics.load(cells, FAULT); from < seen;) {
    const before = Atomics.compareExchange(cells, FAULT, seen, from);
    if (before === seen) return;
    seen = before;
  }
}

function cellsOf(memory: SharedArrayBuffer): Int32Array {
  return new Int32Array(memory, 0, CELLS);
}
