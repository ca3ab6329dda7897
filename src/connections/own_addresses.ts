import { dialKey } from "../primitives/host_text.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";

/** More than a machine has. */
const FOUND_MAX = 64;

/** Addresses that lead to ourselves: not to be dialled. */
export class OwnAddresses {
  readonly #told: ReadonlySet<string>;
  /** Addresses that turned out to be ours; beyond the limit the first is forgotten. */
  readonly #found = new Set<string>();

  /** `told`: those that the operator says are ours. */
  constructor(told: readonly NetworkAddress[]) {
    this.#told = new Set(told.map(dialKey));
  }

  has(address: NetworkAddress): boolean {
    const key = dialKey(address);
    return this.#told.has(key) || this.#found.has(key);
  }

  add(address: NetworkAddress): void {
    this.#found.add(dialKey(address));
    for (const key of this.#found) {
      if (this.#found.size <= FOUND_MAX) break;
      this.#found.delete(key);
    }
  }
}
