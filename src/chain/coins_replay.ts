/**
 * Mends coins that a crash left between two heads: in the middle of a flush that was cut into
 * slices, some coins are as of the one and some as of the other.
 *
 * Doing again what one of the heads has already seen changes nothing, so the blocks from the old
 * head down to the fork are taken away once more, and those up to the new head added once more
 * (Bitcoin Core: ReplayBlocks).
 *
 * @module
 */
import type { Block } from "../primitives/block.ts";
import type { Coin } from "../primitives/coin.ts";
import type { CoinChanges, CoinsView } from "./coin_changes.ts";
import { disconnectBlock, replayBlock } from "./connect_block.ts";
import { type BlockId, GENESIS, type HeaderIndex } from "./header_index.ts";

export interface ReplayPorts {
  block(id: BlockId): Block | undefined;
  undo(id: BlockId): readonly Coin[] | undefined;
  apply(changes: CoinChanges): void;
}

export type ReplayStep = "more" | "done" | { readonly missing: BlockId };

export class CoinsReplay {
  readonly #headers: HeaderIndex;
  readonly #coins: CoinsView;
  readonly #ports: ReplayPorts;
  readonly #to: BlockId;
  #at: BlockId;

  constructor(headers: HeaderIndex, coins: CoinsView, ports: ReplayPorts, from: BlockId, to: BlockId) {
    this.#headers = headers;
    this.#coins = coins;
    this.#ports = ports;
    this.#to = to;
    this.#at = from;
  }

  /** One block. */
  step(): ReplayStep {
    if (this.#at === this.#to) return "done";
    return this.#headers.descendsFrom(this.#to, this.#at) ? this.#forward() : this.#back();
  }

  #back(): ReplayStep {
    const id = this.#at;
    const [block, spent] = [this.#ports.block(id), this.#ports.undo(id)];
    if (block === undefined || spent === undefined) return { missing: id };
    const changes = disconnectBlock(block, spent, this.#coins);
    if (changes === undefined) return { missing: id };
    this.#ports.apply(changes);
    this.#at = this.#headers.previous(id) ?? GENESIS;
    return "more";
  }

  #forward(): ReplayStep {
    const height = this.#headers.height(this.#at) + 1;
    const id = this.#headers.ancestor(this.#to, height) ?? this.#to;
    const block = this.#ports.block(id);
    if (block === undefined) return { missing: id };
    this.#ports.apply(replayBlock(block, height, this.#coins));
    this.#at = id;
    return "more";
  }
}
