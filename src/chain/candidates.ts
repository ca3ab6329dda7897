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
  /** The last valid block up to the tip, as of the last look: the tip itself, but for an invalidated one. */
  #floor: BlockId = GENESIS;
  /** Our own data does not let us go back there. */
  #isFloorLost = false;

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
    // Of those that wait for the same block, the first to come is the first in line.
    const linked = [id];
    for (const next of linked) {
      this.#link(next, ++this.#sequence);
      this.#offer(next);
      linked.push(...(this.#waiting.get(next) ?? []));
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

  /** The block, and all before and behind it, are no longer taken for invalid. */
  reconsider(id: BlockId): void {
    const { blocks } = this.#headers;
    for (let row = 0; row < this.#headers.size; row++) {
      const each = row as BlockId;
      if (!blocks.isInvalid(each)) continue;
      const isRelated = this.#headers.descendsFrom(each, id) || this.#headers.descendsFrom(id, each);
      if (isRelated) blocks.setValid(each);
    }
    this.rebuild();
  }

  /** Changes when `id` counts as seen first; among those with as much work, lower ones are preferred. */
  setSequence(id: BlockId, sequence: number): void {
    const { blocks } = this.#headers;
    if (!blocks.isLinked(id)) return;
    blocks.setLinked(id, blocks.chainTransactionCount(id), sequence);
    this.#offer(id);
  }

  /** Not to be followed, though no rule says so: what it needs of our own data is damaged. */
  giveUp(id: BlockId): void {
    this.#ends.delete(id);
    if (id === this.#floor) this.#isFloorLost = true;
  }

  /** The same for every chain that leads through `id`. */
  giveUpAbove(id: BlockId): void {
    for (const end of this.#ends) if (this.#headers.descendsFrom(end, id)) this.#ends.delete(end);
  }

  /** Looks at every block again: after the tip lost work, or blocks fell away. */
  rebuild(): void {
    this.#ends.clear();
    this.#floor = this.#findFloor();
    this.#isFloorLost = false;
    for (let row = 0; row < this.#headers.size; row++) {
      const id = row as BlockId;
      if (this.#isEligible(id) && this.#headers.compareWork(id, this.#lowest()) >= 0) this.#offer(id);
    }
  }

  /** The end of a better chain than the one we are on; where to go back to, when ours is invalid. */
  best(): BlockId | undefined {
    const lowest = this.#lowest();
    let best = lowest;
    for (const id of this.#ends) {
      if (!this.#isEligible(id) || this.#headers.compareWork(id, lowest) < 0) this.#ends.delete(id);
      else if (this.#compare(id, best) > 0) best = id;
    }
    const isThere = best === this.#active.tip || (best === this.#floor && this.#isFloorLost);
    return isThere ? undefined : best;
  }

  /** What is to become the tip before it is known what comes of `id`, which is linked. */
  goalOf(id: BlockId): BlockId {
    const best = this.best();
    return best !== undefined && this.#headers.descendsFrom(best, id) ? best : id;
  }

  /** No chain with less work than this is worth going to. */
  #lowest(): BlockId {
    return this.#headers.isInvalid(this.#active.tip) ? this.#floor : this.#active.tip;
  }

  #findFloor(): BlockId {
    let id = this.#active.tip;
    while (this.#headers.isInvalid(id)) id = this.#headers.previous(id) ?? GENESIS;
    return id;
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
