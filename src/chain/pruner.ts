import type { ChainParts } from "./chain_parts.ts";
import { GENESIS } from "./header_index.ts";
import { takeChangedPages } from "./index_pages.ts";
import { BLOCKS_TO_KEEP, filesBelow, filesToPrune } from "./prune_choice.ts";

/**
 * Removes the oldest block files, by a target or when told.
 *
 * Never a block above the last 288, and none that a restart would still connect: coins must be on
 * disk as of a later one.
 */
export class Pruner {
  readonly #parts: ChainParts;
  readonly #flush: () => void;
  /** Asked for, and waiting for the coins. */
  #wantedHeight = 0;
  #prunedBelow = 0;

  /** `flush` starts writing coins; `resume` is to be called once they are written. */
  constructor(parts: ChainParts, flush: () => void) {
    this.#parts = parts;
    this.#flush = flush;
    this.#prunedBelow = this.#findPrunedBelow();
  }

  /** Height of the lowest block from which on all are here. */
  get prunedBelow(): number {
    return this.#prunedBelow;
  }

  /** After a step to a new tip. */
  tipMoved(): void {
    const { active, files, settings } = this.#parts;
    const { params, pruneTarget, blockFileBytes } = settings;
    if (pruneTarget === undefined || pruneTarget === 0 || active.height <= params.pruneAfterHeight) return;
    const { current } = files;
    this.#prune(filesToPrune(files.infos(), current, this.#lastPrunable(), pruneTarget, blockFileBytes));
  }

  /** Removes what lies at `height` or below, as far as whole files do; returns the last height, or -1. */
  pruneTo(height: number): number {
    const { files } = this.#parts;
    this.#wantedHeight = Math.max(this.#wantedHeight, Math.min(height, this.#lastPrunable()));
    const chosen = filesBelow(files.infos(), files.current, this.#wantedHeight);
    let last = this.#prunedBelow - 1;
    for (const file of chosen) last = Math.max(last, files.infos().get(file)?.heightMax ?? -1);
    this.#prune(chosen);
    return last;
  }

  /** Coins are on disk: what waited for it can be done. */
  flushed(): void {
    this.tipMoved();
    if (this.#wantedHeight > 0) this.pruneTo(this.#wantedHeight);
  }

  #prune(chosen: readonly number[]): void {
    if (chosen.length === 0) return;
    const { active, coins, files, headers, outbox, ports } = this.#parts;
    const heightMax = Math.max(...chosen.map((file) => files.infos().get(file)?.heightMax ?? 0));
    const durable = headers.find(coins.durableHead) ?? GENESIS;
    // Off the active chain it would have to be disconnected first, for which its blocks are needed.
    if (!active.has(durable) || headers.height(durable) < heightMax) {
      if (!coins.isFlushing) this.#flush();
      return;
    }
    this.#forgetBlocks(new Set(chosen));
    const removeFiles = chosen.flatMap((file) => files.drop(file));
    for (const file of chosen) {
      const number = String(file).padStart(5, "0");
      ports.logger.debug("prune", () => `Prune: UnlinkPrunedFiles deleted blk/rev (${number})`);
    }
    outbox.send({ index: takeChangedPages(headers), removeFiles });
  }

  #forgetBlocks(chosen: ReadonlySet<number>): void {
    const { active, headers } = this.#parts;
    for (let row = 0; row < headers.size; row++) {
      const position = headers.blocks.position(row);
      if (position === undefined || !chosen.has(position.file)) continue;
      headers.blocks.setPruned(row);
      const height = headers.height(row as typeof GENESIS);
      if (active.at(height) === row) this.#prunedBelow = Math.max(this.#prunedBelow, height + 1);
    }
  }

  #findPrunedBelow(): number {
    const { active, headers } = this.#parts;
    for (let height = active.height; height >= 0; height--) {
      const id = active.at(height);
      if (id !== undefined && !headers.hasBlock(id)) return height + 1;
    }
    return 0;
  }

  #lastPrunable(): number {
    return this.#parts.active.height - BLOCKS_TO_KEEP;
  }
}
