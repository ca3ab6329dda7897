/**
 * The node's side of its connections: sockets' news in, messages to the protocols, effects out.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import type { Rng } from "../base/rng.ts";
import type { Clock, Instant } from "../base/time.ts";
import { earlier } from "../base/time.ts";
import type { FileRange } from "../chain/chain_state.ts";
import { Connection } from "../peer/connection.ts";
import { Handshaker } from "../peer/handshaker.ts";
import { InactivityWatch } from "../peer/inactivity.ts";
import type { Introduction } from "../peer/introduction.ts";
import { punish } from "../peer/misbehaviour.ts";
import type { ConnectionType, Peer, PeerId } from "../peer/peer.ts";
import { permissionsOf } from "../peer/permissions.ts";
import { formatAddress } from "../primitives/host_text.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import type { Outbox, Protocol } from "../protocol/protocol.ts";
import { V1Transport } from "../transport/v1_transport.ts";
import type { Message, MessageType } from "../wire/message.ts";
import type { NodeEffect } from "./effect.ts";
import type { NodeEventBody } from "./event.ts";
import type { NodeOptions } from "./node_options.ts";
import { PeerTable } from "./peer_table.ts";

/**
 * Work done on messages in one turn, so that none holds the loop: headers and long blocks take
 * milliseconds, the rest microseconds.
 */
const TURN_EFFORT_MAX = 64;
const EFFORT: Partial<Record<MessageType, number>> = { block: 4, headers: 16, addr: 4, addrv2: 4, inv: 4 };
/** Bytes of a block that are as much work again as a short message: a megabyte fills a turn. */
const BLOCK_BYTES_PER_EFFORT = 16_384;

export interface ByteTotals {
  readonly sent: number;
  readonly received: number;
}

/** A socket that has just opened. */
export interface Opening {
  readonly id: PeerId;
  readonly type: ConnectionType;
  readonly remote: NetworkAddress;
  readonly local: NetworkAddress;
}

export interface PeeringPorts {
  readonly options: NodeOptions;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  /** All conversations, as one. */
  readonly protocols: Protocol & { passDue(peer: Peer): void };
  introduction(): Introduction;
  effect(effect: NodeEffect): void;
  event(body: NodeEventBody): void;
  load(range: FileRange, done: (bytes: Bytes | undefined) => void): void;
  /** For whoever chooses connections. */
  selfFound(address: NetworkAddress): void;
  ready(connection: Connection): void;
  closed(connection: Connection): void;
}

export class Peering implements Outbox {
  readonly #ports: PeeringPorts;
  readonly #table = new PeerTable();
  readonly #handshaker: Handshaker;
  readonly #inactivity: InactivityWatch;
  /** Being closed: forgotten at the end of the turn, when no protocol is in the middle of anything. */
  readonly #leaving: { readonly connection: Connection; readonly reason: string }[] = [];
  /** Each peer that the protocols were told of. */
  readonly #introduced = new Set<Connection>();
  /** Of connections that are gone. */
  #pastBytes: ByteTotals = { sent: 0, received: 0 };

  constructor(ports: PeeringPorts) {
    this.#ports = ports;
    const { rng, logger, clock, options } = ports;
    this.#handshaker = new Handshaker({
      rng,
      logger,
      outbox: this,
      introduction: () => ports.introduction(),
      selfFound: (address) => ports.selfFound(address),
    });
    this.#inactivity = new InactivityWatch({ clock, logger }, options.peerTimeout);
  }

  get size(): number {
    return this.#table.size;
  }

  get(id: PeerId): Connection | undefined {
    return this.#table.get(id);
  }

  all(): Iterable<Connection> {
    return this.#table.all();
  }

  /** Bytes on all connections, those that are gone counted. */
  get byteTotals(): ByteTotals {
    let totals = this.#pastBytes;
    for (const connection of this.all()) totals = withBytesOf(totals, connection);
    return totals;
  }

  /** Whether a message could be taken at once. */
  get hasWork(): boolean {
    return this.#table.hasBusy;
  }

  wakeAt(): Instant | undefined {
    return earlier(this.#inactivity.wakeAt(), this.#ports.protocols.wakeAt());
  }

  opened({ id, type, remote, local }: Opening): Connection {
    const { options, clock, logger, event } = this.#ports;
    const isInbound = type === "inbound";
    const { permissionRules, bindPermissionRules } = options;
    const permissions = permissionsOf({ remote, local, isInbound }, permissionRules, bindPermissionRules);
    const opening = { id, type, address: remote, local, permissions };
    const connection = new Connection(opening, new V1Transport(options.params.magic), { clock, logger });
    this.#table.add(connection);
    this.#inactivity.opened(connection);
    event({ type: "peer:open", data: { peer: id, address: formatAddress(remote), connection: type } });
    this.#handshaker.opened(connection);
    return connection;
  }

  received(id: PeerId, bytes: Bytes): void {
    const connection = this.#table.get(id);
    // What was on its way when we closed.
    if (connection === undefined) return;
    const reason = connection.receive(bytes);
    if (reason !== undefined) return this.disconnect(connection, reason);
    this.#table.touched(connection);
    this.#steer(connection);
  }

  choked(id: PeerId): void {
    this.#table.get(id)?.choked();
  }

  drained(id: PeerId): void {
    const connection = this.#table.get(id);
    if (connection === undefined) return;
    connection.drained();
    this.#table.touched(connection);
    if (connection.isReady) this.#ports.protocols.pass(connection);
  }

  /** The socket is gone. */
  lost(id: PeerId, reason: string): void {
    const connection = this.#table.get(id);
    if (connection !== undefined && !connection.isClosing) this.#leave(connection, reason);
  }

  /** Takes messages, one a peer in turn, until none is left or the turn has been long enough. */
  work(): void {
    let effort = 0;
    while (effort < TURN_EFFORT_MAX) {
      const connection = this.#table.takeBusy();
      if (connection === undefined) return;
      effort += this.#takeMessage(connection);
      this.#table.touched(connection);
      this.#steer(connection);
    }
  }

  /** What is due now: silent peers go, protocols whose time has come are told. */
  runTimers(): void {
    for (const { connection, reason } of this.#inactivity.expired()) this.disconnect(connection, reason);
    const { protocols, clock } = this.#ports;
    const wakeAt = protocols.wakeAt();
    if (wakeAt === undefined || wakeAt > clock.now()) return;
    protocols.woken();
    for (const connection of this.#introduced) if (connection.isReady) protocols.passDue(connection);
  }

  /** Something that concerns all peers has changed. */
  passAll(): void {
    for (const connection of this.#introduced) this.#pass(connection);
  }

  /** Forgets the peers that left in this turn. Until none leaves on account of another. */
  forgetLeaving(): void {
    for (let left = this.#leaving.shift(); left !== undefined; left = this.#leaving.shift()) {
      const { connection, reason } = left;
      this.#table.delete(connection);
      this.#pastBytes = withBytesOf(this.#pastBytes, connection);
      this.#inactivity.closed(connection);
      if (this.#introduced.delete(connection)) this.#ports.protocols.closed(connection);
      this.#handshaker.closed(connection);
      this.#ports.closed(connection);
      const address = formatAddress(connection.address);
      this.#ports.event({ type: "peer:closed", data: { peer: connection.id, address, reason } });
    }
  }

  send(peer: Peer, message: Message): void {
    const connection = this.#connection(peer);
    if (connection !== undefined) this.#write(connection, connection.send(message));
  }

  /** As `send`, for what the operator wants sent. */
  sendRaw(connection: Connection, type: string, payload: Bytes): void {
    this.#write(connection, connection.sendRaw(type, payload));
  }

  disconnect(peer: Peer, reason: string): void {
    const connection = this.#connection(peer);
    if (connection === undefined) return;
    this.#ports.effect({ type: "close", peer: connection.id, reason });
    this.#leave(connection, reason);
  }

  misbehaving(peer: Peer, what: string): void {
    this.#ports.event({ type: "peer:misbehaved", data: { peer: peer.id, what } });
    // There is no list of discouraged addresses yet: to be dropped is all that it costs.
    if (punish(peer, what, this.#ports.logger) !== "keep") this.disconnect(peer, "misbehaviour");
  }

  park(peer: Peer): void {
    this.#connection(peer)?.park();
  }

  unpark(peer: Peer): void {
    const connection = this.#connection(peer);
    if (connection === undefined) return;
    connection.unpark();
    this.#table.touched(connection);
  }

  load(range: FileRange, done: (bytes: Bytes | undefined) => void): void {
    this.#ports.load(range, done);
  }

  /** Returns how much of a turn it took. */
  #takeMessage(connection: Connection): number {
    const incoming = connection.nextMessage();
    if (incoming === undefined) return 0;
    const handling = this.#handshaker.received(connection, incoming);
    switch (handling.type) {
      case "done":
        return 1;
      case "ready":
        this.#introduce(connection);
        return 1;
      case "message":
        this.#ports.protocols.received(connection, handling.message);
        this.#pass(connection);
        return effortOf(handling.message);
    }
  }

  #introduce(connection: Connection): void {
    if (!connection.isReady) return;
    const { id, address, type, features } = connection;
    this.#introduced.add(connection);
    this.#ports.ready(connection);
    this.#ports.event({
      type: "peer:ready",
      data: {
        peer: id,
        address: formatAddress(address),
        connection: type,
        userAgent: features.userAgent,
        services: features.services.toString(16).padStart(16, "0"),
        height: features.startHeight,
      },
    });
    this.#ports.protocols.ready(connection);
    this.#pass(connection);
  }

  #pass(connection: Connection): void {
    if (connection.isReady) this.#ports.protocols.pass(connection);
  }

  #write(connection: Connection, bytes: Bytes): void {
    this.#ports.effect({ type: "send", peer: connection.id, bytes });
    if (connection.isSendOverflowing) this.disconnect(connection, "send-queue-overflow");
  }

  /** Stops or starts reading, when what waits to be taken asks for it. */
  #steer(connection: Connection): void {
    const change = connection.flowChange();
    if (change !== undefined) this.#ports.effect({ type: change, peer: connection.id });
  }

  #leave(connection: Connection, reason: string): void {
    connection.close();
    this.#ports.logger.debug("net", () => `disconnecting peer=${connection.id}: ${reason}`);
    this.#leaving.push({ connection, reason });
  }

  /** The connection of a peer that is not on its way out. */
  #connection(peer: Peer): Connection | undefined {
    const connection = this.#table.get(peer.id);
    assert(connection === undefined || connection === peer, "a peer is its connection");
    return connection === undefined || connection.isClosing ? undefined : connection;
  }
}

function withBytesOf({ sent, received }: ByteTotals, { stats }: Connection): ByteTotals {
  return { sent: sent + stats.bytesSent, received: received + stats.bytesReceived };
}

function effortOf(message: Message): number {
  const effort = EFFORT[message.type] ?? 1;
  if (message.type !== "block") return effort;
  return effort + Math.floor(message.value.block.bytes.length / BLOCK_BYTES_PER_EFFORT);
}
