import type { Clock, UnixSeconds } from "../base/time.ts";
import type { NetworkName } from "../primitives/network_address.ts";

const HOUR_SECONDS = 60 * 60;
const DAY_HOURS = 24;

/** Peers that came in by one network. */
export interface Arrivals {
  readonly network: NetworkName;
  readonly last: UnixSeconds;
  /** In the last 24 hours, by the hour. */
  readonly dayCount: number;
}

interface Hour {
  readonly number: number;
  readonly count: number;
}

interface Past {
  readonly last: UnixSeconds;
  readonly hours: readonly Hour[];
}

/**
 * Who came in from other machines, for the operator: that somebody did is the only proof that others
 * reach us.
 */
export class InboundRecord {
  readonly #clock: Pick<Clock, "unixTime">;
  /** One entry for each network at most. */
  readonly #byNetwork = new Map<NetworkName, Past>();

  constructor(clock: Pick<Clock, "unixTime">) {
    this.#clock = clock;
  }

  /** `network`: by which a peer came whose handshake is complete; `undefined` for one on this machine. */
  came(network: NetworkName | undefined): void {
    if (network === undefined) return;
    const last = this.#clock.unixTime();
    const now = hourOf(last);
    const hours = this.#hours(network, now);
    const count = (hours.find(({ number }) => number === now)?.count ?? 0) + 1;
    const others = hours.filter(({ number }) => number !== now);
    this.#byNetwork.set(network, { last, hours: [...others, { number: now, count }] });
  }

  /** Those by which somebody has come since the start. */
  arrivals(): readonly Arrivals[] {
    const now = hourOf(this.#clock.unixTime());
    return Array.from(this.#byNetwork, ([network, { last }]) => {
      const dayCount = this.#hours(network, now).reduce((sum, { count }) => sum + count, 0);
      return { network, last, dayCount };
    });
  }

  /** The last day's, 24 at most; none of a future that a clock set back has left behind. */
  #hours(network: NetworkName, now: number): readonly Hour[] {
    const hours = this.#byNetwork.get(network)?.hours ?? [];
    return hours.filter(({ number }) => number > now - DAY_HOURS && number <= now);
  }
}

function hourOf(time: UnixSeconds): number {
  return Math.floor(time / HOUR_SECONDS);
}
