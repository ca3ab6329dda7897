import type { ActiveChain } from "./active_chain.ts";
import type { Candidates, ChainChoice } from "./candidates.ts";
import type { BlockId, HeaderIndex } from "./header_index.ts";

/**
 * Where the background chainstate is to go: up to the block that the snapshot is of, as far as blocks are
 * here. What is found out about blocks counts for the active chainstate too.
 */
export class BackgroundGoal implements ChainChoice {
  readonly #headers: HeaderIndex;
  readonly #active: ActiveChain;
  readonly #base: BlockId;
  readonly #candidates: Candidates;
  /** The rules keep it from ever getting there. */
  readonly #broken: (id: BlockId) => void;
  /** All blocks up to this one, on the way to the base, are here or were. */
  #reached: BlockId;
  /** What it needs of our own data is damaged. */
  #isGivenUp = false;

  /** `active` is the background's own chain. */
  constructor(
    headers: HeaderIndex,
    active: ActiveChain,
    base: BlockId,
    candidates: Candidates,
    broken: (id: BlockId) => void,
  ) {
    this.#headers = headers;
    this.#active = active;
    this.#base = base;
    this.#candidates = candidates;
    this.#broken = broken;
    this.#reached = active.forkWith(base);
  }

  best(): BlockId | undefined {
    const { tip } = this.#active;
    if (tip === this.#base || this.#isGivenUp) return undefined;
    this.#lookFurther();
    // On another branch as yet: it is left when there is a better one, like any other.
    const isBetter = this.#headers.compareWork(this.#reached, tip) > 0;
    return isBetter ? this.#reached : undefined;
  }

  rebuild(): void {}

  giveUp(): void {
    this.#isGivenUp = true;
  }

  giveUpAbove(): void {
    this.#isGivenUp = true;
  }

  invalidate(id: BlockId): readonly BlockId[] {
    const fallen = this.#candidates.invalidate(id);
    this.#isGivenUp = true;
    this.#broken(id);
    return fallen;
  }

  lost(id: BlockId): void {
    this.#candidates.lost(id);
    this.#reached = this.#active.forkWith(this.#base);
  }

  #lookFurther(): void {
    while (this.#reached !== this.#base) {
      const next = this.#headers.ancestor(this.#base, this.#headers.height(this.#reached) + 1) ?? this.#base;
      if (!this.#headers.hasBlock(next) || this.#headers.isInvalid(next)) return;
      this.#reached = next;
    }
  }
}
