/**
 * Who has the turn of the loop: the chain, or messages of peers.
 *
 * A short turn of the chain leaves room for messages. A long one is taken alone, when the loop wakes the node
 * for it, and messages have every other turn.
 *
 * @module
 */
import type { ChainState } from "../chain/chain_state.ts";

/** What peers have sent, and takes a turn to look at. */
export interface MessageTurns {
  readonly hasWork: boolean;
  work(): void;
}

export class ChainTurns {
  readonly #chain: Pick<ChainState, "work" | "isWorkLong">;
  readonly #messages: MessageTurns;
  #hasWork = true;
  #isChainsTurn = true;

  constructor(chain: Pick<ChainState, "work" | "isWorkLong">, messages: MessageTurns) {
    this.#chain = chain;
    this.#messages = messages;
  }

  /** Whether the chain's next turn can be taken at once. */
  get hasWork(): boolean {
    return this.#hasWork;
  }

  /** Takes one turn. Many inputs may come between two of the loop's own (`isWoken`). */
  run(isWoken: boolean): void {
    const chain = this.#chain;
    if (chain.isWorkLong) return this.#runLong(isWoken);
    this.#hasWork = chain.work();
    this.#messages.work();
    // What the messages brought may be connected at once.
    if (!this.#hasWork) this.#hasWork = chain.isWorkLong || chain.work();
  }

  /** Takes a long turn, or leaves it for later. */
  #runLong(isWoken: boolean): void {
    if (!isWoken) {
      this.#hasWork = true;
    } else if (this.#isChainsTurn || !this.#messages.hasWork) {
      this.#isChainsTurn = false;
      this.#hasWork = this.#chain.work();
    } else {
      this.#isChainsTurn = true;
      this.#messages.work();
    }
  }
}
