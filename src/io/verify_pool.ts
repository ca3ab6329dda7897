/**
 * Checks scripts in worker threads. One pool serves all nodes of a process.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { randomBytes } from "../base/rng.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import { openJob, verifyInputs } from "../consensus/verify_inputs.ts";
import type { VerifyJob } from "../consensus/verify_job.ts";
import {
  SignatureCache, type SignatureCacheParts, signatureCacheMemory,
} from "../script/signature_cache.ts";
import { SecureRng } from "./secure_rng.ts";
import {
  checkPieces, type Fault, isAllGood, type PartAnswer, type PartRequest, shareJob,
} from "./verify_protocol.ts";
import { siblingModule, workerFlags } from "./worker_start.ts";

/**
 * Jobs with no more inputs are checked where they are: handing one over and taking its answer costs
 * the main thread some 25 µs and the round trip 50 µs or more, a signature 40 µs.
 */
const INLINE_INPUTS_MAX = 1;

/** What one thread takes at least. A message costs some 10 µs, a signature 40 µs or more. */
const PIECE_INPUTS_MIN = 16;
/** No thread waits longer than ten milliseconds for another that had harder ones, or less of a processor. */
const PIECE_INPUTS_MAX = 128;
/** Of a short job. */
const PIECES_PER_THREAD_MIN = 4;

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

/** A job that is out. */
interface Running {
  readonly payload: VerifyJob;
  readonly request: PartRequest;
  readonly resolve: (violation: RuleViolation | undefined) => void;
  readonly reject: (error: unknown) => void;
  /** How many have begun to take pieces, and have not answered. */
  takers: number;
  /** The first that was found so far. */
  fault: Fault | undefined;
}

interface Thread {
  readonly worker: Worker;
  running: Running | undefined;
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
  readonly #running = new Set<Running>();
  /** Jobs, once for each thread that is to take part. Bounded by the nodes: each has a block or two out. */
  #waiting: Running[] = [];
  #crashes = 0;
  #isClosed = false;

  constructor({ threads, report, script, signatureCacheBytes = SIGNATURE_CACHE_BYTES }: VerifyPoolOptions) {
    const memory = signatureCacheMemory(signatureCacheBytes);
    this.#cacheParts = { memory, salt: randomBytes(new SecureRng(), 32) };
    this.#cache = new SignatureCache(this.#cacheParts);
    this.#limit = Math.min(threads, THREADS_MAX);
    this.#report = report;
    this.#script = script ?? siblingModule(import.meta.url, "verify_worker");
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
      this.#enqueue(job, resolve, reject);
      this.#dispatch();
    });
  }

  /** The calling thread takes part in what is out, for who would do nothing but wait. */
  help(): void {
    for (const running of this.#running) {
      running.takers++;
      try {
        this.#took(running, checkPieces(running.request, openJob(running.payload, this.#cache)));
      } catch (error) {
        this.#settle(running, () => running.reject(error));
      }
    }
  }

  /** What is still out is checked on the main thread. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const threads = [...this.#threads];
    this.#threads.clear();
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
    for (const running of this.#running) this.#checkHere(running);
  }

  get #hasThreads(): boolean {
    return this.#limit > 0 && this.#crashes < CRASHES_MAX && !this.#isClosed;
  }

  /**
   * A job is for all threads that have nothing to do: each parses its bytes. While blocks follow each
   * other closely, each is one thread's.
   */
  #enqueue(job: VerifyJob, resolve: Running["resolve"], reject: Running["reject"]): void {
    const { kind, flags, inputCount, bytes } = job;
    const parts = Math.max(1, Math.min(this.#idleCount(), Math.floor(inputCount / PIECE_INPUTS_MIN)));
    const request: PartRequest = {
      kind, flags, inputCount,
      pieceInputs: pieceInputs(inputCount, parts), memory: shareJob(job), blockBytes: bytes.length,
    };
    const running: Running = { payload: job, request, resolve, reject, takers: 0, fault: undefined };
    this.#running.add(running);
    for (let part = 0; part < parts; part++) this.#waiting.push(running);
  }

  #idleCount(): number {
    let busy = this.#waiting.length;
    for (const { running } of this.#threads) if (running !== undefined) busy++;
    return this.#limit - busy;
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#idleThread();
      if (thread === undefined) return;
      const running = this.#waiting.shift() as Running;
      running.takers++;
      thread.running = running;
      thread.worker.ref();
      thread.worker.postMessage(running.request);
    }
  }

  #idleThread(): Thread | undefined {
    for (const thread of this.#threads) if (thread.running === undefined) return thread;
    return this.#threads.size < this.#limit ? this.#start() : undefined;
  }

  #start(): Thread {
    const worker = new Worker(this.#script, { workerData: this.#cacheParts, ...workerFlags() });
    const thread: Thread = { worker, running: undefined };
    worker.on("message", (answer: PartAnswer) => this.#answered(thread, answer));
    worker.on("error", (error) => this.#crashed(thread, error));
    worker.on("exit", (code) => this.#crashed(thread, new Error(`A verify worker ended with code ${code}`)));
    worker.unref();
    this.#threads.add(thread);
    return thread;
  }

  #answered(thread: Thread, answer: PartAnswer): void {
    // It is being ended, and must keep the process alive until it has.
    if (!this.#threads.has(thread)) return;
    const running = thread.running;
    thread.running = undefined;
    // An idle worker does not keep the process alive.
    thread.worker.unref();
    if (running === undefined) return;
    if (answer.type === "checked") this.#took(running, answer.fault);
    else this.#failed(running, new Error(`A verify worker failed: ${answer.error}`));
    this.#dispatch();
  }

  /** Also called by an exit that follows an error, or our own `close`: then there is nothing to do. */
  #crashed(thread: Thread, error: Error): void {
    if (!this.#threads.delete(thread)) return;
    this.#crashes++;
    if (thread.running === undefined) this.#report(error);
    else this.#failed(thread.running, error);
    if (this.#hasThreads) this.#dispatch();
    else for (const running of this.#waiting) this.#checkHere(running);
  }

  /** One of its takers found no more pieces, or a fault: no piece is left that nobody has taken. */
  #took(running: Running, fault: Fault | undefined): void {
    running.takers--;
    if (fault !== undefined && fault.from < (running.fault?.from ?? Infinity)) running.fault = fault;
    // A thread that still starts need not be waited for.
    if (running.takers > 0 && !isAllGood(running.request)) return;
    this.#settle(running, () => running.resolve(running.fault?.violation));
  }

  #failed(running: Running, error: Error): void {
    this.#report(error);
    this.#checkHere(running);
  }

  /** All of it: which pieces are lost is not known. */
  #checkHere(running: Running): void {
    const { payload, resolve, reject } = running;
    this.#settle(running, () => {
      try {
        resolve(verifyInputs(payload, 0, payload.inputCount, this.#cache));
      } catch (error) {
        reject(error);
      }
    });
  }

  #settle(running: Running, tell: () => void): void {
    if (!this.#running.delete(running)) return;
    this.#waiting = this.#waiting.filter((each) => each !== running);
    tell();
  }
}

function pieceInputs(inputCount: number, parts: number): number {
  const even = Math.ceil(inputCount / (parts * PIECES_PER_THREAD_MIN));
  return Math.max(PIECE_INPUTS_MIN, Math.min(even, PIECE_INPUTS_MAX));
}
