/**
 * One end of one connection: messages on one side, bytes on the other. Holds no socket, and knows
 * messages only by their names.
 *
 * `V1Transport` is the plain framing. BIP324's encrypted one is to stand beside it, with the
 * choice between them in a third file here: whether the first bytes of a peer are the start of a
 * `version` message or of a key is settled before anything above this line hears of it.
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
  | "over-long";

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

export interface Transport {
  /**
   * Takes in bytes as they came off the wire, split anywhere. Keeps no view of them.
   *
   * @returns the messages they complete, oldest first, each payload in a buffer of its own
   * @throws {TransportError} when the stream is beyond repair; then, and on every later call
   */
  receive(bytes: Bytes): readonly ReceivedMessage[];
  /** The bytes that carry `message`, whose type has at most `MESSAGE_TYPE_BYTES` characters. */
  send(message: RawMessage): Bytes;
  /** How many bytes a payload of this length takes on the wire, frame included. */
  framedSize(payloadBytes: number): number;
  /** Memory held for a message that has not wholly arrived. */
  readonly heldBytes: number;
}
