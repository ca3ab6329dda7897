import type { FileInfo } from "./block_files.ts";
import type { ChainParts, ChainstateParts } from "./chain_parts.ts";
import { type BlockId, GENESIS } from "./header_index.ts";
import { takeChangedPages } from "./index_pages.ts";
import { BLOCKS_TO_KEEP, filesBelow, filesToPrune, type IsPrunable } from "./prune_choice.ts";

/** A chain, and the coins that need its blocks until they are on disk. */
type Needing = Pick<ChainstateParts, "active" | "coins">;

/** What the background is about: blocks up to `baseHeight`. */
export interface History extends Needing {
  readonly baseHeight: number;
}

/**
 * Removes the oldest block files, by a target or when told.
 *
 * Never a block above the last 288, and none that a restart would still connect: coins must be on
 * disk as of a later one.
 */
export class Pruner {
  readonly #parts: ChainParts;
  readonly #history: History | undefined;
  readonly #flush: () => void;
  /** Asked for, and waiting for the coins. */
  #wantedHeight = 0;
  #prunedBelow = 0;

  /** `flush` starts writing coins; `flushed` is to be called once they are written. */
  constructor(parts: ChainParts, history: History | undefined, flush: () => void) {
    this.#parts = parts;
    this.#history = history;
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
    this.#prune(filesToPrune(files.infos(), this.#isPrunable(this.#unlocked()), pruneTarget, blockFileBytes));
  }

  /** Removes what lies at `height` or below, as far as whole files do; returns the last height, or -1. */
  pruneTo(height: number): number {
    const { active, files } = this.#parts;
    this.#wantedHeight = Math.max(this.#wantedHeight, Math.min(height, active.height - BLOCKS_TO_KEEP));
    const isPrunable = this.#isPrunable(Math.min(this.#wantedHeight, this.#unlocked()));
    const chosen = filesBelow(files.infos(), isPrunable);
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
    const { coins, files, headers, outbox, ports } = this.#parts;
    if (!chosen.every((file) => this.#isWritten(files.infos().get(file)))) {
      if (!coins.isFlushing) this.#flush();
      return;
    }
    this.#forgetBlocks(new Set(chosen));
    const removeFiles = chosen.flatMap((file) => files.drop(file));
    for (const file of chosen) {
      const number = String(file).padStart(5, "0");
      ports.logger.debug("prune", () => `Prune: UnlinkPrunedFiles deleted blk/rev (${number})`);
    }
    // A power cut must not take back the index alone: it would speak of blocks that are gone.
    outbox.send({ index: takeChangedPages(headers), removeFiles, sync: true });
  }

  #forgetBlocks(chosen: ReadonlySet<number>): void {
    const { active, candidates, headers } = this.#parts;
    const pruned: BlockId[] = [];
    for (let row = 0; row < headers.size; row++) {
      const id = row as BlockId;
      const position = headers.blocks.position(id);
      if (position === undefined || !chosen.has(position.file)) continue;
      headers.blocks.setPruned(id);
      pruned.push(id);
      if (active.has(id)) this.#prunedBelow = Math.max(this.#prunedBelow, headers.height(id) + 1);
    }
    candidates.pruned(pruned);
  }

  #findPrunedBelow(): number {
    const { active, headers } = this.#parts;
    for (let height = active.height; height >= 0; height--) {
      const id = active.at(height);
      if (id !== undefined && !headers.hasBlock(id)) return height + 1;
    }
    return 0;
  }

  /** The last block that nobody else needs. */
  #unlocked(): number {
    const { active, ports } = this.#parts;
    return ports.pruneLocks?.lastPrunable(active.height) ?? active.height;
  }

  /** Blocks up to `height` may go, as far as no chain is likely to need them. */
  #isPrunable(height: number): IsPrunable {
    return (file, info) => {
      const lastPrunable = Math.min(height, this.#needing(info).active.height - BLOCKS_TO_KEEP);
      return !this.#parts.files.isCurrent(file) && info.heightMax <= lastPrunable;
    };
  }

  /** Whether a restart would no longer connect any block of the file. */
  #isWritten(info: Readonly<FileInfo> | undefined): boolean {
    if (info === undefined) return true;
    const { headers } = this.#parts;
    const { active, coins } = this.#needing(info);
    const durable = headers.find(coins.durableHead) ?? GENESIS;
    // Off the active chain it would have to be disconnected first, for which its blocks are needed.
    return active.has(durable) && headers.height(durable) >= info.heightMax;
  }

  #needing({ heightMin }: Readonly<FileInfo>): Needing {
    const history = this.#history;
    return history !== undefined && heightMin <= history.baseHeight ? history : this.#parts;
  }
}
