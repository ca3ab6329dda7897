/**
 * The node's side of its connections: sockets' news in, messages to the protocols, effects out.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import type { Without } from "../base/defences.ts";
import type { Logger } from "../base/logger.ts";
import type { Rng } from "../base/rng.ts";
import type { Clock, Instant } from "../base/time.ts";
import { earlier } from "../base/time.ts";
import type { FileRange } from "../chain/chain_state.ts";
import { Connection, type ConnectionPorts } from "../peer/connection.ts";
import type { DisconnectReason } from "../peer/disconnect_reason.ts";
import { Handshaker } from "../peer/handshaker.ts";
import { InactivityWatch } from "../peer/inactivity.ts";
import type { Introduction } from "../peer/introduction.ts";
import { KeyExchanges } from "../peer/key_exchanges.ts";
import { punish } from "../peer/misbehaviour.ts";
import type { ConnectionType, Peer, PeerId, Permission } from "../peer/peer.ts";
import { NO_PERMISSIONS, permissionsOf } from "../peer/permissions.ts";
import { formatAddress } from "../primitives/host_text.ts";
import { equalAddresses, type NetworkAddress, type NetworkHost } from "../primitives/network_address.ts";
import type { Outbox, Protocol } from "../protocol/protocol.ts";
import { makeTransport } from "../transport/make_transport.ts";
import type { V2Ports } from "../transport/v2_transport.ts";
import type { Message, MessageType } from "../wire/message.ts";
import type { CloseReason } from "./close_reason.ts";
import type { NodeEffect } from "./effect.ts";
import type { NodeEventBody } from "./event.ts";
import { MessageCapture } from "./message_capture.ts";
import { effortOf, effortOfSending, TURN_EFFORT_MAX } from "./message_effort.ts";
import type { NodeOptions } from "./node_options.ts";
import { PASSES_PER_TURN, PassRounds } from "./pass_rounds.ts";
import { PeerTable } from "./peer_table.ts";
import { Unflushed } from "./unflushed.ts";
import type { UploadTarget } from "./upload_target.ts";

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
  /** What we were to speak, when we dialled. */
  readonly transport: "v1" | "v2" | undefined;
}

/** A connection that is being closed, and why. */
interface Leaving {
  readonly connection: Connection;
  readonly reason: CloseReason;
  /** The socket's words, when the connection was lost. */
  readonly detail?: string;
}

/** Peers that go on account of better ones. */
const EVICTIONS: ReadonlySet<CloseReason> = new Set<CloseReason>(["evicted", "extra-outbound"]);

export interface PeeringPorts {
  readonly options: NodeOptions;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  /** All conversations, as one. */
  readonly protocols: Protocol & { passDue(peer: Peer): void };
  readonly uploads: UploadTarget;
  readonly without: Without;
  /** Addresses that are likely in one hand have one. */
  groupOf(address: NetworkAddress): string;
  introduction(): Introduction;
  effect(effect: NodeEffect): void;
  event(body: NodeEventBody): void;
  load(range: FileRange, done: (bytes: Bytes | undefined) => void): void;
  /** For whoever chooses connections. */
  selfFound(address: NetworkAddress): void;
  /** It misbehaved from there. */
  discourage(host: NetworkHost): void;
  met(connection: Connection): void;
  ready(connection: Connection): void;
  closed(connection: Connection): void;
}

export class Peering implements Outbox {
  readonly #ports: PeeringPorts;
  readonly #table = new PeerTable();
  readonly #handshaker: Handshaker;
  readonly #inactivity: InactivityWatch;
  readonly #exchanges: KeyExchanges;
  readonly #transportPorts: V2Ports;
  /** Being closed: forgotten at the end of the turn, when no protocol is in the middle of anything. */
  readonly #leaving: Leaving[] = [];
  /** Each peer that the protocols were told of. */
  readonly #introduced = new Set<Connection>();
  readonly #rounds = new PassRounds();
  readonly #unflushed = new Unflushed();
  readonly #capture: Pick<ConnectionPorts, "capture">;
  readonly #takes: ReadonlySet<MessageType>;
  /** Of connections that are gone. */
  #pastBytes: ByteTotals = { sent: 0, received: 0 };

  constructor(ports: PeeringPorts) {
    this.#ports = ports;
    const { rng, logger, clock, options, without } = ports;
    this.#handshaker = new Handshaker({
      rng,
      logger,
      without,
      outbox: this,
      introduction: () => ports.introduction(),
      met: (connection) => ports.met(connection),
      selfFound: (address) => ports.selfFound(address),
    });
    this.#inactivity = new InactivityWatch({ clock, logger }, options.peerTimeout);
    this.#takes = new Set(ports.protocols.takes);
    this.#capture = options.capturesMessages ? captureBy(ports) : {};
    this.#exchanges = new KeyExchanges(clock, (address) => {
      return without.has("exchange-groups") ? "" : ports.groupOf(address);
    });
    this.#transportPorts = { magic: options.params.magic, rng };
  }

  get(id: PeerId): Connection | undefined {
    return this.#table.get(id);
  }

  all(): Iterable<Connection> {
    return this.#table.all();
  }

  /** Connections of a type whose handshakes are over. */
  countReady(type: ConnectionType): number {
    let count = 0;
    for (const connection of this.all()) if (connection.type === type && connection.isReady) count++;
    return count;
  }

  /** Bytes on all connections, those that are gone counted. */
  get byteTotals(): ByteTotals {
    let totals = this.#pastBytes;
    for (const connection of this.all()) totals = withBytesOf(totals, connection);
    return totals;
  }

  /** Whether a message could be taken at once. */
  get hasWork(): boolean {
    return this.#table.hasBusy || this.#unflushed.hasFull;
  }

  wakeAt(): Instant | undefined {
    const wakeAt = earlier(this.#inactivity.wakeAt(), this.#ports.protocols.wakeAt());
    return earlier(wakeAt, this.#exchanges.wakeAt());
  }

  /** What a connection may do: those of our own choice have nothing that others have not. */
  permissionsOf({ type, remote, local }: Pick<Opening, "type" | "remote" | "local">): ReadonlySet<Permission> {
    const { permissionRules, bindPermissionRules } = this.#ports.options;
    const isInbound = type === "inbound";
    if (!isInbound && type !== "manual") return NO_PERMISSIONS;
    // Over Tor all seem to come from our own address, which then says nothing of who they are.
    const rules = this.#isOverTor(type, local) ? [] : permissionRules;
    return permissionsOf({ remote, local, isInbound }, rules, bindPermissionRules);
  }

  opened({ id, type, remote, local, transport }: Opening): Connection {
    const { options, clock, logger, event } = this.#ports;
    const permissions = this.permissionsOf({ type, remote, local });
    const over = this.#isOverTor(type, local) ? { network: "onion" as const } : {};
    const opening = { id, type, address: remote, local, permissions, ...over };
    const speech = transport ?? (options.v2Transport ? "theirs" : "v1");
    const connection = new Connection(opening, makeTransport(speech, this.#transportPorts), {
      clock, logger, takes: this.#takes, queueLimits: options.queueLimits, ...this.#capture,
    });
    this.#table.add(connection);
    this.#inactivity.opened(connection);
    event({ type: "peer:open", data: { peer: id, address: formatAddress(remote), connection: type } });
    this.#handshaker.opened(connection);
    this.#arrived(connection, undefined);
    return connection;
  }

  received(id: PeerId, bytes: Bytes): void {
    const connection = this.#table.get(id);
    // What was on its way when we closed.
    if (connection === undefined) return;
    this.#arrived(connection, connection.receive(bytes));
  }

  /** Some of the key exchanges that are due: once in a turn of the loop, since they take long. */
  exchangeKeys(): void {
    for (const connection of this.#exchanges.take()) this.#arrived(connection, connection.work());
  }

  /** Of what was sent in the step before: there is no other input between. */
  choked(id: PeerId): void {
    const connection = this.#table.get(id);
    if (connection === undefined) return;
    connection.choked();
    this.#unflushed.delete(connection);
  }

  /** What was sent in the step before has gone out, but to those that were `choked`. */
  flushed(): void {
    const released = this.#unflushed.flush();
    for (const connection of released) this.#table.touched(connection);
    this.#rounds.start("all", released.filter((connection) => this.#introduced.has(connection)));
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
    if (connection === undefined || connection.isClosing) return;
    this.#leave({ connection, reason: "connection-lost", detail: reason });
  }

  /** Takes messages, one a peer in turn, until none is left or the turn has been long enough. */
  work(): void {
    const most = this.#ports.without.has("turn-effort") ? Number.POSITIVE_INFINITY : TURN_EFFORT_MAX;
    let effort = 0;
    while (effort < most) {
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
    if (!this.#rounds.isOver("due") || wakeAt === undefined || wakeAt > clock.now()) return;
    protocols.woken();
    this.#rounds.start("due", this.#introduced);
  }

  /** Something that concerns all peers has changed. */
  passAll(): void {
    this.#rounds.start("all", this.#introduced);
  }

  get hasPasses(): boolean {
    return this.#rounds.hasWork;
  }

  /**
   * Goes on with passing over peers. When there are many, only in turns of the loop that are for it
   * (`isWoken`): many inputs may come between two of them.
   */
  passSome(isWoken: boolean): void {
    if (!isWoken && this.#introduced.size > PASSES_PER_TURN) return;
    let effort = 0;
    for (const [kind, connection] of this.#rounds.take(PASSES_PER_TURN)) {
      const { bytesSent } = connection.stats;
      if (kind === "all") this.#pass(connection);
      else if (connection.isReady) this.#ports.protocols.passDue(connection);
      effort += effortOfSending(connection.stats.bytesSent - bytesSent);
      if (effort >= TURN_EFFORT_MAX) return;
    }
  }

  /** Forgets the peers that left in this turn. Until none leaves on account of another. */
  forgetLeaving(): void {
    for (let left = this.#leaving.shift(); left !== undefined; left = this.#leaving.shift()) {
      const { connection, ...why } = left;
      this.#table.delete(connection);
      this.#pastBytes = withBytesOf(this.#pastBytes, connection);
      this.#inactivity.closed(connection);
      this.#exchanges.closed(connection);
      this.#rounds.closed(connection);
      this.#unflushed.delete(connection);
      if (this.#introduced.delete(connection)) this.#ports.protocols.closed(connection);
      this.#handshaker.closed(connection);
      this.#ports.closed(connection);
      const address = formatAddress(connection.address);
      this.#ports.event({ type: "peer:closed", data: { peer: connection.id, address, ...why } });
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

  disconnect(peer: Peer, reason: CloseReason): void {
    const connection = this.#connection(peer);
    if (connection === undefined) return;
    this.#ports.effect({ type: "close", peer: connection.id, reason });
    if (EVICTIONS.has(reason)) {
      const { id, address, type } = connection;
      const data = { peer: id, address: formatAddress(address), connection: type };
      this.#ports.event({ type: "peer:evicted", data });
    }
    this.#leave({ connection, reason });
  }

  misbehaving(peer: Peer, what: string): void {
    this.#ports.event({ type: "peer:misbehaved", data: { peer: peer.id, what } });
    const punishment = punish(peer, what, this.#ports.logger);
    if (punishment === "discourage") this.#ports.discourage(peer.address);
    if (punishment !== "keep") this.disconnect(peer, "misbehaviour");
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

  /** It has come in through our onion service. */
  #isOverTor(type: ConnectionType, local: NetworkAddress): boolean {
    return type === "inbound" && this.#ports.options.onionBinds.some((bind) => equalAddresses(bind, local));
  }

  /** Returns how much of a turn it took. */
  #takeMessage(connection: Connection): number {
    const { bytesSent } = connection.stats;
    const incoming = connection.nextMessage();
    if (incoming === undefined) return 0;
    const handling = this.#handshaker.received(connection, incoming);
    if (handling.type === "ready") {
      this.#introduce(connection);
    } else if (handling.type === "message") {
      this.#ports.protocols.received(connection, handling.message);
      this.#pass(connection);
    }
    return effortOf(incoming, connection.stats.bytesSent - bytesSent);
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

  /** Something has come in; `reason`: why the connection is to be closed, if it is. */
  #arrived(connection: Connection, reason: DisconnectReason | undefined): void {
    this.#writeOutput(connection);
    if (reason !== undefined) return this.disconnect(connection, reason);
    this.#exchanges.add(connection);
    this.#table.touched(connection);
    this.#steer(connection);
  }

  /** What the transport says for itself, and messages that it can carry only now. */
  #writeOutput(connection: Connection): void {
    if (connection.isClosing) return;
    this.#write(connection, connection.takeOutput());
  }

  #write(connection: Connection, bytes: Bytes): void {
    if (bytes.length > 0) {
      this.#ports.uploads.sent(bytes.length);
      this.#ports.effect({ type: "send", peer: connection.id, bytes });
      this.#unflushed.sent(connection);
    }
    if (connection.isSendOverflowing) this.disconnect(connection, "send-queue-overflow");
  }

  /** Stops or starts reading, when what waits to be taken asks for it. */
  #steer(connection: Connection): void {
    const change = connection.flowChange();
    if (change !== undefined) this.#ports.effect({ type: change, peer: connection.id });
  }

  #leave(leaving: Leaving): void {
    const { connection, reason, detail } = leaving;
    connection.close();
    this.#ports.logger.debug("net", () => {
      return `disconnecting peer=${connection.id}: ${reason}${detail === undefined ? "" : ` (${detail})`}`;
    });
    this.#leaving.push(leaving);
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

function captureBy({ clock, effect }: PeeringPorts): Pick<ConnectionPorts, "capture"> {
  const capture = new MessageCapture(clock, (name, bytes) => effect({ type: "append", name, bytes }));
  return { capture: (...message) => capture.note(...message) };
}
