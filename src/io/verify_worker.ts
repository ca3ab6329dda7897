/**
 * A worker thread of the verify pool: checks one range of inputs after the other.
 *
 * @module
 */
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { defined } from "../base/assert.ts";
import { openJob } from "../consensus/verify_inputs.ts";
import { SignatureCache, type SignatureCacheParts } from "../script/signature_cache.ts";
import { installNodeCrypto } from "./node_crypto.ts";
import { isMoot, jobIn, markFault, type RangeAnswer, type RangeRequest } from "./verify_protocol.ts";

/** So much nicer than the main thread, that it need not wait for a processor when all are busy. */
const NICENESS = 5;

installNodeCrypto();
// Of this thread alone on Linux; elsewhere it would be of the whole process.
if (process.platform === "linux") yieldToMainThread();
const port = defined(parentPort ?? undefined, "this module runs in a worker thread");

const cache = new SignatureCache(workerData as SignatureCacheParts);

/** The job of the last range, parsed: ranges of one job come one after the other. */
let last: { readonly number: number; readonly job: ReturnType<typeof openJob> } | undefined;

port.on("message", (request: RangeRequest) => port.postMessage(answer(request)));

function answer(request: RangeRequest): RangeAnswer {
  if (isMoot(request.memory, request.from)) return { type: "checked", violation: undefined };
  try {
    if (last?.number !== request.job) last = { number: request.job, job: openJob(jobIn(request), cache) };
    const violation = "rule" in last.job ? last.job : last.job.verify(request.from, request.to);
    if (violation !== undefined) markFault(request.memory, request.from);
    return { type: "checked", violation };
  } catch (error) {
    return { type: "failed", error: error instanceof Error ? String(error.stack) : String(error) };
  }
}

function yieldToMainThread(): void {
  try {
    setPriority(NICENESS);
  } catch {
    // A system that forbids it gets all the same work done.
  }
}
