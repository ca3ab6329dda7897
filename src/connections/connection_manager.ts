/**
 * Whom to dial, and whom to let in: choices only. The sockets are the owner's.
 *
 * The owner calls `decide` whenever `wakeAt` has come, carries out the dials it returns, and tells
 * how each went: `opened` or `failed`, with the same object. It tells of every connection when it
 * opens, when its handshake is complete, and when it is gone.
 *
 * @module
 */
import type { AddressBook } from "../addrbook/address_book.ts";
import type { Without } from "../base/defences.ts";
import { type Clock, earlier, type Instant, minutes } from "../base/time.ts";
import type { ConnectionType, Peer, PeerId } from "../peer/peer.ts";
import { dialKey, formatAddress } from "../primitives/host_text.ts";
import type { NetworkAddress, NetworkName } from "../primitives/network_address.ts";
import { NODE_P2P_V2 } from "../wire/services.ts";
import { AddressSearch, type AddressSearchPorts } from "./address_search.ts";
import type { Anchor } from "./anchors.ts";
import type { Dial, DialRequest } from "./dial.ts";
import { DialBackoff, LOCAL_WAIT } from "./dial_backoff.ts";
import { pendingHandshakesMax } from "./handshake_gate.ts";
import {
  type Admission, type Arrival, type ConnectedPeer, InboundDoor, type InboundDoorPorts,
} from "./inbound_door.ts";
import { ADDED_MAX, type ConnectionLimits, connectionLimits, hasRoom } from "./limits.ts";
import { type AddedNode, type NamedNode, NamedNodes } from "./named_nodes.ts";
import type { Networks } from "./networks.ts";
import { LASTING_TYPES, OpenConnections } from "./open_connections.ts";
import { OutboundChoice, type OutboundFind } from "./outbound_choice.ts";
import { typeOfSlot } from "./outbound_slot.ts";
import { OwnAddresses } from "./own_addresses.ts";
import { PendingDials } from "./pending_dials.ts";
import type { Route } from "./route.ts";

export interface ConnectionManagerPorts
  extends InboundDoorPorts, Omit<AddressSearchPorts, "open" | "isExcluded"> {
  readonly clock: Clock;
  readonly book: AddressSearchPorts["book"] & Pick<AddressBook, "size" | "attempted">;
  readonly networks: Pick<Networks, "reachable" | "isReachable" | "routeTo">;
  readonly without: Without;
  /** Block-relay peers of the last run; the last is dialled first. */
  readonly anchors: readonly Anchor[];
  /** All open connections, from their first moment to their last. */
  peers(): Iterable<ConnectedPeer>;
  /** Our tip is recent, so that peers with recent blocks only are of use. */
  isTipRecent(): boolean;
}

export interface ConnectionSettings {
  /** When not undefined: dial these and nobody else; may be empty. */
  readonly connectOnly: readonly NetworkAddress[] | undefined;
  readonly addNodes: readonly AddedNode[];
  readonly maxConnections: number;
  /** Of the inbound places, those for peers that want transactions, in percent. */
  readonly inboundRelayPercent: number;
  /** False until it is switched on: nobody is dialled, and nobody let in. */
  readonly networkActive: boolean;
  /** The encrypted transport is tried first with whoever may speak it. */
  readonly v2Transport: boolean;
  /** Admits loopback addresses, and waits less. */
  readonly localPeers: boolean;
  /** Our own addresses. */
  readonly advertise: readonly NetworkAddress[];
}

/** How a connection is to be made that is not of the choice between known addresses. */
export interface DialWish {
  /** Left out: as the node's option has it. */
  readonly wantsV2?: boolean | undefined;
  /** Left out: as its network is reached. */
  readonly route?: Route | undefined;
}

/** Waits after failures with those of our own choice: the book may have no others. */
const AUTOMATIC_WAIT = { first: minutes(1), longest: minutes(60) };

const NO_DIALS: readonly Dial[] = [];

export class ConnectionManager {
  readonly limits: ConnectionLimits;
  readonly #ports: ConnectionManagerPorts;
  readonly #settings: ConnectionSettings;
  readonly #named: NamedNodes;
  readonly #own: OwnAddresses;
  /** With those that are being dialled. */
  readonly #open: OpenConnections;
  /** Without them. */
  readonly #connected: OpenConnections;
  readonly #pending: PendingDials;
  readonly #choice: OutboundChoice;
  /** Of those that we chose: who failed or left is not dialled again at once. */
  readonly #backoff: DialBackoff;
  readonly #door: InboundDoor;
  #isNetworkActive: boolean;
  #wakeAt: Instant | undefined;

  constructor(ports: ConnectionManagerPorts, settings: ConnectionSettings) {
    const { clock } = ports;
    const { localPeers, connectOnly, maxConnections } = settings;
    this.#ports = ports;
    this.#settings = settings;
    this.limits = connectionLimits(maxConnections, localPeers);
    this.#isNetworkActive = settings.networkActive;
    this.#named = new NamedNodes(clock, { localPeers, isOnly: connectOnly !== undefined });
    for (const address of connectOnly ?? []) this.#named.add(address, undefined);
    for (const { address, text = formatAddress(address) } of settings.addNodes) this.#named.add(address, text);
    this.#own = new OwnAddresses(settings.advertise);
    this.#backoff = new DialBackoff(clock, localPeers ? LOCAL_WAIT : AUTOMATIC_WAIT);
    this.#open = new OpenConnections(ports.netGroups);
    this.#connected = new OpenConnections(ports.netGroups);
    this.#pending = new PendingDials({ ...ports, open: this.#open, connected: this.#connected }, settings);
    const isExcluded = (address: NetworkAddress): boolean => this.#isExcluded(address);
    const search = new AddressSearch({ ...ports, open: this.#open, isExcluded }, localPeers);
    const choicePorts = { ...ports, open: this.#open, search };
    this.#choice = new OutboundChoice(choicePorts, this.limits, localPeers, ports.anchors);
    const { inbound } = this.limits;
    const relaying = Math.floor((inbound * settings.inboundRelayPercent) / 100);
    // Nodes of one machine may well all start at once.
    const pending = localPeers ? inbound : pendingHandshakesMax(inbound);
    this.#door = new InboundDoor(ports, { all: inbound, relaying, pending });
    this.#wakeAt = clock.now();
  }

  /** When `decide` next has something to say, should nothing be told until then. */
  wakeAt(): Instant | undefined {
    return this.#isNetworkActive ? earlier(this.#wakeAt, this.#choice.newsAt()) : undefined;
  }

  /** Whom to dial now. Each is out until `opened` or `failed` is called with it. */
  decide(): readonly Dial[] {
    const now = this.#ports.clock.now();
    const wakeAt = this.wakeAt();
    if (wakeAt === undefined || now < wakeAt) return NO_DIALS;
    const newsAt = this.#choice.newsAt();
    if (newsAt !== undefined && newsAt <= now) this.#choice.changed();
    this.#wakeAt = undefined;
    return [...this.#dueNamed(), ...this.#chosen(now)];
  }

  /** A connection is open, and among the owner's peers; `dial`: what it came of, unless it came in. */
  opened(peer: Peer, dial: Dial | undefined): void {
    if (dial !== undefined) this.#pending.ended(dial, true);
    this.#open.add(peer);
    this.#connected.add(peer);
    if (peer.isInbound) return this.#door.opened(peer);
    this.#changed();
  }

  /** `isProxyFault`: nothing went as far as the address, of which it says nothing then. */
  failed(dial: Dial, isProxyFault = false): void {
    this.#pending.ended(dial, !isProxyFault);
    if (dial.type === "manual") this.#named.failed(dial.address);
    else this.#backoff.failed(dialKey(dial.address));
    this.#changed();
  }

  /** A handshake is complete. Returns who has to go on account of it. */
  ready(peer: Peer): PeerId | undefined {
    return peer.isInbound ? this.#door.ready(peer) : undefined;
  }

  /** A connection is gone, and no longer among the owner's peers. */
  closed(peer: Peer): void {
    this.#open.remove(peer);
    this.#connected.remove(peer);
    if (peer.isInbound) return this.#door.closed(peer);
    if (peer.type === "manual") this.#named.closed(peer);
    // Of the others, those that are over after a moment have done what they were for.
    else if (LASTING_TYPES.has(peer.type)) this.#backoff.ended(dialKey(peer.address), peer.stats.connectedAt);
    this.#changed();
  }

  /** Whether a connection that has come in may stay. It is not yet among the owner's peers. */
  admit(arrival: Arrival): Admission {
    if (!this.#isNetworkActive) return { type: "refuse", reason: "not accepting new connections" };
    return this.#door.admit(arrival);
  }

  /** Keeps a connection to `address` up from now on, listed as `text`. False when that is already so. */
  addNode(address: NetworkAddress, text?: string, wantsV2?: boolean): boolean {
    const isNew = this.#named.add(address, text, wantsV2);
    if (isNew) this.#changed();
    return isNew;
  }

  /** No longer that which is listed as `text`; a connection that is up stays. False when there is none. */
  removeNode(text: string): boolean {
    return this.#named.remove(text);
  }

  /** Those that the operator added, and that are to be connected at all times. */
  get addedNodes(): readonly NamedNode[] {
    return [...this.#named].filter(({ text }) => text !== undefined);
  }

  /** Dials `address` once, if there is room for another of `type` and nothing forbids it. */
  request(address: NetworkAddress, type: ConnectionType, { wantsV2, route }: DialWish = {}): DialRequest {
    if (!this.#isNetworkActive) return { ok: false, code: "network-inactive" };
    const hasPlace = hasRoom(type, (each) => this.#open.count(each), this.limits);
    if (!hasPlace) return { ok: false, code: "too-many-connections" };
    if (this.#open.has(address)) return { ok: false, code: "already-connected" };
    const dial = this.#pending.start({ address, type, mayBeV2: wantsV2 ?? true, route, isOurChoice: false });
    return { ok: true, dial };
  }

  /** The same once more, in the clear and by the same way: who hung up on a key may not know what it is. */
  retryInClear(dial: Dial): Dial | undefined {
    if (!this.#isNetworkActive || this.#open.has(dial.address)) return undefined;
    return this.#pending.startInClear(dial);
  }

  /** `address` has turned out to be our own. */
  neverDial(address: NetworkAddress): void {
    this.#own.add(address);
  }

  get isNetworkActive(): boolean {
    return this.#isNetworkActive;
  }

  /** While it is not, nobody is dialled, and nobody let in. Who is connected is the owner's to drop. */
  set isNetworkActive(isActive: boolean) {
    this.#isNetworkActive = isActive;
    if (!isActive) return;
    this.#named.forgetFailures();
    this.#changed();
  }

  /** Of full-relay and manual connections. */
  countOfNetwork(network: NetworkName): number {
    return this.#connected.countOfNetwork(network);
  }

  /** Whether the node chooses whom to dial. */
  get choosesPeers(): boolean {
    return this.#settings.connectOnly === undefined;
  }

  get wantsExtraFullRelay(): boolean {
    return this.#choice.wantsExtraFullRelay;
  }

  /** Whether one more full-relay peer is to be looked for, since no block comes. */
  set wantsExtraFullRelay(wants: boolean) {
    this.#choice.wantsExtraFullRelay = wants;
    if (wants) this.#changed();
  }

  /** We have caught up with the chain, for the first time: block-relay peers change from now on. */
  caughtUp(): void {
    this.#choice.caughtUp();
    this.#changed();
  }

  /** Those that the operator named and that are neither up nor tried too recently. */
  #dueNamed(): readonly Dial[] {
    const isBusy = (address: NetworkAddress): boolean =>
      this.#open.has(address) || this.#own.has(address);
    const { nodes, wakeAt } = this.#named.due(isBusy);
    this.#wakeAt = earlier(this.#wakeAt, wakeAt);
    const dials: Dial[] = [];
    for (const { address, wantsV2 } of nodes) {
      // Who waits for a place is dialled when one is free.
      if (!this.#hasRoomForNamed()) break;
      const plan = { address, type: "manual", mayBeV2: wantsV2 ?? true, isOurChoice: false } as const;
      dials.push(this.#pending.start(plan));
    }
    return dials;
  }

  #hasRoomForNamed(): boolean {
    return !this.choosesPeers || this.#open.count("manual") < ADDED_MAX;
  }

  #chosen(now: Instant): readonly Dial[] {
    const dials: Dial[] = [];
    if (!this.choosesPeers) return dials;
    for (let find = this.#choice.next(now); find !== undefined; find = this.#choice.next(now)) {
      dials.push(this.#startFound(find));
    }
    this.#wakeAt = earlier(this.#wakeAt, this.#choice.wakeAt(now));
    return dials;
  }

  #startFound({ slot, known: { address, services } }: OutboundFind): Dial {
    const mayBeV2 = (services & NODE_P2P_V2) !== 0n;
    return this.#pending.start({ address, type: typeOfSlot(slot), mayBeV2, isOurChoice: true });
  }

  /** Not to be dialled as one of our own choice. */
  #isExcluded(address: NetworkAddress): boolean {
    return this.#own.has(address) || this.#named.has(address) || !this.#backoff.isDue(dialKey(address));
  }

  #changed(): void {
    this.#wakeAt = this.#ports.clock.now();
    this.#choice.changed();
  }
}
