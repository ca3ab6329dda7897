import type { FileWrite } from "../store/file_store.ts";
import type { Change } from "../store/key_value_store.ts";
import type { PersistBatch } from "./chain_ports.ts";

/** The parts of a batch that are not empty. */
export interface BatchParts {
  readonly files?: readonly FileWrite[];
  readonly index?: readonly Change[];
  readonly coins?: readonly Change[];
  readonly snapshotCoins?: readonly Change[];
  readonly removeFiles?: readonly string[];
  readonly sync?: boolean;
}

/** Hands batches to the driver, and knows which of them are still under way. */
export class Outbox {
  readonly #persist: (batch: PersistBatch, done: () => void) => void;
  #sent = 0;
  #written = 0;

  constructor(persist: (batch: PersistBatch, done: () => void) => void) {
    this.#persist = persist;
  }

  /** Whether all that was ever sent has been written. */
  get isEmpty(): boolean {
    return this.#written === this.#sent;
  }

  send(parts: BatchParts, done?: () => void): void {
    const { files = [], index = [], coins = [], snapshotCoins = [], removeFiles = [], sync = false } = parts;
    this.#sent++;
    const snapshot = snapshotCoins.length === 0 ? {} : { snapshotCoins };
    this.#persist({ files, index, coins, ...snapshot, removeFiles, sync }, () => {
      this.#written++;
      done?.();
    });
  }
}
