import { assert } from "../base/assert.ts";
import { type Bytes, concatBytes, NO_BYTES } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import { sanitize } from "../base/safe_text.ts";
import type { Clock } from "../base/time.ts";
import { isRoutable, type NetworkAddress, type NetworkName } from "../primitives/network_address.ts";
import type {
  RawMessage, ReceivedMessage, Transport, TransportError, TransportType,
} from "../transport/transport.ts";
import { V1_HEADER_BYTES } from "../transport/v1_transport.ts";
import { encodeMessage, isMessageType, type Message } from "../wire/message.ts";
import { ConnectionStats, OTHER_TYPES } from "./connection_stats.ts";
import type { DisconnectReason } from "./disconnect_reason.ts";
import { type HandshakeState, isOfHandshake } from "./handshake.ts";
import { NO_FEATURES } from "./introduction.ts";
import type { ConnectionType, Peer, PeerFeatures, PeerId, Permission } from "./peer.ts";
import { type Arrival, type Incoming, readMessage, receiveMessages } from "./read_messages.ts";

/** How much may wait in a connection, in bytes. */
export interface QueueLimits {
  /**
   * With more messages waiting, reading from the socket stops until half of it is worked off, so that a
   * peer that sends faster than we work fills its own buffers (`-maxreceivebuffer`).
   */
  readonly receiveBytes: number;
  /** With more waiting, the peer is served no more until it has read (`-maxsendbuffer`). */
  readonly sendBytes: number;
}

/** Bitcoin Core's. */
export const DEFAULT_QUEUE_LIMITS: QueueLimits = { receiveBytes: 5_000_000, sendBytes: 1_000_000 };

/** What a waiting message takes besides its payload; without it, empty messages would be free. */
const MESSAGE_OVERHEAD_BYTES = 128;

/**
 * With so much more waiting than `sendBytes` the peer is given up on. One that is no longer served
 * still gets what was under way (a block, at most 4 MB) and announcements, which in the twenty minutes
 * until its timeout come nowhere near.
 */
export const SEND_OVERFLOW_BYTES = 15_000_000;

/** More than a key and all the garbage there may be need not be read before the key is. */
const UNREAD_HANDSHAKE_BYTES_MAX = 8_192;

/** Until `Handshaker` has seen it; shared by all. */
const STARTING: HandshakeState = { name: "awaiting-version", nonce: 0n };

/** What is known of a connection when its socket opens. */
export interface ConnectionOpening {
  readonly id: PeerId;
  readonly type: ConnectionType;
  /** The other end of the socket. */
  readonly address: NetworkAddress;
  /** Our end. */
  readonly local: NetworkAddress;
  readonly permissions: ReadonlySet<Permission>;
  /** Left out: that of the address. */
  readonly network?: NetworkName;
}

export interface ConnectionPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Types of messages that the protocols look at. @default all */
  readonly takes?: ReadonlySet<string>;
  /** Is shown each message as it is taken, and as it is sent. */
  readonly capture?: (
    address: NetworkAddress, direction: "recv" | "sent", type: string, payload: Bytes,
  ) => void;
  /** @default DEFAULT_QUEUE_LIMITS */
  readonly queueLimits?: QueueLimits;
}

/**
 * One connection's life, without its socket.
 *
 * ```text
 *   opening ──── handshake complete ───▶ ready
 *      │                                   │
 *      └────────────▶ closing ◀────────────┘
 * ```
 *
 * Bytes go in by `receive` and become messages, which the owner takes one at a time; `send` gives
 * the bytes to write, and `takeOutput` those that the transport has to say for itself. After each
 * of these the owner asks `flowChange` whether to stop or go on reading. Messages are decoded when
 * they are taken, so that what waits is bounded by its bytes.
 */
export class Connection implements Peer {
  readonly id: PeerId;
  readonly type: ConnectionType;
  readonly address: NetworkAddress;
  readonly local: NetworkAddress;
  readonly network: NetworkName | undefined;
  readonly permissions: ReadonlySet<Permission>;
  readonly stats: ConnectionStats;
  features: PeerFeatures = NO_FEATURES;
  /** Our address, as the peer says that it sees it. */
  seenAs: NetworkAddress | undefined = undefined;
  /** Moved on by `Handshaker`. */
  handshake: HandshakeState = STARTING;
  readonly #transport: Transport;
  readonly #ports: ConnectionPorts;
  #isClosing = false;
  #parkCount = 0;
  /** Messages not yet taken stand from `#inboxHead` on. */
  #inbox: ReceivedMessage[] | undefined = undefined;
  #inboxHead = 0;
  #inboxBytes = 0;
  #isPaused = false;
  /** The socket holds more than it likes. */
  #isChoked = false;
  /** Bytes handed over that the socket may still hold: since `choked`, or else since the last `flushed`. */
  #waitingBytes = 0;
  /** Until the transport can carry them. */
  #unsent: RawMessage[] | undefined = undefined;
  #unsentBytes = 0;

  constructor(opening: ConnectionOpening, transport: Transport, ports: ConnectionPorts) {
    this.id = opening.id;
    this.type = opening.type;
    this.address = opening.address;
    this.local = opening.local;
    this.permissions = opening.permissions;
    const { address } = opening;
    this.network = opening.network ?? (isRoutable(address) ? address.network : undefined);
    this.#transport = transport;
    this.#ports = ports;
    this.stats = new ConnectionStats(ports.clock.now());
  }

  get isInbound(): boolean {
    return this.type === "inbound";
  }

  get isReady(): boolean {
    return this.handshake.name === "complete" && !this.#isClosing;
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  get transportType(): TransportType {
    return this.#transport.type;
  }

  get sessionId(): Bytes | undefined {
    return this.#transport.sessionId;
  }

  /** Whether it holds more than it likes; so that there is no `flushed` before it has `drained`. */
  get isChoked(): boolean {
    return this.#isChoked;
  }

  /** What is handed over counts until it is known that the socket has passed it on. */
  get isSendFull(): boolean {
    return this.#waitingBytes > this.#limits.sendBytes;
  }

  /** It reads nothing, or agrees on no keys, and too much waits for it: close it. */
  get isSendOverflowing(): boolean {
    return this.#waitingBytes + this.#unsentBytes > this.#limits.sendBytes + SEND_OVERFLOW_BYTES;
  }

  /**
   * Takes in bytes as they came off the socket.
   *
   * @returns why to close the connection, when the stream is beyond repair
   */
  receive(bytes: Bytes): DisconnectReason | undefined {
    this.stats.bytesReceived += bytes.length;
    this.stats.lastReceive = this.#ports.clock.now();
    if (this.#isClosing) return undefined;
    return this.#arrived(receiveMessages(() => this.#transport.receive(bytes)));
  }

  /** Its transport waits for `work`, and until then reads nothing. */
  get hasWork(): boolean {
    return this.#transport.hasWork && !this.#isClosing;
  }

  /** What takes long in the transport's handshake. Returns as `receive` does. */
  work(): DisconnectReason | undefined {
    return this.#arrived(receiveMessages(() => this.#transport.work()));
  }

  /**
   * It was to be encrypted, and nothing has come back: the peer may be one that only speaks v1, and has
   * hung up on what it does not understand (Bitcoin Core's ShouldReconnectV1).
   */
  get mayOnlySpeakV1(): boolean {
    const { bytesReceived, bytesSent } = this.stats;
    const isUnanswered = this.transportType === "detecting" && bytesReceived === 0;
    return !this.isInbound && isUnanswered && bytesSent >= V1_HEADER_BYTES;
  }

  /** Whether `nextMessage` would give one. A peer that does not read its answers gets no new ones. */
  get hasMessage(): boolean {
    return this.#inbox !== undefined && this.#parkCount === 0 && !this.#isClosing && !this.isSendFull;
  }

  /** The oldest message not yet taken; `undefined` when `hasMessage` is false. */
  nextMessage(): Incoming | undefined {
    if (this.#inbox === undefined || !this.hasMessage) return undefined;
    const received = this.#inbox[this.#inboxHead++] as ReceivedMessage;
    this.#inboxBytes -= inboxBytes(received);
    if (this.#inboxHead === this.#inbox.length) this.#forgetInbox();
    else if (this.#inboxHead >= 1024) this.#inbox.splice(0, this.#takeHead());
    this.#ports.logger.debug("net", () =>
      `received: ${sanitize(received.type)} (${received.payload.length} bytes) peer=${this.id}`);
    this.#ports.capture?.(this.address, "recv", received.type, received.payload);
    return readMessage(received, this.#isTaken(received.type));
  }

  /** Whether to stop or to go on reading from the socket; says each change once. */
  flowChange(): "pause" | "resume" | undefined {
    const { receiveBytes } = this.#limits;
    if (!this.#isPaused && (this.#inboxBytes > receiveBytes || this.#isHolding)) {
      this.#isPaused = true;
      return "pause";
    }
    if (this.#isPaused && this.#inboxBytes <= receiveBytes / 2 && !this.#isHolding) {
      this.#isPaused = false;
      return "resume";
    }
    return undefined;
  }

  /** No message is handed out until each `park` has had its `unpark`. */
  park(): void {
    this.#parkCount += 1;
  }

  unpark(): void {
    assert(this.#parkCount > 0, "only what was parked is unparked");
    this.#parkCount -= 1;
  }

  /** The bytes that carry `message`, to be written to the socket now; none if it has to wait. */
  send(message: Message): Bytes {
    return this.sendRaw(message.type, encodeMessage(message));
  }

  /** As `send`, for a payload of any kind: what the operator wants sent. */
  sendRaw(type: string, payload: Bytes): Bytes {
    this.#ports.logger.debug("net", () =>
      `sending ${sanitize(type)} (${payload.length} bytes) peer=${this.id}`);
    this.#ports.capture?.(this.address, "sent", type, payload);
    if (this.#transport.canSend) return this.#frame({ type, payload });
    (this.#unsent ??= []).push({ type, payload });
    this.#unsentBytes += payload.length + MESSAGE_OVERHEAD_BYTES;
    return NO_BYTES;
  }

  /** Bytes to be written now, though nobody sent a message: ask at the opening, and after `receive`. */
  takeOutput(): Bytes {
    const handshake = this.#transport.takeOutput();
    if (handshake.length > 0) this.#countHandshake(handshake.length);
    if (this.#unsent === undefined || !this.#transport.canSend) return handshake;
    const messages = this.#unsent;
    this.#unsent = undefined;
    this.#unsentBytes = 0;
    return concatBytes(handshake, ...messages.map((message) => this.#frame(message)));
  }

  /** The socket holds more than it likes, of what was sent since the last `flushed`. */
  choked(): void {
    this.#isChoked = true;
  }

  /** The socket has taken what it was given, or nearly all of it. */
  flushed(): void {
    if (!this.#isChoked) this.#waitingBytes = 0;
  }

  /** The socket has passed on all that it held. */
  drained(): void {
    this.#isChoked = false;
    this.#waitingBytes = 0;
    this.stats.lastSend = this.#ports.clock.now();
  }

  /** Nothing more is handed out. The owner closes the socket, and then forgets the connection. */
  close(): void {
    this.#isClosing = true;
    this.#forgetInbox();
  }

  /** What nobody takes is not decoded: a few bytes of it can be millions of objects. */
  #isTaken(type: string): boolean {
    if (isOfHandshake(type, this.handshake)) return true;
    return this.handshake.name === "complete" && (this.#ports.takes?.has(type) ?? true);
  }

  #frame(message: RawMessage): Bytes {
    const bytes = this.#transport.send(message);
    this.stats.countSent(isMessageType(message.type) ? message.type : OTHER_TYPES, bytes.length);
    this.#countWritten(bytes.length);
    return bytes;
  }

  #countHandshake(length: number): void {
    if (this.stats.bytesSent === 0) {
      this.#ports.logger.debug("net", () => `start sending v2 handshake to peer=${this.id}`);
    }
    this.#countWritten(length);
  }

  #countWritten(length: number): void {
    this.stats.bytesSent += length;
    // A socket that takes no more has not sent it yet.
    if (!this.#isChoked) this.stats.lastSend = this.#ports.clock.now();
    this.#waitingBytes += length;
  }

  #arrived({ messages, fault }: Arrival): DisconnectReason | undefined {
    for (const message of messages) this.#enqueue(message);
    if (fault === undefined) return undefined;
    this.#ports.logger.debug("net", () => `${fault.message}, disconnecting peer=${this.id}`);
    return reasonOf(fault);
  }

  get #limits(): QueueLimits {
    return this.#ports.queueLimits ?? DEFAULT_QUEUE_LIMITS;
  }

  #enqueue(received: ReceivedMessage): void {
    const { type, wireBytes, fault } = received;
    this.stats.countReceived(fault === undefined && isMessageType(type) ? type : OTHER_TYPES, wireBytes);
    if (fault !== undefined) {
      this.#ports.logger.debug("net", () => `${fault.text}, peer=${this.id}`);
      return;
    }
    (this.#inbox ??= []).push(received);
    this.#inboxBytes += inboxBytes(received);
  }

  /** Reading on would only make what waits for `work` grow. */
  get #isHolding(): boolean {
    return this.#transport.hasWork && this.#transport.heldBytes > UNREAD_HANDSHAKE_BYTES_MAX;
  }

  #takeHead(): number {
    const head = this.#inboxHead;
    this.#inboxHead = 0;
    return head;
  }

  #forgetInbox(): void {
    this.#inbox = undefined;
    this.#inboxHead = 0;
    this.#inboxBytes = 0;
  }
}

function inboxBytes({ payload }: ReceivedMessage): number {
  return payload.length + MESSAGE_OVERHEAD_BYTES;
}

function reasonOf({ kind }: TransportError): DisconnectReason {
  switch (kind) {
    case "wrong-magic":
      return "wrong-magic";
    case "over-long":
      return "over-long-message";
    case "no-terminator":
    case "forged-packet":
      return "broken-encryption";
  }
}
