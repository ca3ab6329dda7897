import type { Logger } from "../base/logger.ts";

/** Below a lock: a reorganisation takes some back (Bitcoin Core: validation.cpp, PRUNE_LOCK_BUFFER). */
const BUFFER_BLOCKS = 10;

/** Who still needs old blocks, and from which height on. */
export class PruneLocks {
  readonly #logger: Logger;
  readonly #heights = new Map<string, number>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** `name` needs the blocks from `height` on. */
  set(name: string, height: number): void {
    this.#heights.set(name, height);
  }

  /** The block above `height` has left the chain: whoever is past it comes back for the others. */
  disconnectedTo(height: number): void {
    for (const [name, locked] of this.#heights) {
      if (locked <= height) continue;
      this.#heights.set(name, height);
      this.#logger.debug("prune", () => `${name} prune lock moved back to ${height}`);
    }
  }

  /** The last block that may go, of those up to `height`. */
  lastPrunable(height: number): number {
    let last = height;
    let limiting: string | undefined;
    for (const [name, locked] of this.#heights) {
      const allowed = locked - BUFFER_BLOCKS - 1;
      if (allowed > last) continue;
      last = Math.max(0, allowed);
      limiting = name;
    }
    if (limiting !== undefined) {
      const by = limiting;
      this.#logger.debug("prune", () => `${by} limited pruning to height ${last}`);
    }
    return last;
  }
}
