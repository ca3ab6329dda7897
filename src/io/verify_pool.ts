/**
 * Checks scripts in worker threads. One pool serves all nodes of a process.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { randomBytes } from "../base/rng.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import { verifyInputs } from "../consensus/verify_inputs.ts";
import type { VerifyJob } from "../consensus/verify_job.ts";
import {
  SignatureCache, type SignatureCacheParts, signatureCacheMemory,
} from "../script/signature_cache.ts";
import { SecureRng } from "./secure_rng.ts";
import { type RangeAnswer, type RangeRequest, shareJob } from "./verify_protocol.ts";

/**
 * Jobs with no more inputs are checked where they are: handing one over and taking its answer costs
 * the main thread some 25 µs and the round trip 50 µs or more, a signature 40 µs.
 */
const INLINE_INPUTS_MAX = 1;

/** A message costs some 10 µs, a signature 40 µs or more. */
const RANGE_INPUTS_MIN = 16;

/**
 * Of a long job each thread is given several ranges, of this many inputs at least, so that none waits for
 * another that had harder ones, or less of a processor.
 */
const SHORT_RANGE_INPUTS_MIN = 512;
const RANGES_PER_THREAD_MAX = 4;

/** Bitcoin Core's MAX_SCRIPTCHECK_THREADS. */
const THREADS_MAX = 15;

/** Bitcoin Core's default, of which it too gives half to signatures (DEFAULT_MAX_SIG_CACHE_BYTES). */
export const SIGNATURE_CACHE_BYTES = 16 * 2 ** 20;

/** Workers that may die before all is checked inline: that many were no accident. */
const CRASHES_MAX = 3;

/** What a user may settle. */
export interface VerifyPlan {
  /** How many workers; zero checks everything on the main thread. */
  readonly threads?: number;
  /** For signatures that were found good. @default SIGNATURE_CACHE_BYTES */
  readonly signatureCacheBytes?: number;
}

export interface VerifyPoolOptions extends VerifyPlan {
  readonly threads: number;
  /** Hears of workers that crashed. The job is checked again on the main thread. */
  readonly report: (error: Error) => void;
  /** Only for tests: another worker than verify_worker.ts. */
  readonly script?: URL;
}

/** A job that is out. Its ranges are answered in any order. */
interface Running {
  readonly payload: VerifyJob;
  readonly resolve: (violation: RuleViolation | undefined) => void;
  readonly reject: (error: unknown) => void;
  readonly verdicts: ("pending" | RuleViolation | undefined)[];
}

interface Range {
  readonly running: Running;
  readonly index: number;
  readonly request: RangeRequest;
}

interface Thread {
  readonly worker: Worker;
  range: Range | undefined;
}

/** Threads for `-par=0`: one for each processor. The node's own thread has little to do beside them. */
export function defaultThreads(): number {
  return Math.min(availableParallelism(), THREADS_MAX);
}

export class VerifyPool {
  readonly #limit: number;
  readonly #report: (error: Error) => void;
  readonly #script: URL;
  /** Of all threads, and of all nodes of the process. */
  readonly #cacheParts: SignatureCacheParts;
  readonly #cache: SignatureCache;
  readonly #threads = new Set<Thread>();
  /** Ranges that no thread has taken yet. Bounded by the nodes: each has a block or two out. */
  readonly #waiting: Range[] = [];
  #nextJob = 0;
  #crashes = 0;
  #isClosed = false;

  constructor({ threads, report, script, signatureCacheBytes = SIGNATURE_CACHE_BYTES }: VerifyPoolOptions) {
    const memory = signatureCacheMemory(signatureCacheBytes);
    this.#cacheParts = { memory, salt: randomBytes(new SecureRng(), 32) };
    this.#cache = new SignatureCache(this.#cacheParts);
    this.#limit = Math.min(threads, THREADS_MAX);
    this.#report = report;
    this.#script = script ?? siblingModule("verify_worker");
  }

  /** How many workers run now; they start when there is work, or before by `start`, and stay. */
  get threadCount(): number {
    return this.#threads.size;
  }

  /** Starts all workers, for who knows that there will be much to do: they load while it is made ready. */
  start(): void {
    while (this.#hasThreads && this.#threads.size < this.#limit) this.#start();
  }

  /**
   * The first violation in the order of the inputs.
   *
   * @throws {InvariantError} or whatever else a bug of ours throws
   */
  async verify(job: VerifyJob): Promise<RuleViolation | undefined> {
    if (job.inputCount <= INLINE_INPUTS_MAX || !this.#hasThreads) {
      return verifyInputs(job, 0, job.inputCount, this.#cache);
    }
    return new Promise((resolve, reject) => {
      this.#enqueue({ payload: job, resolve, reject, verdicts: [] });
      this.#dispatch();
    });
  }

  /** What is still out is checked on the main thread. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const threads = [...this.#threads];
    this.#threads.clear();
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
    for (const { range } of threads) if (range !== undefined) this.#checkHere(range);
    for (const range of this.#waiting.splice(0)) this.#checkHere(range);
  }

  get #hasThreads(): boolean {
    return this.#limit > 0 && this.#crashes < CRASHES_MAX && !this.#isClosed;
  }

  /**
   * Cuts a job into ranges for all threads that have nothing to do: each parses the job's bytes.
   * While blocks follow each other closely, each is one thread's.
   */
  #enqueue(running: Running): void {
    const { kind, flags, inputCount, bytes } = running.payload;
    const memory = shareJob(running.payload);
    const job = this.#nextJob++;
    const count = rangeCount(inputCount, this.#idleCount());
    for (let index = 0; index < count; index++) {
      const from = Math.floor((index * inputCount) / count);
      const to = Math.floor(((index + 1) * inputCount) / count);
      const request = { job, from, to, kind, flags, inputCount, memory, blockBytes: bytes.length };
      running.verdicts.push("pending");
      this.#waiting.push({ running, index, request });
    }
  }

  #idleCount(): number {
    let busy = this.#waiting.length;
    for (const { range } of this.#threads) if (range !== undefined) busy++;
    return this.#limit - busy;
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#idleThread();
      if (thread === undefined) return;
      const range = this.#waiting.shift() as Range;
      thread.range = range;
      thread.worker.ref();
      thread.worker.postMessage(range.request);
    }
  }

  #idleThread(): Thread | undefined {
    for (const thread of this.#threads) if (thread.range === undefined) return thread;
    return this.#threads.size < this.#limit ? this.#start() : undefined;
  }

  #start(): Thread {
    const worker = new Worker(this.#script, { workerData: this.#cacheParts, ...workerFlags() });
    const thread: Thread = { worker, range: undefined };
    worker.on("message", (answer: RangeAnswer) => this.#answered(thread, answer));
    worker.on("error", (error) => this.#crashed(thread, error));
    worker.on("exit", (code) => this.#crashed(thread, new Error(`A verify worker ended with code ${code}`)));
    worker.unref();
    this.#threads.add(thread);
    return thread;
  }

  #answered(thread: Thread, answer: RangeAnswer): void {
    // It is being ended, and must keep the process alive until it has.
    if (!this.#threads.has(thread)) return;
    const range = thread.range;
    thread.range = undefined;
    // An idle worker does not keep the process alive.
    thread.worker.unref();
    if (range === undefined) return;
    if (answer.type === "checked") settle(range, answer.violation);
    else this.#failed(range, new Error(`A verify worker failed: ${answer.error}`));
    this.#dispatch();
  }

  /** Also called by an exit that follows an error, or our own `close`: then there is nothing to do. */
  #crashed(thread: Thread, error: Error): void {
    if (!this.#threads.delete(thread)) return;
    this.#crashes++;
    if (thread.range === undefined) this.#report(error);
    else this.#failed(thread.range, error);
    if (this.#hasThreads) this.#dispatch();
    else for (const range of this.#waiting.splice(0)) this.#checkHere(range);
  }

  #failed(range: Range, error: Error): void {
    this.#report(error);
    this.#checkHere(range);
  }

  #checkHere(range: Range): void {
    const { running, request } = range;
    try {
      settle(range, verifyInputs(running.payload, request.from, request.to, this.#cache));
    } catch (error) {
      running.reject(error);
    }
  }
}

/** How many ranges `inputCount` inputs are cut into, for `threads` that have nothing else to do. */
function rangeCount(inputCount: number, threads: number): number {
  const count = Math.min(threads, Math.floor(inputCount / RANGE_INPUTS_MIN));
  if (count <= 1) return 1;
  const each = Math.floor(inputCount / count / SHORT_RANGE_INPUTS_MIN);
  return count * Math.max(1, Math.min(each, RANGES_PER_THREAD_MAX));
}

/** Records a verdict, and answers the job once no earlier range can change the answer. */
function settle({ running, index }: Range, violation: RuleViolation | undefined): void {
  const { verdicts } = running;
  verdicts[index] = violation;
  for (const verdict of verdicts) {
    if (verdict === "pending") return;
    if (verdict !== undefined) return running.resolve(verdict);
  }
  running.resolve(undefined);
}

/** A program given on the command line has a flag that a worker refuses; all others are inherited unsaid. */
function workerFlags(): { readonly execArgv?: string[] } {
  const execArgv = process.execArgv.filter((flag) => !flag.startsWith("--input-type"));
  return execArgv.length === process.execArgv.length ? {} : { execArgv };
}

/** A module beside this one, compiled or not. */
function siblingModule(name: string): URL {
  return new URL(`./${name}${import.meta.url.slice(import.meta.url.lastIndexOf("."))}`, import.meta.url);
}
