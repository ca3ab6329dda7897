/**
 * Mines blocks on demand, for networks where that takes a few hashes (`generatetoaddress`).
 *
 * ```text
 *            request            solved              block checked
 *   idle ───────────────▶ solving ──────▶ submitted ─────────────▶ solving, or idle when all are made
 *                          │  ▲ slice over                │ refused
 *                          └──┘                           ▼
 *                                                   request fails
 * ```
 *
 * One request at a time, in the order in which they came. A block is solved in slices that do not
 * hold the loop, and the next is built on what the chain says is its tip then.
 *
 * @module
 */
import type { BlockVerdict } from "../chain/chain_state.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import { solve } from "../mining/solve.ts";
import type { Block } from "../primitives/block.ts";
import type { BlockHash } from "../primitives/hash.ts";
import { type Answer, failed, succeeded } from "./answer.ts";

/** Hashes tried in one turn of the loop: a few milliseconds. */
const TRIES_PER_TURN = 2_000;

export interface GenerateRequest {
  /** What to make next, unsolved, on top of the tip; called once a block. */
  readonly assemble: () => Block;
  readonly count: number;
  /** Hashes that one block may take before the request ends with what it has. */
  readonly maxTries: number;
  readonly answer: Answer;
}

interface Job extends GenerateRequest {
  readonly hashes: BlockHash[];
}

type State =
  | { readonly name: "idle" }
  | { readonly name: "solving"; readonly block: Block; nextNonce: number }
  | { readonly name: "submitted" };

/** Hands a block of ours to the chain; `checked` is called if the verdict is `accepted`. */
export type AddBlock =
  (block: Block, checked: (violation: RuleViolation | undefined) => void) => BlockVerdict;

export class BlockGenerator {
  readonly #addBlock: AddBlock;
  /** The first is under way. Bounded by the RPC's own queue of requests. */
  readonly #jobs: Job[] = [];
  #state: State = { name: "idle" };

  constructor(addBlock: AddBlock) {
    this.#addBlock = addBlock;
  }

  /** Whether `work` has something to do now. */
  get hasWork(): boolean {
    return this.#jobs.length > 0 && this.#state.name !== "submitted";
  }

  start(request: GenerateRequest): void {
    this.#jobs.push({ ...request, hashes: [] });
  }

  /** Takes one short turn. */
  work(): void {
    const [job] = this.#jobs;
    if (job === undefined || this.#state.name === "submitted") return;
    if (job.hashes.length >= job.count) return this.#finish(job);
    if (this.#state.name === "idle") this.#state = { name: "solving", block: job.assemble(), nextNonce: 0 };
    const { block, nextNonce } = this.#state;
    const tries = Math.min(TRIES_PER_TURN, job.maxTries - nextNonce);
    const solved = solve(block, tries, nextNonce);
    if (solved !== undefined) return this.#submit(job, solved.block);
    this.#state.nextNonce += tries;
    if (this.#state.nextNonce >= job.maxTries) this.#finish(job);
  }

  #submit(job: Job, block: Block): void {
    this.#state = { name: "submitted" };
    const verdict = this.#addBlock(block, (violation) => {
      this.#state = { name: "idle" };
      if (violation !== undefined) return this.#fail(violation);
      job.hashes.push(block.hash);
      if (job.hashes.length >= job.count) this.#finish(job);
    });
    if (verdict.type === "accepted") return;
    this.#state = { name: "idle" };
    if (verdict.type === "invalid") return this.#fail(verdict.violation);
    this.#fail({ rule: verdict.type, detail: "a block of our own was not taken" });
  }

  #finish(job: Job): void {
    this.#state = { name: "idle" };
    this.#jobs.shift();
    job.answer(succeeded({ type: "hashes", hashes: job.hashes }));
  }

  #fail(violation: RuleViolation): void {
    this.#state = { name: "idle" };
    this.#jobs.shift()?.answer(failed({ code: "block-invalid", violation }));
  }
}
