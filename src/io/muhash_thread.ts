import { Worker } from "node:worker_threads";
import type { Bytes } from "../base/bytes.ts";
import { type MuHashChange, muhashFactor } from "../crypto/muhash.ts";
import { siblingModule, workerFlags } from "./worker_start.ts";

interface Question {
  readonly change: MuHashChange;
  readonly answer: (factor: Bytes) => void;
}

/**
 * Makes the factors of changes to a MuHash in a thread of its own, which starts with the first: a block of
 * 6,000 coins takes a sixth of a second. There is one such change at a time for each node.
 */
export class MuHashThread {
  readonly #report: (error: Error) => void;
  readonly #script: URL;
  /** Oldest first, as they are answered. */
  readonly #asked: Question[] = [];
  #worker: Worker | undefined;
  #isUsable = true;

  /** `report` hears of a thread that crashed: what it had is made here, and so is all that follows. */
  constructor(report: (error: Error) => void, script: URL = siblingModule(import.meta.url, "muhash_worker")) {
    this.#report = report;
    this.#script = script;
  }

  async make(change: MuHashChange): Promise<Bytes> {
    if (!this.#isUsable) return muhashFactor(change);
    return new Promise((answer) => {
      this.#asked.push({ change, answer });
      this.#worker ??= this.#start();
      this.#worker.ref();
      this.#worker.postMessage(change);
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#giveUp();
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#script, workerFlags());
    worker.on("message", (factor: Bytes) => {
      this.#asked.shift()?.answer(factor);
      // An idle thread does not keep the process alive.
      if (this.#asked.length === 0) worker.unref();
    });
    worker.on("error", (error) => this.#crashed(error));
    worker.on("exit", (code) => this.#crashed(new Error(`The MuHash worker ended with code ${code}`)));
    return worker;
  }

  #crashed(error: Error): void {
    if (!this.#isUsable) return;
    this.#report(error);
    this.#giveUp();
  }

  #giveUp(): void {
    this.#isUsable = false;
    this.#worker = undefined;
    for (const { change, answer } of this.#asked.splice(0)) answer(muhashFactor(change));
  }
}
