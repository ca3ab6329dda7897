/**
 * Key exchanges of encrypted connections (BIP324) take up to a millisecond each, and whoever can
 * connect can ask for one. So there is a limit to how many strangers are granted in a second, and each
 * turn of the loop makes a few only.
 *
 * Above that strangers wait, and groups of addresses take turns: who asks for many from a few networks
 * keeps its own waiting, not a newcomer from another. None is refused, since one who is honest would
 * try again without encryption, which is then what a flood were good for. How many may wait is limited
 * where they are let in.
 *
 * @module
 */
import type { Clock, Instant } from "../base/time.ts";
import { type BucketRate, TokenBucket } from "../base/token_bucket.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import type { Connection } from "./connection.ts";

/** Made in one turn of the loop: 3 ms with libsecp256k1, 25 ms where there is nothing but JavaScript. */
export const KEY_EXCHANGES_PER_TURN = 4;

/**
 * Granted to inbound connections: a tenth of a processor in the long run, and at once more than come
 * in a second when many have lost their peers.
 */
export const INBOUND_EXCHANGES: BucketRate = { burst: 300, perSecond: 120 };

export class KeyExchanges {
  readonly #clock: Clock;
  readonly #groupOfAddress: (address: NetworkAddress) => string;
  readonly #bucket: TokenBucket;
  /** Inbound connections that were granted theirs. */
  readonly #granted = new WeakSet<Connection>();
  /** They have only to wait for a turn of the loop, in the order in which they came. */
  readonly #ready = new Set<Connection>();
  /** Strangers that wait to be granted theirs, by group: the group whose turn it is first. */
  readonly #asking = new Map<string, Set<Connection>>();

  /** `groupOf`: addresses that are likely in one hand have one. */
  constructor(clock: Clock, groupOf: (address: NetworkAddress) => string) {
    this.#clock = clock;
    this.#groupOfAddress = groupOf;
    this.#bucket = new TokenBucket(INBOUND_EXCHANGES, clock.now());
  }

  /** When there is something to do; `undefined` when nobody waits. */
  wakeAt(): Instant | undefined {
    const now = this.#clock.now();
    if (this.#ready.size > 0) return now;
    return this.#asking.size > 0 ? this.#bucket.nextAt(now) : undefined;
  }

  /** To be called when a connection may have come to have work. */
  add(connection: Connection): void {
    if (!connection.hasWork) return;
    const isStranger = connection.isInbound && !connection.permissions.has("noban");
    if (!isStranger || this.#granted.has(connection)) {
      this.#ready.add(connection);
      return;
    }
    const group = this.#groupOf(connection);
    const asking = this.#asking.get(group);
    if (asking === undefined) this.#asking.set(group, new Set([connection]));
    else asking.add(connection);
  }

  closed(connection: Connection): void {
    this.#ready.delete(connection);
    const group = this.#groupOf(connection);
    const asking = this.#asking.get(group);
    asking?.delete(connection);
    if (asking?.size === 0) this.#asking.delete(group);
  }

  /** Those whose turn it is. */
  take(): readonly Connection[] {
    const due: Connection[] = [];
    while (due.length < KEY_EXCHANGES_PER_TURN) {
      const connection = this.#takeReady() ?? this.#takeAsking();
      if (connection === undefined) break;
      if (connection.hasWork) due.push(connection);
    }
    return due;
  }

  #takeReady(): Connection | undefined {
    for (const connection of this.#ready) {
      this.#ready.delete(connection);
      return connection;
    }
    return undefined;
  }

  /** The next stranger who can be granted an exchange; its group is the last from now on. */
  #takeAsking(): Connection | undefined {
    for (const [group, asking] of this.#asking) {
      if (!this.#bucket.take(this.#clock.now())) return undefined;
      this.#asking.delete(group);
      const [connection] = asking;
      if (connection === undefined) continue;
      asking.delete(connection);
      if (asking.size > 0) this.#asking.set(group, asking);
      this.#granted.add(connection);
      return connection;
    }
    return undefined;
  }

  /** Where addresses say nothing of who is behind them, all of a network are one group. */
  #groupOf({ address, network }: Connection): string {
    return network === "ipv4" || network === "ipv6" ? this.#groupOfAddress(address) : `any ${network ?? "local"}`;
  }
}
