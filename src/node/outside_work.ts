/**
 * Work that is done outside: asked for by an effect, and answered by an input in a later turn.
 *
 * @module
 */
import { unreachable } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import type { FileRange, PersistBatch } from "../chain/chain_ports.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { VerifyJob } from "../consensus/verify_job.ts";
import type { MuHashChange } from "../crypto/muhash.ts";
import type { NodeEffect, NodeInput } from "./effect.ts";
import { PendingWork } from "./pending_work.ts";

/** What came of it. */
export type OutsideAnswer = Extract<NodeInput, {
  readonly type: "verified" | "loaded" | "persisted" | "coins-hashed" | "coins-multiplied";
}>;

export class OutsideWork {
  readonly #effect: (effect: NodeEffect) => void;
  readonly #verifying = new PendingWork<RuleViolation | undefined>();
  readonly #loading = new PendingWork<Bytes | undefined>();
  readonly #persisting = new PendingWork<void>();
  readonly #hashing = new PendingWork<string | undefined>();
  readonly #multiplying = new PendingWork<Bytes>();

  constructor(effect: (effect: NodeEffect) => void) {
    this.#effect = effect;
  }

  get isVerifying(): boolean {
    return this.#verifying.size > 0;
  }

  verify(payload: VerifyJob, done: (violation: RuleViolation | undefined) => void): void {
    this.#effect({ type: "verify", job: this.#verifying.add(done), payload });
  }

  load(range: FileRange, done: (bytes: Bytes | undefined) => void): void {
    this.#effect({ type: "load", request: this.#loading.add(done), range });
  }

  persist(writes: PersistBatch, done: () => void): void {
    this.#effect({ type: "persist", batch: this.#persisting.add(done), writes });
  }

  hashCoins(done: (hash: string | undefined) => void): void {
    this.#effect({ type: "hash-coins", request: this.#hashing.add(done) });
  }

  multiplyCoins(change: MuHashChange, done: (factor: Bytes) => void): void {
    this.#effect({ type: "multiply-coins", request: this.#multiplying.add(done), change });
  }

  answered(input: OutsideAnswer): void {
    switch (input.type) {
      case "verified":
        return this.#verifying.answered(input.job, input.violation);
      case "loaded":
        return this.#loading.answered(input.request, input.bytes);
      case "persisted":
        return this.#persisting.answered(input.batch, undefined);
      case "coins-hashed":
        return this.#hashing.answered(input.request, input.hash);
      case "coins-multiplied":
        return this.#multiplying.answered(input.request, input.factor);
      default:
        return unreachable(input);
    }
  }
}
