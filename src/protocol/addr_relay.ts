/**
 * Gossip of addresses: asks outbound peers for theirs, answers inbound ones once, tells everyone
 * of our own now and then, and passes small fresh announcements on to a peer or two.
 *
 * Block-relay-only peers and feelers have no part in it, and an inbound peer only from its first
 * message about addresses on.
 *
 * Needs from the node: nothing but the calls of `Protocol`.
 *
 * Source: Bitcoin Core, net_processing.cpp, ProcessAddrs, RelayAddress, MaybeSendAddr; net.cpp,
 * GetAddresses.
 *
 * @module
 */
import type { AddressBook } from "../addrbook/address_book.ts";
import type { KnownAddress } from "../addrbook/address_record.ts";
import { type Bytes, fromLatin1 } from "../base/bytes.ts";
import type { Without } from "../base/defences.ts";
import type { Logger } from "../base/logger.ts";
import { below, poissonWait, type Rng, shuffle } from "../base/rng.ts";
import {
  addDuration, type Clock, hours, type Instant, milliseconds, minutes, seconds,
} from "../base/time.ts";
import { TimerTable } from "../base/timer_table.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { Peer, PeerId } from "../peer/peer.ts";
import { formatAddress, formatHost } from "../primitives/host_text.ts";
import {
  addressKey, hasAddrV1Form, isUsable, isValidHost, type NetworkAddress,
} from "../primitives/network_address.ts";
import type { Message, MessageType } from "../wire/message.ts";
import { ADDRESS_COUNT_MAX, type TimedAddress } from "../wire/messages/addr.ts";
import { NODE_NETWORK, NODE_NETWORK_LIMITED } from "../wire/services.ts";
import { AddrAnswers } from "./addr_answers.ts";
import { AddrLimit } from "./addr_limit.ts";
import { AddrTargets } from "./addr_targets.ts";
import { InventoryFilter } from "./inventory_filter.ts";
import type { Outbox, Protocol } from "./protocol.ts";

/** How often we tell of ourselves, and how long others' addresses wait, on average. */
const SELF_INTERVAL = hours(24);
const SEND_INTERVAL = seconds(30);
/** The same between nodes on one machine. */
const LOCAL_SELF_INTERVAL = seconds(5);
const LOCAL_SEND_INTERVAL = milliseconds(100);
/** A connection that is only for fetching addresses is given up after this long. */
const FETCH_TIMEOUT = minutes(5);
/** Told by others, not by itself: what it says of the time is taken to be this many seconds too good. */
const HEARSAY_SECONDS = 2 * 60 * 60;
/** Larger messages are answers, or dumps: not passed on. */
const RELAYED_COUNT_MAX = 10;
const FRESH_SECONDS = 10 * 60;
/** Taken instead of a time that cannot be. */
const DOUBTFUL_AGE_SECONDS = 5 * 24 * 60 * 60;
const OLDEST_TIME = 100_000_000;
const TARGETS = 2;
const TARGETS_UNREACHABLE = 1;
/** On one machine everyone is to know everyone within a second. */
const LOCAL_TARGETS = 8;
/** Between two words about how many addresses of one peer were dropped: it may send any number. */
const DROPPED_REPORT_INTERVAL = minutes(1);
/** Addresses that one peer is known to know. */
const KNOWN_CAPACITY = 5000;

export interface AddrRelayPorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly outbox: Outbox;
  readonly book: Pick<AddressBook, "add" | "sample" | "size">;
  readonly chain: Pick<ChainState, "isInitialBlockDownload">;
  readonly without?: Without;
  /** `peer` has told us of an address that we did not know. */
  learned(address: NetworkAddress, peer: Peer): void;
  /** So many addresses of `peer` were dropped since this was last told, and on the whole connection. */
  rateLimited(peer: Peer, count: number, total: number): void;
  /** The address of ours to tell `peer`, if any. Chance may have a part in it. */
  ownAddress(peer: Peer): NetworkAddress | undefined;
  isOwn(address: NetworkAddress): boolean;
  /** Whether we can dial its network: addresses of others are passed on to one peer, and not kept. */
  isReachable(address: NetworkAddress): boolean;
  /** Banned or discouraged: not worth passing on or keeping. */
  isShunned(address: NetworkAddress): boolean;
}

export interface AddrRelayOptions {
  /** As our `version` would state them now. */
  readonly ourServices: () => bigint;
  readonly listen: boolean;
  readonly localPeers: boolean;
}

export interface AddrReport {
  readonly isEnabled: boolean;
  /** Addresses that were looked at, and that were not since there were too many. */
  readonly processed: number;
  readonly rateLimited: number;
}

interface PeerState {
  readonly peer: Peer;
  isEnabled: boolean;
  known: InventoryFilter | undefined;
  pending: TimedAddress[];
  sendAt: Instant;
  /** `undefined` before the first time. */
  tellSelfAt: Instant | undefined;
  fetchDeadline: Instant | undefined;
  readonly limit: AddrLimit;
  awaitsAnswer: boolean;
  hasAnswered: boolean;
  processed: number;
  rateLimited: number;
  /** Of these, those that were told of, and until when no more are. */
  reported: number;
  reportAt: Instant;
}

export class AddrRelay implements Protocol {
  readonly takes: readonly MessageType[] = ["getaddr", "addr", "addrv2"];
  readonly #ports: AddrRelayPorts;
  readonly #options: AddrRelayOptions;
  readonly #peers = new Map<PeerId, PeerState>();
  /** Addresses of the message that is being read that were new to the book. */
  #added = 0;
  readonly #timers = new TimerTable<string>();
  readonly #targets: AddrTargets;
  readonly #answers: AddrAnswers;

  constructor(ports: AddrRelayPorts, options: AddrRelayOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#answers = new AddrAnswers(ports);
    this.#targets = new AddrTargets(ports.rng);
  }

  ready(peer: Peer): void {
    const now = this.#ports.clock.now();
    const state: PeerState = {
      peer, isEnabled: false, known: undefined, pending: [], sendAt: 0 as Instant, tellSelfAt: undefined,
      fetchDeadline: undefined, limit: new AddrLimit(now), awaitsAnswer: false, hasAnswered: false,
      processed: 0, rateLimited: 0, reported: 0, reportAt: now,
    };
    this.#peers.set(peer.id, state);
    if (peer.type === "addr-fetch") {
      state.fetchDeadline = addDuration(now, FETCH_TIMEOUT);
      this.#timers.set(`fetch ${peer.id}`, state.fetchDeadline);
    }
    if (peer.isInbound || !this.#enable(state)) return;
    this.#ports.outbox.send(peer, { type: "getaddr", value: null });
    state.awaitsAnswer = true;
    state.limit.expectAnswer();
  }

  closed(peer: Peer): void {
    const state = this.#peers.get(peer.id);
    if (state !== undefined) this.#reportDropped(state);
    this.#peers.delete(peer.id);
    for (const purpose of ["fetch", "send", "self"]) this.#timers.cancel(`${purpose} ${peer.id}`);
  }

  received(peer: Peer, message: Message): void {
    const state = this.#peers.get(peer.id);
    if (state === undefined) return;
    const { type } = message;
    if (type === "getaddr") this.#getAddr(state);
    else if (type === "addr" || type === "addrv2") this.#addr(state, type, message.value.addresses);
  }

  pass(peer: Peer): void {
    const state = this.#peers.get(peer.id);
    if (state === undefined) return;
    const now = this.#ports.clock.now();
    if (state.fetchDeadline !== undefined && now >= state.fetchDeadline) {
      this.#ports.logger.debug("net", () => `addrfetch connection timeout, disconnecting peer=${peer.id}`);
      this.#ports.outbox.disconnect(peer, "addr-fetch-timeout");
      return;
    }
    if (!state.isEnabled) return;
    this.#tellSelf(state, now);
    this.#sendPending(state, now);
  }

  woken(): void {
    const now = this.#ports.clock.now();
    while (this.#timers.take(now) !== undefined);
  }

  wakeAt(): Instant | undefined {
    return this.#timers.next();
  }

  /** `addr_relay_enabled`, `addr_processed` and `addr_rate_limited` of getpeerinfo. */
  report(peer: PeerId): AddrReport {
    const { isEnabled = false, processed = 0, rateLimited = 0 } = this.#peers.get(peer) ?? {};
    return { isEnabled, processed, rateLimited };
  }

  /** Takes the peer into the gossip; false for those that have no part in it. */
  #enable(state: PeerState): boolean {
    if (state.peer.type === "block-relay-only" || state.peer.type === "feeler") return false;
    if (state.isEnabled) return true;
    state.isEnabled = true;
    // Due at once: the first word about ourselves goes out with the next pass.
    this.#timers.set(`self ${state.peer.id}`, this.#ports.clock.now());
    return true;
  }

  #addr(state: PeerState, type: "addr" | "addrv2", received: readonly TimedAddress[]): void {
    const { clock, logger, outbox, rng } = this.#ports;
    const { peer } = state;
    if (!this.#enable(state)) {
      logger.debug("net", () => `ignoring ${type} message from ${peer.type} peer=${peer.id}`);
      return;
    }
    state.limit.fill(clock.now());
    const isRelayable = !state.awaitsAnswer && received.length <= RELAYED_COUNT_MAX;
    const isLimited = !peer.permissions.has("addr") && !this.#options.localPeers
      && !this.#ports.without?.has("addr-rate-limit");
    let processed = 0;
    let rateLimited = 0;
    this.#added = 0;
    for (const known of shuffle(rng, [...received])) {
      if (!state.limit.take() && isLimited) rateLimited++;
      else if (this.#take(state, known, isRelayable)) processed++;
    }
    this.#logAdded(peer, received.length);
    state.processed += processed;
    state.rateLimited += rateLimited;
    if (clock.now() >= state.reportAt) this.#reportDropped(state);
    logger.debug("net", () => {
      const counts = `${received.length} addresses (${processed} processed, ${rateLimited} rate-limited)`;
      return `Received addr: ${counts} from peer=${peer.id}`;
    });
    if (received.length < ADDRESS_COUNT_MAX) state.awaitsAnswer = false;
    // One alone is no answer: it tells of itself.
    if (peer.type !== "addr-fetch" || received.length <= 1) return;
    logger.debug("net", () => `addrfetch connection completed, disconnecting peer=${peer.id}`);
    outbox.disconnect(peer, "addr-fetch-completed");
  }

  #reportDropped(state: PeerState): void {
    const { peer, rateLimited, reported } = state;
    if (rateLimited === reported) return;
    this.#ports.rateLimited(peer, rateLimited - reported, rateLimited);
    state.reported = rateLimited;
    state.reportAt = addDuration(this.#ports.clock.now(), DROPPED_REPORT_INTERVAL);
  }

  /** Keeps one address, and passes it on; false when it is none that we deal with. */
  #take(state: PeerState, { address, services, time }: TimedAddress, isRelayable: boolean): boolean {
    const { book, clock } = this.#ports;
    if ((services & (NODE_NETWORK | NODE_NETWORK_LIMITED)) === 0n) return false;
    const now = clock.unixTime();
    const isPossible = time > OLDEST_TIME && time <= now + FRESH_SECONDS;
    const known: KnownAddress = { address, services, time: isPossible ? time : now - DOUBTFUL_AGE_SECONDS };
    this.#knownTo(state).add(keyBytes(address));
    if (this.#ports.isShunned(address)) return false;
    if (!this.#isAdmissible(address)) return true;
    const isReachable = this.#ports.isReachable(address);
    if (isRelayable && known.time > now - FRESH_SECONDS) this.#passOn(state, known, isReachable);
    const isNew = isReachable && !this.#ports.isOwn(address) &&
      book.add(known, state.peer.address, { penaltySeconds: HEARSAY_SECONDS });
    if (isNew) {
      this.#added++;
      this.#ports.learned(address, state.peer);
    }
    return true;
  }

  #logAdded(peer: Peer, count: number): void {
    if (this.#added === 0) return;
    const { book, logger } = this.#ports;
    logger.debug("addrman", () => {
      const sizes = `${book.size({ isNew: false })} tried, ${book.size({ isNew: true })} new`;
      return `Added ${this.#added} addresses (of ${count}) from ${formatHost(peer.address)}: ${sizes}`;
    });
  }

  #isAdmissible(address: NetworkAddress): boolean {
    return isUsable(address, this.#options.localPeers);
  }

  #passOn(from: PeerState, known: KnownAddress, isReachable: boolean): void {
    const { clock, rng } = this.#ports;
    const one = TARGETS_UNREACHABLE + below(rng, TARGETS);
    const few = this.#options.localPeers ? LOCAL_TARGETS : TARGETS;
    const chosen = this.#targets.choose(this.#listenersFor(from, known.address), keyBytes(known.address), {
      unixTime: clock.unixTime(), count: isReachable ? few : one,
    });
    for (const peer of chosen) {
      const state = this.#peers.get(peer.id);
      if (state !== undefined) this.#push(state, known);
    }
  }

  /** All who can be told of an address that `from` told of. */
  *#listenersFor(from: PeerState, address: NetworkAddress): Generator<Peer> {
    for (const state of this.#peers.values()) {
      if (state.isEnabled && state !== from && canCarry(state.peer, address)) yield state.peer;
    }
  }

  /** To be sent with the next batch, unless it knows it. */
  #push(state: PeerState, known: TimedAddress): void {
    const { address } = known;
    const isValid = isValidHost(address) && canCarry(state.peer, address);
    if (!isValid || this.#knownTo(state).has(keyBytes(address))) return;
    const { pending } = state;
    if (pending.length < ADDRESS_COUNT_MAX) pending.push(known);
    else pending[below(this.#ports.rng, ADDRESS_COUNT_MAX)] = known;
    this.#timers.set(`send ${state.peer.id}`, state.sendAt);
  }

  #getAddr(state: PeerState): void {
    const { logger } = this.#ports;
    const { peer } = state;
    if (!peer.isInbound) {
      // An outbound peer could otherwise find again addresses that it planted with us.
      logger.debug("net", () => `Ignoring "getaddr" from ${peer.type} connection. peer=${peer.id}`);
      return;
    }
    this.#enable(state);
    if (state.hasAnswered) {
      logger.debug("net", () => `Ignoring repeated "getaddr". peer=${peer.id}`);
      return;
    }
    state.hasAnswered = true;
    state.pending = [];
    const answer = this.#options.localPeers ? this.#answers.all() : this.#answers.answerTo(peer);
    for (const known of answer) this.#push(state, known);
  }

  #tellSelf(state: PeerState, now: Instant): void {
    const { chain, clock, logger, outbox, rng } = this.#ports;
    const { peer, tellSelfAt } = state;
    const { listen, localPeers, ourServices } = this.#options;
    const isSettled = localPeers || !chain.isInitialBlockDownload;
    if (!listen || !isSettled || (tellSelfAt !== undefined && now < tellSelfAt)) return;
    state.tellSelfAt = addDuration(now, poissonWait(rng, localPeers ? LOCAL_SELF_INTERVAL : SELF_INTERVAL));
    this.#timers.set(`self ${peer.id}`, state.tellSelfAt);
    // So that it goes out again.
    if (tellSelfAt !== undefined) state.known?.clear();
    const address = this.#ports.ownAddress(peer);
    if (address === undefined || !this.#isAdmissible(address)) return;
    logger.debug("net", () => `Advertising address ${formatAddress(address)} to peer=${peer.id}`);
    const self: TimedAddress = { address, services: ourServices(), time: clock.unixTime() };
    if (tellSelfAt !== undefined) this.#push(state, self);
    // The first alone, so that a limit on what it takes from us does not strike it.
    else if (canCarry(peer, address)) outbox.send(peer, addrMessage(peer, [self]));
  }

  #sendPending(state: PeerState, now: Instant): void {
    const { outbox, rng } = this.#ports;
    if (state.pending.length === 0 || now < state.sendAt) return;
    const interval = this.#options.localPeers ? LOCAL_SEND_INTERVAL : SEND_INTERVAL;
    state.sendAt = addDuration(now, poissonWait(rng, interval));
    this.#timers.cancel(`send ${state.peer.id}`);
    const known = this.#knownTo(state);
    const fresh = state.pending.filter(({ address }) => {
      const key = keyBytes(address);
      if (known.has(key)) return false;
      known.add(key);
      return true;
    });
    state.pending = [];
    if (fresh.length > 0) outbox.send(state.peer, addrMessage(state.peer, fresh));
  }

  #knownTo(state: PeerState): InventoryFilter {
    state.known ??= new InventoryFilter(this.#ports.rng, KNOWN_CAPACITY);
    return state.known;
  }
}

/** Whether the messages that it understands have a place for this address. */
function canCarry({ features }: Peer, address: NetworkAddress): boolean {
  return features.addrV2 || hasAddrV1Form(address);
}

function addrMessage({ features }: Peer, addresses: readonly TimedAddress[]): Message {
  return { type: features.addrV2 ? "addrv2" : "addr", value: { addresses } };
}

function keyBytes(address: NetworkAddress): Bytes {
  return fromLatin1(addressKey(address));
}
