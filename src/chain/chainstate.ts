/**
 * One set of coins, the chain of blocks up to the one as of which they are, and what moves it on.
 *
 * A node has one of them. While it checks coins that it took on trust from a snapshot, it has two: the
 * *active* one, which began with the snapshot and is what everyone sees, and the *background* one,
 * which is on its way from where the node stood to the block that the snapshot is of (Bitcoin Core:
 * validation.h, Chainstate; doc/design/assumeutxo.md). Headers and block files are shared.
 *
 * @module
 */
import { displayHash } from "../primitives/hash.ts";
import { Activation } from "./activation.ts";
import type { ChainstateParts } from "./chain_parts.ts";
import type { CoinChanges } from "./coin_changes.ts";
import { CoinsFlusher } from "./coins_flusher.ts";
import { CoinsReplay } from "./coins_replay.ts";
import type { BlockId } from "./header_index.ts";
import { takeChangedPages } from "./index_pages.ts";
import type { BatchParts } from "./outbox.ts";
import { ChainDataError, coinsFault, tipChange } from "./restore.ts";
import { TipMover } from "./tip_mover.ts";

export interface ChainstateHooks {
  /** After each step to another tip. */
  moved(): void;
  /** After each flush of its coins. */
  flushed(): void;
}

/**
 * What came of a turn: there is more to do now, it waits for something, or there is no better chain to
 * go to.
 */
export type ChainstateTurn = "more" | "waiting" | "at-rest";

export class Chainstate {
  readonly #hooks: ChainstateHooks;
  readonly #flusher: CoinsFlusher;
  #parts: ChainstateParts;
  #activation: Activation;
  #replay: CoinsReplay | undefined;

  /** `replayFrom`: a crash left the coins between this block and the tip. */
  constructor(parts: ChainstateParts, hooks: ChainstateHooks, replayFrom: BlockId | undefined) {
    this.#parts = parts;
    this.#hooks = hooks;
    this.#flusher = new CoinsFlusher(this.#flusherPorts(), parts.coins, parts.settings.coinsCacheBytes);
    this.#activation = this.#makeActivation();
    if (replayFrom !== undefined) this.#replay = this.#makeReplay(replayFrom);
  }

  get parts(): ChainstateParts {
    return this.#parts;
  }

  get tip(): BlockId {
    return this.#parts.active.tip;
  }

  /** Coins that a crash left half written are being mended, and are as of no block. */
  get isReplaying(): boolean {
    return this.#replay !== undefined;
  }

  /** Whether nothing is left to connect or write. */
  get isIdle(): boolean {
    return this.#replay === undefined && this.#activation.isIdle && this.#flusher.isIdle &&
      this.#parts.candidates.best() === undefined;
  }

  /** Takes one short turn of connecting. */
  work(): ChainstateTurn {
    if (this.#replay !== undefined) return this.#stepReplay(this.#replay);
    if (this.#flusher.isBehind) return "waiting";
    const best = this.#parts.candidates.best();
    if (this.#activation.step(best)) return "more";
    return best === undefined ? "at-rest" : "waiting";
  }

  /** Length of the longest block that the next turn may be about. */
  stepBytes(): number {
    return this.#activation.stepBytes(this.#parts.candidates.best());
  }

  /** Writes what is only in memory; `done` when a restart would find it all. */
  flush(done: () => void): void {
    if (this.#replay === undefined) this.#flusher.flush(done);
    else this.#parts.outbox.send({}, done); // Half-mended coins are mended again at the next start.
  }

  flushIfDue(): void {
    this.#flusher.flushIfDue();
  }

  /** How many bytes of changed coins it may hold. */
  get budget(): number {
    return this.#flusher.budget;
  }

  setBudget(bytes: number): void {
    this.#flusher.setBudget(bytes);
  }

  /** Goes on as another one, with the same coins and tip: what was being prepared is dropped. */
  become(parts: ChainstateParts): void {
    this.#parts = parts;
    this.#activation = this.#makeActivation();
  }

  #makeActivation(): Activation {
    const { active, coins, headers } = this.#parts;
    const mover = new TipMover(this.#parts, () => this.#hooks.moved());
    return new Activation(mover, headers, active, coins);
  }

  #flusherPorts() {
    const { headers, ports } = this.#parts;
    return {
      clock: ports.clock,
      begin: () => {
        const head = headers.hash(this.tip);
        ports.logger.debug("coindb", () => {
          const { size } = this.#parts.coins;
          return `Writing ${size} changed coins as of height ${headers.height(this.tip)}`;
        });
        const tip = this.#parts.role === "active" ? [tipChange(head)] : [];
        return { head, parts: { index: [...takeChangedPages(headers), ...tip] } };
      },
      send: (batch: BatchParts, done: () => void) => this.#parts.outbox.send(this.#addressed(batch), done),
      flushed: () => {
        ports.logger.debug("coindb", () => `Coins are written as of height ${headers.height(this.tip)}`);
        this.#hooks.flushed();
      },
    };
  }

  /** Its coins go to the database that they came from. */
  #addressed({ coins = [], ...others }: BatchParts): BatchParts {
    return this.#parts.store === "snapshot" ? { ...others, snapshotCoins: coins } : { ...others, coins };
  }

  #makeReplay(from: BlockId): CoinsReplay {
    const { active, blocks, coins, headers, ports } = this.#parts;
    ports.logger.info("Replaying blocks");
    const replayPorts = {
      block: (id: BlockId) => blocks.block(id),
      undo: (id: BlockId) => blocks.undo(id),
      apply(changes: CoinChanges) {
        for (const { outPoint, coin } of changes.changes()) {
          if (coin === undefined) coins.spend(outPoint);
          else coins.add(outPoint, coin, true);
        }
      },
    };
    return new CoinsReplay(headers, coins, replayPorts, from, active.tip);
  }

  #stepReplay(replay: CoinsReplay): ChainstateTurn {
    const step = replay.step();
    if (step === "more") return "more";
    this.#replay = undefined;
    if (step === "done") {
      this.#flusher.flush(() => {});
      return "more";
    }
    const hash = displayHash(this.#parts.headers.hash(step.missing));
    const why = `block ${hash}, or what undoes it, is needed to mend it and cannot be read`;
    throw new ChainDataError(coinsFault(why));
  }
}
