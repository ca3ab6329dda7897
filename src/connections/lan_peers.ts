import { addDuration, type Clock, type Instant, minutes } from "../base/time.ts";
import { addressKey, type NetworkAddress } from "../primitives/network_address.ts";

/**
 * Nodes of the local network that are dialled: half of the places that manual connections have, so
 * that whoever fakes many of them leaves room for those that the operator names.
 */
export const LAN_PEERS_MAX = 4;

/** They are heard of about once a minute while they are there. */
const FORGET_AFTER = minutes(5);

/** Which nodes of the local network are to be connected: the first ones heard, while they are heard. */
export class LanPeers {
  readonly #clock: Clock;
  readonly #peers = new Map<string, { readonly address: NetworkAddress; heardAt: Instant }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns whether it is to be dialled from now on. */
  heard(address: NetworkAddress): boolean {
    const key = addressKey(address);
    const known = this.#peers.get(key);
    const heardAt = this.#clock.now();
    if (known !== undefined) {
      known.heardAt = heardAt;
      return false;
    }
    if (this.#peers.size >= LAN_PEERS_MAX) return false;
    this.#peers.set(key, { address, heardAt });
    return true;
  }

  /** It is not to be dialled on account of what was heard. */
  refused(address: NetworkAddress): void {
    this.#peers.delete(addressKey(address));
  }

  /** Those that are silent, and need not be dialled any more. */
  forget(): readonly NetworkAddress[] {
    const now = this.#clock.now();
    const silent = [...this.#peers].filter(([, { heardAt }]) => addDuration(heardAt, FORGET_AFTER) <= now);
    for (const [key] of silent) this.#peers.delete(key);
    return silent.map(([, { address }]) => address);
  }
}
