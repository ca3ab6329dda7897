/**
 * Whom to dial, and whom to let in: choices only. The sockets are the owner's.
 *
 * The owner calls `decide` whenever `wakeAt` has come, carries out the dials it returns, and tells
 * how each went: `opened` or `failed`, with the same object. What connections there are is read
 * from the owner, never kept here.
 *
 * @module
 */
import type { AddressBook, KnownAddress } from "../addrbook/address_book.ts";
import type { Logger } from "../base/logger.ts";
import type { Rng } from "../base/rng.ts";
import {
  addDuration, type Clock, type Duration, earlier, elapsed, type Instant, milliseconds, minutes, seconds,
} from "../base/time.ts";
import { servicesWanted } from "../peer/introduction.ts";
import type { ConnectionType, Peer } from "../peer/peer.ts";
import { formatAddress } from "../primitives/host_text.ts";
import { netGroup } from "../primitives/net_group.ts";
import { addressKey, isLoopback, isRoutable, type NetworkAddress } from "../primitives/network_address.ts";
import { DialBackoff } from "./dial_backoff.ts";
import { type Admission, type ConnectedPeer, InboundDoor } from "./inbound_door.ts";
import { ADDED_MAX, type ConnectionLimits, connectionLimits, hasRoom } from "./limits.ts";

/** One attempt to connect. Its identity is what tells it from another to the same address. */
export interface Dial {
  readonly address: NetworkAddress;
  readonly type: ConnectionType;
}

/** What is decided for a connection that the operator wants. */
export type DialRequest =
  | { readonly ok: true; readonly dial: Dial }
  | { readonly ok: false; readonly code: "too-many-connections" }
  | { readonly ok: false; readonly code: "dial-refused"; readonly reason: string };

export interface ConnectionManagerPorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly book: Pick<AddressBook, "size" | "select" | "attempted">;
  /** All open connections, from their first moment to their last. */
  peers(): Iterable<ConnectedPeer>;
  /** Our tip is recent, so that peers with recent blocks only are of use. */
  isTipRecent(): boolean;
}

export interface ConnectionSettings {
  /** When not undefined: dial these and nobody else; may be empty. */
  readonly connectOnly: readonly NetworkAddress[] | undefined;
  readonly addNodes: readonly NetworkAddress[];
  readonly maxConnections: number;
  /** Admits loopback addresses, counts each port of theirs as its own group, and waits less. */
  readonly localPeers: boolean;
  /** Peers that are not on loopback are neither dialled nor let in, for the reason given. */
  readonly loopbackOnly: string | undefined;
  /** Our own addresses. */
  readonly advertise: readonly NetworkAddress[];
}

/** A connection that lasted less counts as a failure: who drops us at once is not to be dialled in a loop. */
const LASTING = seconds(10);

/** Waits after failures with those that the operator named; Bitcoin Core's `addnode` waits a minute. */
const MANUAL_WAIT = { first: milliseconds(500), longest: seconds(60) };
/** `connect`: without these there is no network at all. */
const CONNECT_ONLY_WAIT = { first: milliseconds(500), longest: seconds(5) };
const AUTOMATIC_WAIT = { first: minutes(1), longest: minutes(60) };
const LOCAL_WAIT = { first: milliseconds(200), longest: seconds(10) };

/** How long to wait before asking the book again when it had nobody; doubles up to the longest. */
const SEARCH_WAIT = { first: milliseconds(500), longest: seconds(30) };
const LOCAL_SEARCH_WAIT = { first: milliseconds(50), longest: seconds(5) };

/** Addresses that turned out to be ours; more than a machine has, and then the first is forgotten. */
const OWN_ADDRESSES_MAX = 64;

const NO_DIALS: readonly Dial[] = [];

export class ConnectionManager {
  readonly #ports: ConnectionManagerPorts;
  readonly #settings: ConnectionSettings;
  readonly #limits: ConnectionLimits;
  /** By address: those that are to be connected at all times. */
  readonly #targets = new Map<string, NetworkAddress>();
  readonly #own = new Set<string>();
  readonly #pending = new Set<Dial>();
  readonly #manualBackoff: DialBackoff;
  readonly #automaticBackoff: DialBackoff;
  readonly #inboundDoor: InboundDoor;
  #wakeAt: Instant | undefined;
  /** Asking a large book in vain is slow, so that is done ever more seldom. */
  #searchWait: Duration;
  #searchAt: Instant;
  /** The last search, which found nobody: news in the book are a reason for another. */
  #vainSearch: { readonly at: Instant; readonly bookSize: number } | undefined;

  constructor(ports: ConnectionManagerPorts, settings: ConnectionSettings) {
    const { clock } = ports;
    const { localPeers, connectOnly } = settings;
    this.#ports = ports;
    this.#settings = settings;
    this.#limits = connectionLimits(settings.maxConnections);
    const targets = [...(connectOnly ?? []), ...settings.addNodes];
    for (const address of targets) {
      this.#targets.set(addressKey(address), address);
      const reason = this.#refusal(address);
      if (reason !== undefined) ports.logger.warning(`Not dialling ${formatAddress(address)}: ${reason}`);
    }
    for (const address of settings.advertise) this.#own.add(addressKey(address));
    const manualWait = connectOnly === undefined ? MANUAL_WAIT : CONNECT_ONLY_WAIT;
    this.#manualBackoff = new DialBackoff(clock, localPeers ? LOCAL_WAIT : manualWait);
    this.#automaticBackoff = new DialBackoff(clock, localPeers ? LOCAL_WAIT : AUTOMATIC_WAIT);
    this.#inboundDoor = new InboundDoor(ports, this.#limits.inbound, (address) => this.#group(address));
    this.#searchWait = this.#searchWaits.first;
    this.#searchAt = clock.now();
    this.#wakeAt = clock.now();
  }

  /** When `decide` next has something to say, should nothing be told until then. */
  wakeAt(): Instant | undefined {
    return earlier(this.#wakeAt, this.#newsAt());
  }

  /** Whom to dial now. Each is out until `opened` or `failed` is called with it. */
  decide(): readonly Dial[] {
    const now = this.#ports.clock.now();
    const newsAt = this.#newsAt();
    const isNews = newsAt !== undefined && newsAt <= now;
    if (!isNews && (this.#wakeAt === undefined || now < this.#wakeAt)) return NO_DIALS;
    if (isNews) this.#searchAt = now;
    this.#wakeAt = undefined;
    return [...this.#dueTargets(now), ...this.#chosen(now)];
  }

  /** The dial has become a connection, which is among the owner's peers from now on. */
  opened(dial: Dial): void {
    this.#pending.delete(dial);
    this.#wakeNow();
  }

  failed(dial: Dial): void {
    this.#pending.delete(dial);
    this.#backoffOf(dial.type).failed(addressKey(dial.address));
    this.#wakeNow();
  }

  /** A connection is gone, and no longer among the owner's peers. */
  closed(peer: Peer): void {
    if (!peer.isInbound) {
      const key = addressKey(peer.address);
      const lasted = elapsed(peer.stats.connectedAt, this.#ports.clock.now());
      const backoff = this.#backoffOf(peer.type);
      if (lasted >= LASTING) backoff.succeeded(key);
      backoff.failed(key);
    }
    this.#wakeNow();
  }

  /** Whether a connection that has come in from `address` may stay. It is not yet among the owner's peers. */
  admit(address: NetworkAddress): Admission {
    if (this.#refusal(address) !== undefined) return { type: "refuse", reason: "loopback-only" };
    return this.#inboundDoor.admit(this.#ports.peers());
  }

  /** Keeps a connection to `address` up from now on. False when that is already so. */
  addNode(address: NetworkAddress): boolean {
    const key = addressKey(address);
    if (this.#targets.has(key)) return false;
    this.#targets.set(key, address);
    this.#wakeNow();
    return true;
  }

  /** No longer; a connection that is up stays. False when it was not so. */
  removeNode(address: NetworkAddress): boolean {
    return this.#targets.delete(addressKey(address));
  }

  /** Those that are to be connected at all times. */
  get addedNodes(): Iterable<NetworkAddress> {
    return this.#targets.values();
  }

  /** Dials `address` once, if there is room for another of `type` and nothing forbids it. */
  request(address: NetworkAddress, type: ConnectionType): DialRequest {
    const reason = this.#refusal(address);
    if (reason !== undefined) return { ok: false, code: "dial-refused", reason };
    if (!this.#hasRoom(type)) return { ok: false, code: "too-many-connections" };
    return { ok: true, dial: this.#start({ address, type }) };
  }

  /** `address` has turned out to be our own. */
  neverDial(address: NetworkAddress): void {
    this.#own.add(addressKey(address));
    for (const key of this.#own) {
      if (this.#own.size <= OWN_ADDRESSES_MAX + this.#settings.advertise.length) break;
      this.#own.delete(key);
    }
  }

  /** Of those that the operator named, the ones that are neither up nor tried too recently. */
  #dueTargets(now: Instant): readonly Dial[] {
    const busy = this.#busyAddresses();
    const dials: Dial[] = [];
    for (const [key, address] of this.#targets) {
      if (busy.has(key) || this.#own.has(key) || this.#refusal(address) !== undefined) continue;
      const dueAt = this.#manualBackoff.dueAt(key);
      if (dueAt !== undefined && dueAt > now) this.#wakeAt = earlier(this.#wakeAt, dueAt);
      else if (this.#hasRoomForTarget()) dials.push(this.#start({ address, type: "manual" }));
    }
    return dials;
  }

  #hasRoomForTarget(): boolean {
    if (this.#settings.connectOnly !== undefined) return true;
    return this.#existingTypes().filter((type) => type === "manual").length < ADDED_MAX;
  }

  /** From the book, until the outbound places are full or it has no more. */
  #chosen(now: Instant): readonly Dial[] {
    this.#vainSearch = undefined;
    const dials: Dial[] = [];
    while (this.#settings.connectOnly === undefined && this.#hasRoom("outbound-full-relay")) {
      const known = now < this.#searchAt ? undefined : this.#search(now);
      if (known === undefined) {
        this.#wakeAt = earlier(this.#wakeAt, this.#searchAt);
        this.#vainSearch ??= { at: now, bookSize: this.#ports.book.size };
        break;
      }
      this.#ports.book.attempted(known.address, now);
      dials.push(this.#start({ address: known.address, type: "outbound-full-relay" }));
    }
    return dials;
  }

  #search(now: Instant): KnownAddress | undefined {
    const { first, longest } = this.#searchWaits;
    const known = this.#ports.book.select(this.#acceptor());
    if (known !== undefined) {
      this.#searchWait = first;
    } else {
      this.#searchAt = addDuration(now, this.#searchWait);
      this.#searchWait = Math.min(2 * this.#searchWait, longest) as Duration;
    }
    return known;
  }

  /** When to search because of news, which come in crowds; `undefined` when there are none. */
  #newsAt(): Instant | undefined {
    const vain = this.#vainSearch;
    if (vain === undefined || this.#ports.book.size <= vain.bookSize) return undefined;
    return addDuration(vain.at, this.#searchWaits.first);
  }

  /** Says of an address in the book whether it may be dialled now. */
  #acceptor(): (known: KnownAddress) => boolean {
    const busy = this.#busyAddresses();
    const groups = this.#outboundGroups();
    const tip = { isTipRecent: this.#ports.isTipRecent() };
    return ({ address, services }) => {
      const key = addressKey(address);
      const wanted = servicesWanted(services, tip);
      return (services & wanted) === wanted
        && !busy.has(key) && !this.#own.has(key) && !this.#targets.has(key)
        && this.#isReachable(address) && this.#refusal(address) === undefined
        && !groups.has(this.#group(address)) && this.#automaticBackoff.isDue(key);
    };
  }

  #isReachable(address: NetworkAddress): boolean {
    return isRoutable(address) || (this.#settings.localPeers && isLoopback(address));
  }

  /** Why there may be no connection with this address. */
  #refusal(address: NetworkAddress): string | undefined {
    return isLoopback(address) ? undefined : this.#settings.loopbackOnly;
  }

  #group(address: NetworkAddress): string {
    return netGroup(address, this.#settings.localPeers);
  }

  /** Of all outbound connections, manual ones too: each should be in another hand. */
  #outboundGroups(): ReadonlySet<string> {
    const groups = new Set<string>();
    for (const { isInbound, address } of this.#ports.peers()) {
      if (!isInbound) groups.add(this.#group(address));
    }
    for (const { address } of this.#pending) groups.add(this.#group(address));
    return groups;
  }

  /** Connected, in whichever direction, or being dialled. */
  #busyAddresses(): ReadonlySet<string> {
    const busy = new Set<string>();
    for (const { address } of this.#ports.peers()) busy.add(addressKey(address));
    for (const { address } of this.#pending) busy.add(addressKey(address));
    return busy;
  }

  #hasRoom(type: ConnectionType): boolean {
    return hasRoom(type, this.#existingTypes(), this.#limits);
  }

  #existingTypes(): readonly ConnectionType[] {
    return [...this.#ports.peers(), ...this.#pending].map(({ type }) => type);
  }

  #start(dial: Dial): Dial {
    this.#pending.add(dial);
    const { address, type } = dial;
    this.#ports.logger.debug("net", () => `trying v1 connection (${type}) to ${formatAddress(address)}`);
    return dial;
  }

  #backoffOf(type: ConnectionType): DialBackoff {
    return type === "manual" ? this.#manualBackoff : this.#automaticBackoff;
  }

  get #searchWaits(): { readonly first: Duration; readonly longest: Duration } {
    return this.#settings.localPeers ? LOCAL_SEARCH_WAIT : SEARCH_WAIT;
  }

  #wakeNow(): void {
    this.#wakeAt = this.#ports.clock.now();
    this.#searchAt = this.#wakeAt;
  }
}
