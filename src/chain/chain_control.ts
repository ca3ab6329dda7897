/**
 * What an operator decides about chains, against what their work says (Bitcoin Core: validation.cpp,
 * InvalidateBlock, ResetBlockFailureFlags, PreciousBlock). Marks only: `ChainState.work` then goes to
 * what is the best chain now.
 *
 * @module
 */
import { violation } from "../consensus/rule_violation.ts";
import { invalidChainLine } from "./chain_log.ts";
import type { ChainParts } from "./chain_parts.ts";
import { type BlockId, GENESIS } from "./header_index.ts";
import { takeChangedPages } from "./index_pages.ts";

/** Lower ones are left to no block: it is the first of all that were seen as it is. */
const SEQUENCE_MIN = -(2 ** 31);

export class ChainControl {
  readonly #parts: ChainParts;
  /** For the next block that is preferred. */
  #nextSequence = -1;
  /** The tip when the last one was. */
  #preferredOver: BlockId = GENESIS;

  constructor(parts: ChainParts) {
    this.#parts = parts;
  }

  /** Nothing changes for genesis, or a block that is invalid already. */
  invalidate(id: BlockId): void {
    const { acceptance, blocks, candidates, headers, ports, verdicts } = this.#parts;
    if (id === GENESIS || headers.isInvalid(id)) return;
    const fallen = candidates.invalidate(id);
    acceptance.chooseBest();
    ports.logger.info(invalidChainLine(headers, "invalid block", id));
    for (const each of fallen) {
      blocks.forget(each);
      verdicts.tellBad(each, violation("bad-prevblk"));
    }
    this.#persist();
  }

  reconsider(id: BlockId): void {
    const { acceptance, candidates } = this.#parts;
    candidates.reconsider(id);
    acceptance.chooseBest();
    this.#persist();
  }

  prefer(id: BlockId): void {
    const { active, candidates, headers } = this.#parts;
    const { tip } = active;
    if (headers.compareWork(id, tip) < 0) return;
    // A longer chain has decided since: what was preferred before it no longer counts.
    if (headers.compareWork(tip, this.#preferredOver) > 0) this.#nextSequence = -1;
    this.#preferredOver = tip;
    candidates.setSequence(id, this.#nextSequence);
    this.#nextSequence = Math.max(this.#nextSequence - 1, SEQUENCE_MIN);
  }

  #persist(): void {
    const index = takeChangedPages(this.#parts.headers);
    if (index.length > 0) this.#parts.outbox.send({ index });
  }
}
