/**
 * Which chain to follow: of all whose blocks are here from where they leave the active chain on, the one
 * with most work; of equals the one that was complete first.
 *
 * @module
 */
import type { ActiveChain } from "./active_chain.ts";
import { type BlockId, GENESIS, type HeaderIndex } from "./header_index.ts";

/** Where a chainstate is to go, and what it has found out about blocks on the way. */
export interface ChainChoice {
  /** The end of a better chain than the one it is on. */
  best(): BlockId | undefined;
  rebuild(): void;
  giveUp(id: BlockId): void;
  giveUpAbove(id: BlockId): void;
  invalidate(id: BlockId): readonly BlockId[];
  lost(id: BlockId): void;
}

/** Blocks that a start found: those of the chain it was on come before all others. */
const SEQUENCE_OF_TIP = 0;
const SEQUENCE_OF_RESTORED = 1;

export class Candidates implements ChainChoice {
  readonly #headers: HeaderIndex;
  #active: ActiveChain;
  /** Ends of chains that are linked and valid, with no less work than the tip had at the last look. */
  readonly #ends = new Set<BlockId>();
  /** Blocks that are here while one before them is not, by the parent that they wait for. */
  readonly #waiting = new Map<BlockId, Set<BlockId>>();
  #sequence = SEQUENCE_OF_RESTORED;
  /** The last valid block up to the tip, as of the last look: the tip itself, but for an invalidated one. */
  #floor: BlockId = GENESIS;
  /** Our own data does not let us go back there. */
  #isFloorLost = false;
  /** Counts as linked though blocks before it are missing: coins as of it came in a snapshot. */
  #assumed: { readonly id: BlockId; readonly chainTransactions: number } | undefined;

  constructor(headers: HeaderIndex, active: ActiveChain) {
    this.#headers = headers;
    this.#active = active;
  }

  /**
   * What builds on `id` can be connected from now on (or from `restore` on), whether the blocks before
   * it are here or not: coins as of it came in a snapshot. `chainTransactions`: how many there are from
   * genesis up to it.
   */
  assume(id: BlockId, chainTransactions: number): void {
    this.#assumed = { id, chainTransactions };
    if (this.#headers.blocks.isLinked(id)) return;
    this.#linkAssumed();
    this.#linkWaiting(id);
  }

  /** Another chain is the one to better from now on. */
  follow(active: ActiveChain): void {
    this.#active = active;
    this.rebuild();
  }

  /** At a start: links what can be linked. `tip` is the one that was last told to everyone. */
  restore(tip: BlockId): void {
    const { blocks } = this.#headers;
    for (let row = 0; row < this.#headers.size; row++) {
      const id = row as BlockId;
      const isAssumed = id === this.#assumed?.id && !this.#isParentLinked(id);
      if (isAssumed) this.#linkAssumed();
      if (blocks.transactionCount(id) === 0) continue;
      const wasOnTip = this.#headers.descendsFrom(tip, id);
      if (!blocks.hasBlock(id) && !wasOnTip && !this.#active.has(id)) continue;
      if (this.#isParentLinked(id)) this.#link(id, wasOnTip ? SEQUENCE_OF_TIP : SEQUENCE_OF_RESTORED);
      else this.#wait(id);
    }
    this.rebuild();
  }

  /** What `assume` told is no longer taken on trust. */
  confirm(): void {
    this.#assumed = undefined;
    this.rebuild();
  }

  /** The block's bytes are here. Returns all that became connectable. */
  received(id: BlockId): readonly BlockId[] {
    if (!this.#isParentLinked(id)) {
      this.#wait(id);
      return [];
    }
    this.#link(id, ++this.#sequence);
    this.#offer(id);
    return [id, ...this.#linkWaiting(id)];
  }

  /** The block's bytes turned out not to be here: neither it nor what builds on it can be connected now. */
  lost(id: BlockId): void {
    this.#headers.blocks.setLost(id);
    this.#unlink([id]);
  }

  /**
   * The bytes of these blocks, sorted by id, are gone. A branch that leads through one of them cannot be
   * followed until it is downloaded again; the active chain does without.
   */
  pruned(ids: readonly BlockId[]): void {
    const missing = ids.filter((id) => !this.#active.has(id));
    if (missing.length > 0) this.#unlink(missing);
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

  #linkAssumed(): void {
    if (this.#assumed === undefined) return;
    const { id, chainTransactions } = this.#assumed;
    this.#headers.blocks.setLinked(id, chainTransactions, SEQUENCE_OF_TIP);
  }

  /** Neither these, sorted by id, nor what builds on them can be connected: of that, what is here waits. */
  #unlink(missing: readonly BlockId[]): void {
    const { blocks } = this.#headers;
    for (const id of missing) {
      if (id === this.#assumed?.id) this.#linkAssumed();
      else blocks.setUnlinked(id);
      this.#waiting.get(this.#headers.previous(id) ?? GENESIS)?.delete(id);
    }
    for (let row = (missing[0] ?? GENESIS) + 1; row < this.#headers.size; row++) {
      const id = row as BlockId;
      if (!blocks.isLinked(id) || this.#isParentLinked(id) || id === this.#assumed?.id) continue;
      blocks.setUnlinked(id);
      if (blocks.hasBlock(id)) this.#wait(id);
    }
    this.rebuild();
  }

  /**
   * Links what waited for `id`, and what waited for that: of those for the same block, the first to
   * come first.
   */
  #linkWaiting(id: BlockId): readonly BlockId[] {
    const linked = [...(this.#waiting.get(id) ?? [])];
    this.#waiting.delete(id);
    for (const next of linked) {
      this.#link(next, ++this.#sequence);
      this.#offer(next);
      linked.push(...(this.#waiting.get(next) ?? []));
      this.#waiting.delete(next);
    }
    return linked;
  }

  #isParentLinked(id: BlockId): boolean {
    const parent = this.#headers.previous(id);
    return parent === undefined || this.#headers.blocks.isLinked(parent);
  }

  #wait(id: BlockId): void {
    const parent = this.#headers.previous(id) ?? GENESIS;
    const waiting = this.#waiting.get(parent);
    if (waiting === undefined) this.#waiting.set(parent, new Set([id]));
    else waiting.add(id);
  }
}
