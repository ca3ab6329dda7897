/**
 * Outbound connections of our own choice: for what, when, and to whom.
 *
 * @module
 */
import type { AddressBook } from "../addrbook/address_book.ts";
import type { Selected } from "../addrbook/book_queries.ts";
import type { Defence, Without } from "../base/defences.ts";
import type { Logger } from "../base/logger.ts";
import { poissonWait, type Rng, shuffle } from "../base/rng.ts";
import {
  addDuration, type Clock, type Duration, earlier, type Instant, milliseconds, minutes, seconds,
} from "../base/time.ts";
import { TokenBucket } from "../base/token_bucket.ts";
import { formatAddress } from "../primitives/host_text.ts";
import type { NetworkName } from "../primitives/network_address.ts";
import type { AddressSearch } from "./address_search.ts";
import type { Anchor } from "./anchors.ts";
import type { ConnectionLimits } from "./limits.ts";
import type { Networks } from "./networks.ts";
import type { OpenConnections } from "./open_connections.ts";
import { chooseSlot, type OutboundSlot, type OutboundTimer } from "./outbound_slot.ts";

/** Mean waits (net.h). */
const TIMER_MEANS: Readonly<Record<OutboundTimer, Duration>> = {
  "feeler": minutes(2), "extra-block-relay": minutes(5), "network-peer": minutes(5),
};
const TIMER_DEFENCES: Readonly<Record<OutboundTimer, Defence>> = {
  "feeler": "feelers", "extra-block-relay": "extra-outbound", "network-peer": "network-diversity",
};

/** How often to look whether a network is missed, once it is time for one more peer. */
const NETWORK_RETRY = minutes(1);

/** How long to wait before asking the book again when it had nobody; doubles up to the longest. */
const SEARCH_WAIT = { first: milliseconds(500), longest: seconds(30) };
const LOCAL_SEARCH_WAIT = { first: milliseconds(50), longest: seconds(5) };

/**
 * Dials a second, once all places have been dialled for: who refuses at once would otherwise have us go
 * through the whole book. Bitcoin Core's loop has the same pace.
 */
const DIALS_PER_SECOND = 2;

export interface OutboundChoicePorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly book: Pick<AddressBook, "size">;
  readonly networks: Pick<Networks, "reachable">;
  readonly without: Without;
  readonly open: OpenConnections;
  readonly search: AddressSearch;
}

/** Whom to dial, and for what. */
export interface OutboundFind {
  readonly slot: OutboundSlot;
  readonly known: Anchor | Selected;
}

export class OutboundChoice {
  readonly #ports: OutboundChoicePorts;
  readonly #limits: ConnectionLimits;
  readonly #localPeers: boolean;
  readonly #timers = new Map<OutboundTimer, Instant>();
  readonly #pace: TokenBucket | undefined;
  /** The last is dialled first. */
  readonly #anchors: Anchor[];
  /** There are more block-relay peers from time to time only once we have caught up. */
  #hasCaughtUp = false;
  #wantsExtraFullRelay = false;
  /** A search that found nobody is in vain again until something changes: that is done ever more seldom. */
  #searchWait: Duration;
  #searchAt: Instant;
  /** The last such search: news in the book are a reason for another. */
  #vainSearch: { readonly at: Instant; readonly bookSize: number } | undefined;

  constructor(
    ports: OutboundChoicePorts, limits: ConnectionLimits, localPeers: boolean, anchors: readonly Anchor[],
  ) {
    const { clock, without } = ports;
    this.#ports = ports;
    this.#limits = limits;
    this.#localPeers = localPeers;
    this.#anchors = without.has("anchors") ? [] : [...anchors];
    for (const timer of Object.keys(TIMER_MEANS) as OutboundTimer[]) {
      if (!without.has(TIMER_DEFENCES[timer])) this.#restart(timer);
    }
    const burst = limits.automaticOutbound;
    if (!localPeers && burst > 0) {
      this.#pace = new TokenBucket({ burst, perSecond: DIALS_PER_SECOND }, clock.now());
    }
    this.#searchWait = this.#searchWaits.first;
    this.#searchAt = clock.now();
  }

  get wantsExtraFullRelay(): boolean {
    return this.#wantsExtraFullRelay;
  }

  /** Whether one more full-relay peer is to be looked for, since no block comes. */
  set wantsExtraFullRelay(wants: boolean) {
    this.#wantsExtraFullRelay = wants && !this.#ports.without.has("extra-outbound");
  }

  /** We have caught up with the chain, for the first time. */
  caughtUp(): void {
    this.#hasCaughtUp = true;
  }

  /** Something has changed: another search may find somebody. */
  changed(): void {
    this.#searchAt = this.#ports.clock.now();
    this.#vainSearch = undefined;
  }

  /** When news in the book are a reason to look again; they come in crowds. `undefined` for none. */
  newsAt(): Instant | undefined {
    const vain = this.#vainSearch;
    if (vain === undefined || this.#ports.book.size() <= vain.bookSize) return undefined;
    return addDuration(vain.at, this.#searchWaits.first);
  }

  /** The next to dial. It is to be among the open connections before the next call. */
  next(now: Instant): OutboundFind | undefined {
    for (;;) {
      const slot = this.#chooseSlot(now);
      if (slot === undefined || !this.#mayDial(now)) return undefined;
      const isTimed = this.#restartFor(slot);
      const known = slot.purpose === "anchor" ? this.#nextAnchor() : this.#find(slot, isTimed, now);
      if (known === undefined && (isTimed || slot.purpose === "anchor")) continue;
      if (known === undefined) return undefined;
      this.#pace?.take(now);
      this.#log(slot, known);
      return { slot, known };
    }
  }

  /** When `next` may give one, should nothing happen until then. */
  wakeAt(now: Instant): Instant | undefined {
    let at: Instant | undefined;
    // One that is due now waits for a place, of which we are told; or for a network to be missed.
    for (const [timer, due] of this.#timers) {
      if (due > now && this.#isInUse(timer)) at = earlier(at, due);
      else if (timer === "network-peer") at = earlier(at, addDuration(now, NETWORK_RETRY));
    }
    const slot = this.#chooseSlot(now);
    if (slot === undefined) return at;
    const searchAt = slot.purpose === "anchor" ? now : this.#searchAt;
    return earlier(at, Math.max(searchAt, this.#pace?.nextAt(now) ?? now) as Instant);
  }

  #mayDial(now: Instant): boolean {
    return this.#pace === undefined || this.#pace.nextAt(now) <= now;
  }

  #chooseSlot(now: Instant): OutboundSlot | undefined {
    const { open } = this.#ports;
    return chooseSlot({
      limits: this.#limits,
      count: (type) => open.count(type),
      hasAnchors: this.#anchors.length > 0,
      wantsExtraFullRelay: this.#wantsExtraFullRelay,
      isDue: (timer) => this.#isInUse(timer) && (this.#timers.get(timer) ?? Infinity) <= now,
      missingNetwork: () => this.#missingNetwork(),
    });
  }

  #isInUse(timer: OutboundTimer): boolean {
    return timer !== "extra-block-relay" || this.#hasCaughtUp;
  }

  /** The next one of the last run that may be dialled; the others are forgotten. */
  #nextAnchor(): Anchor | undefined {
    for (let anchor = this.#anchors.pop(); anchor !== undefined; anchor = this.#anchors.pop()) {
      if (this.#ports.search.suitsAnchor(anchor)) return anchor;
    }
    return undefined;
  }

  #find(slot: OutboundSlot, isTimed: boolean, now: Instant): Selected | undefined {
    // A place that a timer has opened is closed until its next time, whether there is somebody or not.
    if (isTimed) return this.#ports.search.find(slot, now);
    if (now < this.#searchAt) return undefined;
    const { first, longest } = this.#searchWaits;
    const known = this.#ports.search.find(slot, now);
    if (known !== undefined) {
      this.#searchWait = first;
      this.#vainSearch = undefined;
    } else {
      this.#searchAt = addDuration(now, this.#searchWait);
      this.#searchWait = Math.min(2 * this.#searchWait, longest) as Duration;
      this.#vainSearch = { at: now, bookSize: this.#ports.book.size() };
    }
    return known;
  }

  /** True for a place that a timer has opened: that is set anew. */
  #restartFor({ purpose }: OutboundSlot): boolean {
    const isTimed = purpose === "feeler" || purpose === "extra-block-relay" || purpose === "network-peer";
    if (isTimed) this.#restart(purpose);
    return isTimed;
  }

  #restart(timer: OutboundTimer): void {
    const { clock, rng } = this.#ports;
    this.#timers.set(timer, addDuration(clock.now(), poissonWait(rng, TIMER_MEANS[timer])));
  }

  #missingNetwork(): NetworkName | undefined {
    const { rng, networks, open, book } = this.#ports;
    const inAnyOrder = shuffle(rng, [...networks.reachable]);
    return inAnyOrder.find((network) => open.countOfNetwork(network) === 0 && book.size({ network }) > 0);
  }

  /** In Bitcoin Core's words. */
  #log({ purpose }: OutboundSlot, { address }: OutboundFind["known"]): void {
    const { logger } = this.#ports;
    const where = (): string => formatAddress(address);
    if (purpose === "anchor") {
      logger.debug("net", () => `Trying to make an anchor connection to ${where()}`);
    } else if (purpose === "feeler") {
      logger.debug("net", () => `Making feeler connection to ${where()}`);
    } else if (purpose === "network-peer") {
      logger.debug("net", () => `Making network specific connection to ${where()} on ${address.network}.`);
    }
  }

  get #searchWaits(): { readonly first: Duration; readonly longest: Duration } {
    return this.#localPeers ? LOCAL_SEARCH_WAIT : SEARCH_WAIT;
  }
}
