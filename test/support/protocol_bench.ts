import { assert } from "../../src/base/assert.ts";
import { fromHex } from "../../src/base/bytes.ts";
import type { Logger } from "../../src/base/logger.ts";
import { type Duration, type Instant, seconds, type UnixSeconds } from "../../src/base/time.ts";
import type { FileRange } from "../../src/chain/chain_ports.ts";
import type { ConnectionType, Peer, PeerFeatures, PeerId, Permission } from "../../src/peer/peer.ts";
import type { NetworkAddress } from "../../src/primitives/network_address.ts";
import type { Outbox, Protocol } from "../../src/protocol/protocol.ts";
import { VirtualClock } from "../../src/sim/virtual_clock.ts";
import type { Message, MessageType } from "../../src/wire/message.ts";
import { NODE_NETWORK, NODE_WITNESS } from "../../src/wire/services.ts";

export const START = 1_700_000_000 as UnixSeconds;

/** A peer whose handshake is complete. */
export interface FakePeer extends Peer {
  readonly features: PeerFeatures;
  isReady: boolean;
  isSendFull: boolean;
}

interface PeerOptions {
  readonly type?: ConnectionType;
  readonly permissions?: readonly Permission[];
  readonly features?: Partial<PeerFeatures>;
  readonly address?: NetworkAddress;
  readonly local?: NetworkAddress;
}

/** A read that was asked for. */
interface Load {
  readonly range: FileRange;
  readonly done: (bytes: Uint8Array | undefined) => void;
}

/** Something that a protocol wanted done to a peer. */
export type Happening =
  | { readonly type: "sent"; readonly peer: PeerId; readonly message: Message }
  | { readonly type: "disconnected"; readonly peer: PeerId; readonly reason: string }
  | { readonly type: "misbehaved"; readonly peer: PeerId; readonly what: string }
  | { readonly type: "parked" | "unparked"; readonly peer: PeerId };

/** Protocols under test, a clock moved by hand, and a record of all that was asked of the outbox. */
export class ProtocolBench implements Outbox {
  readonly clock = new VirtualClock(START);
  readonly peers = new Map<PeerId, FakePeer>();
  readonly protocols: Protocol[] = [];
  readonly log: string[] = [];
  readonly logger: Logger;
  readonly parked = new Set<PeerId>();
  /** Each `park` has its `unpark`. */
  readonly #parks = new Map<PeerId, number>();
  readonly loads: Load[] = [];
  happenings: Happening[] = [];
  #nextId = 0;

  constructor() {
    const note = (text: string): void => void this.log.push(text);
    this.logger = {
      info: note, warning: note, error: note,
      debug: (_category, text) => note(text()),
      trace: () => {},
    };
  }

  open(
    { type = "inbound", permissions = [], features = {}, address, local = LOOPBACK }: PeerOptions = {},
  ): FakePeer {
    const id = this.#nextId++ as PeerId;
    const peer: FakePeer = {
      id,
      type,
      isInbound: type === "inbound",
      address: address ?? { network: "ipv4", bytes: Uint8Array.of(203, 1, 100, id), port: 8333 },
      local,
      network: (address ?? { network: "ipv4" as const }).network,
      permissions: new Set(permissions),
      transportType: "v1",
      sessionId: undefined,
      features: {
        version: 70_016, services: NODE_NETWORK | NODE_WITNESS, userAgent: "/fake/", startHeight: 0,
        relay: true, wtxidRelay: true, addrV2: true, sendHeaders: false, compactBlocks: 0, timeOffset: 0,
        ...features,
      },
      stats: {
        connectedAt: this.clock.now(), bytesSent: 0, bytesReceived: 0, lastSend: 0 as Instant,
        lastReceive: 0 as Instant, sentByType: new Map(), receivedByType: new Map(), lastBlockAt: undefined,
        lastTransactionAt: undefined, pingTime: undefined, minPing: undefined, pingSentAt: undefined,
      },
      isReady: true,
      isSendFull: false,
    };
    this.peers.set(id, peer);
    for (const protocol of this.protocols) protocol.ready(peer);
    for (const protocol of this.protocols) protocol.pass(peer);
    return peer;
  }

  /** `peer` says this. */
  from(peer: Peer, message: Message): void {
    if (!this.peers.has(peer.id)) return;
    for (const protocol of this.protocols) if (this.peers.has(peer.id)) protocol.received(peer, message);
    for (const protocol of this.protocols) if (this.peers.has(peer.id)) protocol.pass(peer);
  }

  close(peer: Peer): void {
    if (!this.peers.delete(peer.id)) return;
    for (const protocol of this.protocols) protocol.closed(peer);
  }

  /** Lets `length` pass; nobody hears of it but at the times that they asked for. */
  advance(length: Duration): void {
    const until = this.clock.now() + length;
    for (let at = this.#wakeAt(); at !== undefined && at <= until; at = this.#wakeAt()) {
      if (at > this.clock.now()) this.clock.advanceTo(at);
      this.wake();
    }
    this.clock.advanceTo(until as Instant);
  }

  /** What the node does when it is woken. */
  wake(): void {
    for (const protocol of this.protocols) protocol.woken();
    this.passAll();
  }

  passAll(): void {
    for (const peer of [...this.peers.values()]) {
      for (const protocol of this.protocols) if (this.peers.has(peer.id)) protocol.pass(peer);
    }
  }

  /** A second, in which all that is due happens. */
  settle(): void {
    this.advance(seconds(1));
  }

  sent<T extends MessageType>(peer: Peer, type: T): readonly Message<T>["value"][] {
    const values: Message<T>["value"][] = [];
    for (const each of this.happenings) {
      if (each.type !== "sent" || each.peer !== peer.id || each.message.type !== type) continue;
      values.push(each.message.value as Message<T>["value"]);
    }
    return values;
  }

  /** Reasons for which `peer` was dropped. */
  dropped(peer: Peer): readonly string[] {
    const isIt = (each: Happening) => each.type === "disconnected" && each.peer === peer.id;
    return this.happenings.filter(isIt).map((each) => (each as { readonly reason: string }).reason);
  }

  misbehaved(peer: Peer): readonly string[] {
    const isIt = (each: Happening) => each.type === "misbehaved" && each.peer === peer.id;
    return this.happenings.filter(isIt).map((each) => (each as { readonly what: string }).what);
  }

  logged(part: string): boolean {
    return this.log.some((line) => line.includes(part));
  }

  forget(): void {
    this.happenings = [];
    this.log.length = 0;
  }

  send(peer: Peer, message: Message): void {
    this.happenings.push({ type: "sent", peer: peer.id, message });
  }

  disconnect(peer: Peer, reason: string): void {
    this.happenings.push({ type: "disconnected", peer: peer.id, reason });
    this.close(peer);
  }

  misbehaving(peer: Peer, what: string): void {
    this.happenings.push({ type: "misbehaved", peer: peer.id, what });
  }

  park(peer: Peer): void {
    this.parked.add(peer.id);
    this.#parks.set(peer.id, (this.#parks.get(peer.id) ?? 0) + 1);
    this.happenings.push({ type: "parked", peer: peer.id });
  }

  unpark(peer: Peer): void {
    const left = (this.#parks.get(peer.id) ?? 0) - 1;
    assert(left >= 0, "only what was parked is unparked");
    this.#parks.set(peer.id, left);
    if (left === 0) this.parked.delete(peer.id);
    this.happenings.push({ type: "unparked", peer: peer.id });
  }

  load(range: FileRange, done: (bytes: Uint8Array | undefined) => void): void {
    this.loads.push({ range, done });
  }

  #wakeAt(): Instant | undefined {
    let first: Instant | undefined;
    for (const protocol of this.protocols) {
      const at = protocol.wakeAt();
      if (at !== undefined && (first === undefined || at < first)) first = at;
    }
    return first;
  }
}

/** 1.2.3.`last`, on port 8333. */
export function routable(last: number, third = 3): NetworkAddress {
  return { network: "ipv4", bytes: Uint8Array.of(1, 2, third, last), port: 8333 };
}

export const LOOPBACK: NetworkAddress = { network: "ipv4", bytes: fromHex("7f000001"), port: 18_444 };
