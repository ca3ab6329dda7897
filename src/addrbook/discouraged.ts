import { hostKey, type NetworkHost } from "../primitives/network_address.ts";

/** As many as Bitcoin Core's filter is sure to remember (banman.h); about 4 MB when full. */
export const DISCOURAGED_COUNT_MAX = 50_000;

/**
 * Addresses that misbehaved: the first to go when places are few, and neither dialled nor told of.
 *
 * Not saved, since an address is soon another's. Above the bound the oldest is forgotten: whoever has
 * many addresses gains by that no more than by using them. Unlike a Bloom filter it names nobody who
 * did nothing.
 */
export class Discouraged {
  readonly #countMax: number;
  readonly #hosts = new Set<string>();

  constructor(countMax = DISCOURAGED_COUNT_MAX) {
    this.#countMax = countMax;
  }

  add(host: NetworkHost): void {
    const key = hostKey(host);
    // To the end, as the latest.
    this.#hosts.delete(key);
    this.#hosts.add(key);
    if (this.#hosts.size <= this.#countMax) return;
    for (const oldest of this.#hosts) {
      this.#hosts.delete(oldest);
      return;
    }
  }

  has(host: NetworkHost): boolean {
    return this.#hosts.has(hostKey(host));
  }
}
