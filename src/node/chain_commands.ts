/**
 * Carries out what is wanted of the chain: which one to follow, what to keep and check of it.
 *
 * @module
 */
import { unreachable } from "../base/assert.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { Indexes } from "../chain/indexes/indexes.ts";
import type { Mempool } from "../mempool/mempool.ts";
import type { BlockHash } from "../primitives/hash.ts";
import { type Answer, DONE, failed, succeeded } from "./answer.ts";
import type { ChainChecker } from "./chain_checker.ts";
import type { CommandOf } from "./command.ts";

type ChoiceCommand = CommandOf<"invalidate-block" | "reconsider-block" | "precious-block">;

export type ChainCommand = ChoiceCommand | CommandOf<
  "blocks-loaded" | "check-chain" | "prune" | "await-index" | "activate-snapshot" | "flush"
>;

export interface ChainCommandPorts {
  readonly chain: ChainState;
  readonly indexes: Indexes;
  readonly mempool: Pick<Mempool, "size">;
  readonly checker: ChainChecker;
}

export class ChainCommands {
  readonly #ports: ChainCommandPorts;

  constructor(ports: ChainCommandPorts) {
    this.#ports = ports;
  }

  carryOut(command: ChainCommand, answer: Answer): void {
    const { chain, indexes, checker } = this.#ports;
    switch (command.type) {
      case "invalidate-block":
      case "reconsider-block":
      case "precious-block":
        return this.#choose(command, answer);
      case "blocks-loaded":
        chain.blocksLoaded();
        return answer(DONE);
      case "check-chain":
        return checker.start(chain.check(command.level, command.depth), answer);
      case "prune":
        return this.#prune(command.height, answer);
      case "await-index":
        return indexes.whenCurrent(command.index, (isCurrent) => {
          answer(succeeded({ type: "index-state", isCurrent }));
        });
      case "activate-snapshot":
        return this.#activateSnapshot(command.base, answer);
      case "flush":
        return chain.flush(() => answer(DONE));
      default:
        return unreachable(command);
    }
  }

  #choose({ type, hash }: ChoiceCommand, answer: Answer): void {
    const { chain } = this.#ports;
    const id = chain.headers.find(hash);
    if (id === undefined) return answer(failed({ code: "block-not-found" }));
    switch (type) {
      case "invalidate-block":
        return chain.invalidate(id, () => {
          const isStuck = chain.headers.isInvalid(chain.tip);
          answer(isStuck ? failed({ code: "chain-stuck" }) : DONE);
        });
      case "reconsider-block":
        return chain.reconsider(id, () => answer(DONE));
      case "precious-block":
        return chain.prefer(id, () => answer(DONE));
    }
  }

  #prune(height: number, answer: Answer): void {
    const { chain } = this.#ports;
    // Blocks are only removed once coins as of a later one are on disk.
    chain.flush(() => {
      chain.pruneTo(height);
      // What goes to disk later is told of later: by then the files are gone.
      chain.flush(() => answer(succeeded({ type: "count", count: chain.prunedBelow })));
    });
  }

  #activateSnapshot(base: BlockHash, answer: Answer): void {
    const { chain } = this.#ports;
    const late = chain.isSnapshotAhead(base) ? undefined : "work does not exceed active chainstate";
    const why = snapshotRefusal(this.#ports, base) ?? late;
    if (why !== undefined) return answer(failed({ code: "snapshot-refused", why }));
    chain.activateSnapshot(base, () => answer(DONE));
  }
}

/** Why coins as of the block with this hash cannot become the active ones, in Bitcoin Core's words. */
export function snapshotRefusal(
  { chain, mempool }: Pick<ChainCommandPorts, "chain" | "mempool">, base: BlockHash,
): string | undefined {
  const hasTransactions = mempool.size > 0;
  return chain.snapshotRefusal(base) ??
    (hasTransactions ? "Can't activate a snapshot when mempool not empty" : undefined);
}
