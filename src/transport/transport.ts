/**
 * One end of one connection: messages on one side, bytes on the other. Holds no socket, and knows
 * messages only by their names.
 *
 * `V1Transport` is the plain framing, `V2Transport` the encrypted one of BIP324. Whoever takes a
 * connection in does not know which of the two comes: whether the first bytes are the start of a
 * `version` message or of a key is settled here, before anything above this line hears of it.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";

/** No payload may be longer: that of the largest block fits (net.h, MAX_PROTOCOL_MESSAGE_LENGTH). */
export const PAYLOAD_BYTES_MAX = 4_000_000;

/** The most characters in the name of a message. */
export const MESSAGE_TYPE_BYTES = 12;

/** A message as bytes, under its name. */
export interface RawMessage {
  readonly type: string;
  readonly payload: Bytes;
}

/** A message from outside. */
export interface ReceivedMessage extends RawMessage {
  /** What it took on the wire, frame included. */
  readonly wireBytes: number;
  /**
   * Set when the message came damaged, but the stream can go on behind it: it is to be logged and
   * counted, not read; its payload is empty.
   */
  readonly fault: FrameFault | undefined;
}

/** What is wrong with one message. `text` is Bitcoin Core's log line, without the peer. */
export interface FrameFault {
  readonly kind: "wrong-checksum" | "invalid-type";
  readonly text: string;
}

export type TransportFaultKind =
  /** Another network, or no node at all. */
  | "wrong-magic"
  /** A payload above `PAYLOAD_BYTES_MAX` is announced. */
  | "over-long"
  /** The garbage after a key has no end. */
  | "no-terminator"
  /** Somebody has changed a packet, or has not got the key. */
  | "forged-packet";

/**
 * The stream is beyond repair: close the connection. `message` is Bitcoin Core's log line, without
 * the peer.
 */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly kind: TransportFaultKind;
  /** Messages that were complete before the fault, in the bytes of the same call. */
  readonly before: readonly ReceivedMessage[];

  constructor(kind: TransportFaultKind, text: string, before: readonly ReceivedMessage[]) {
    super(text);
    this.kind = kind;
    this.before = before;
  }
}

/** The names of `getpeerinfo`; `detecting` until an encrypted session is agreed, or known not to come. */
export type TransportType = "v1" | "v2" | "detecting";

export interface Transport {
  readonly type: TransportType;
  /** 32 bytes by which both ends can tell that nobody stands between them; once `type` is `v2`. */
  readonly sessionId: Bytes | undefined;
  /** False while the two ends have not agreed on keys: messages are to wait. */
  readonly canSend: boolean;
  /**
   * Takes in bytes as they came off the wire, split anywhere. Keeps no view of them.
   *
   * @returns the messages they complete, oldest first, each payload in a buffer that nothing else is in
   * @throws {TransportError} when the stream is beyond repair; then, and on every later call
   */
  receive(bytes: Bytes): readonly ReceivedMessage[];
  /**
   * The bytes that carry `message`, whose type has at most `MESSAGE_TYPE_BYTES` characters. Only while
   * `canSend`.
   */
  send(message: RawMessage): Bytes;
  /**
   * Bytes to write that no message asked for, before anything that `send` gives: what a handshake says.
   * Asked for when the connection opens, and after each `receive`.
   */
  takeOutput(): Bytes;
  /**
   * A handshake waits for arithmetic that takes as long as hundreds of messages, and is to be done by
   * `work` when there is time. Until then what is received waits, in `heldBytes`.
   */
  readonly hasWork: boolean;
  /** As `receive`, with what has waited. Call it only while `hasWork`. */
  work(): readonly ReceivedMessage[];
  /** Memory held for a message that has not wholly arrived. */
  readonly heldBytes: number;
}
