/**
 * Which chain to follow: of all whose blocks have been here, the one with most work; of equals
 * the one that was complete first.
 *
 * @module
 */
import type { ActiveChain } from "./active_chain.ts";
import { type BlockId, GENESIS, type HeaderIndex } from "./header_index.ts";

/** Blocks that a start found: those of the chain it was on come before all others. */
const SEQUENCE_OF_TIP = 0;
const SEQUENCE_OF_RESTORED = 1;

export class Candidates {
  readonly #headers: HeaderIndex;
  readonly #active: ActiveChain;
  /** Ends of chains that are linked and valid, with no less work than the tip had at the last look. */
  readonly #ends = new Set<BlockId>();
  /** Blocks that are here while one before them is not, by the parent that they wait for. */
  readonly #waiting = new Map<BlockId, BlockId[]>();
  #sequence = SEQUENCE_OF_RESTORED;

  constructor(headers: HeaderIndex, active: ActiveChain) {
    this.#headers = headers;
    this.#active = active;
  }

  /** At a start: links what can be linked. `tip` is the one that was last told to everyone. */
  restore(tip: BlockId): void {
    const { blocks } = this.#headers;
    for (let row = 0; row < this.#headers.size; row++) {
      const id = row as BlockId;
      if (blocks.transactionCount(id) === 0) continue;
      const wasOnTip = this.#headers.descendsFrom(tip, id);
      if (this.#isParentLinked(id)) this.#link(id, wasOnTip ? SEQUENCE_OF_TIP : SEQUENCE_OF_RESTORED);
      else this.#wait(id);
    }
    this.rebuild();
  }

  /** The block's bytes are here. Returns all that became connectable. */
  received(id: BlockId): readonly BlockId[] {
    if (!this.#isParentLinked(id)) {
      this.#wait(id);
      return [];
    }
    const linked: BlockId[] = [];
    for (const queue = [id]; queue.length > 0; ) {
      const next = queue.pop() as BlockId;
      this.#link(next, ++this.#sequence);
      this.#offer(next);
      linked.push(next);
      queue.push(...(this.#waiting.get(next) ?? []));
      this.#waiting.delete(next);
    }
    return linked;
  }

  /** The block's bytes turned out not to be here: neither it nor what builds on it can be connected now. */
  lost(id: BlockId): void {
    const { blocks } = this.#headers;
    blocks.setLost(id);
    blocks.setUnlinked(id);
    for (let row = id + 1; row < this.#headers.size; row++) {
      const each = row as BlockId;
      const parent = this.#headers.previous(each) ?? GENESIS;
      if (!blocks.isLinked(each) || blocks.isLinked(parent)) continue;
      blocks.setUnlinked(each);
      this.#wait(each);
    }
    this.rebuild();
  }

  /** A block that broke a rule, and all that builds on it. Returns those newly found invalid. */
  invalidate(id: BlockId): readonly BlockId[] {
    const { blocks } = this.#headers;
    const found = [id];
    blocks.setInvalid(id);
    for (let row = id + 1; row < this.#headers.size; row++) {
      const each = row as BlockId;
      if (blocks.isInvalid(each) || !blocks.isInvalid(this.#headers.previous(each) ?? GENESIS)) continue;
      blocks.setInvalid(each);
      found.push(each);
    }
    this.rebuild();
    return found;
  }

  /** Not to be followed, though no rule says so: what it needs of our own data is damaged. */
  giveUp(id: BlockId): void {
    this.#ends.delete(id);
  }

  /** The same for every chain that leads through `id`. */
  giveUpAbove(id: BlockId): void {
    for (const end of this.#ends) if (this.#headers.descendsFrom(end, id)) this.#ends.delete(end);
  }

  /** Looks at every block again: after the tip lost work, or blocks fell away. */
  rebuild(): void {
    this.#ends.clear();
    for (let row = 0; row < this.#headers.size; row++) {
      const id = row as BlockId;
      if (this.#isEligible(id) && this.#headers.compareWork(id, this.#active.tip) >= 0) this.#offer(id);
    }
  }

  /** The end of a better chain than the one we are on. */
  best(): BlockId | undefined {
    let best = this.#active.tip;
    for (const id of this.#ends) {
      if (!this.#isEligible(id) || this.#headers.compareWork(id, this.#active.tip) < 0) this.#ends.delete(id);
      else if (this.#compare(id, best) > 0) best = id;
    }
    return best === this.#active.tip ? undefined : best;
  }

  #compare(a: BlockId, b: BlockId): number {
    const { blocks } = this.#headers;
    return this.#headers.compareWork(a, b) || blocks.sequence(b) - blocks.sequence(a);
  }

  #isEligible(id: BlockId): boolean {
    return this.#headers.blocks.isLinked(id) && !this.#headers.isInvalid(id);
  }

  #offer(id: BlockId): void {
    if (!this.#isEligible(id)) return;
    // A child always has more work, so that only the ends of chains need to be compared.
    this.#ends.delete(this.#headers.previous(id) ?? id);
    this.#ends.add(id);
  }

  #link(id: BlockId, sequence: number): void {
    const { blocks } = this.#headers;
    const parent = this.#headers.previous(id);
    const before = parent === undefined ? 0 : blocks.chainTransactionCount(parent);
    blocks.setLinked(id, before + blocks.transactionCount(id), sequence);
  }

  #isParentLinked(id: BlockId): boolean {
    const parent = this.#headers.previous(id);
    return parent === undefined || this.#headers.blocks.isLinked(parent);
  }

  #wait(id: BlockId): void {
    const parent = this.#headers.previous(id) ?? GENESIS;
    const waiting = this.#waiting.get(parent);
    if (waiting === undefined) this.#waiting.set(parent, [id]);
    else waiting.push(id);
  }
}
