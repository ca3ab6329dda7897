/**
 * Blocks that someone here has made or submitted, and waits for the verdict on.
 *
 * @module
 */
import { unreachable } from "../base/assert.ts";
import type { FilePosition } from "../chain/block_table.ts";
import type { BlockVerdict, ChainState } from "../chain/chain_state.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { Block } from "../primitives/block.ts";
import { type BlockHash, type HashKey, hashKey } from "../primitives/hash.ts";
import { type Answer, succeeded } from "./answer.ts";

type Checked = (violation: RuleViolation | undefined) => void;

export class SubmittedBlocks {
  readonly #chain: ChainState;
  /** Who waits for which block. */
  readonly #awaited = new Map<HashKey, readonly Checked[]>();

  constructor(chain: ChainState) {
    this.#chain = chain;
  }

  /** Hands a block to the chain; `checked` follows if it is `accepted` and can be connected. */
  add(block: Block, checked: Checked, position?: FilePosition): BlockVerdict {
    const key = hashKey(block.hash);
    const waiting = this.#awaited.get(key) ?? [];
    this.#awaited.set(key, [...waiting, checked]);
    const verdict = this.#chain.addBlock(block, {
      requested: true, ...(position === undefined ? {} : { position }),
    });
    if (verdict.type === "accepted" && verdict.unlocks > 0) return verdict;
    if (waiting.length === 0) this.#awaited.delete(key);
    else this.#awaited.set(key, waiting);
    return verdict;
  }

  submit(block: Block, position: FilePosition | undefined, answer: Answer): void {
    const verdict = this.add(block, (violation) => {
      answer(succeeded({ type: "block-verdict", verdict: violation ?? this.#outcome(block.hash) }));
    }, position);
    if (verdict.type === "accepted" && verdict.unlocks > 0) return;
    answer(succeeded({ type: "block-verdict", verdict: this.#answerTo(verdict) }));
  }

  /** The chain has judged a block. */
  checked(hash: BlockHash, violation: RuleViolation | undefined): void {
    const key = hashKey(hash);
    const waiting = this.#awaited.get(key) ?? [];
    this.#awaited.delete(key);
    for (const checked of waiting) checked(violation);
  }

  #outcome(hash: BlockHash): "accepted" | "inconclusive" {
    const id = this.#chain.headers.find(hash);
    return id !== undefined && this.#chain.isActive(id) ? "accepted" : "inconclusive";
  }

  #answerTo(verdict: BlockVerdict) {
    switch (verdict.type) {
      // It waits for its parents.
      case "accepted":
        return "inconclusive";
      case "duplicate":
        return this.#chain.headers.isInvalid(verdict.id) ? "duplicate-invalid" : "duplicate";
      case "ignored":
        return "inconclusive";
      case "unconnected":
        return { rule: "prev-blk-not-found", detail: "the block before it is not known" };
      case "invalid":
        return verdict.violation;
      default:
        return unreachable(verdict);
    }
  }
}
