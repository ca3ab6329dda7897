/**
 * Key exchanges of encrypted connections (BIP324) take up to a millisecond each, and whoever can
 * connect can ask for one. So there is a limit to how many strangers are granted, and each turn of the
 * loop makes a few only. How many connect from one neighbourhood is limited where they are let in.
 *
 * A stranger who is refused has spent a connection, and we nothing; one who is honest tries again at
 * once with v1, as we would.
 *
 * @module
 */
import type { Clock } from "../base/time.ts";
import { type BucketRate, TokenBucket } from "../base/token_bucket.ts";
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
  readonly #bucket: TokenBucket;
  /** Inbound connections that may have theirs. */
  readonly #granted = new WeakSet<Connection>();
  /** In the order in which they came. No more than there are connections. */
  readonly #waiting = new Set<Connection>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#bucket = new TokenBucket(INBOUND_EXCHANGES, clock.now());
  }

  get hasWork(): boolean {
    return this.#waiting.size > 0;
  }

  /** To be called when a connection may have come to have work. False: there is no time for it. */
  add(connection: Connection): boolean {
    if (!connection.hasWork) return true;
    if (connection.isInbound && !this.#granted.has(connection)) {
      if (!connection.permissions.has("noban") && !this.#bucket.take(this.#clock.now())) return false;
      this.#granted.add(connection);
    }
    this.#waiting.add(connection);
    return true;
  }

  /** Those whose turn it is. */
  take(): readonly Connection[] {
    const due: Connection[] = [];
    for (const connection of this.#waiting) {
      if (due.length === KEY_EXCHANGES_PER_TURN) break;
      this.#waiting.delete(connection);
      if (connection.hasWork) due.push(connection);
    }
    return due;
  }
}
