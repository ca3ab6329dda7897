/**
 * Takes bytes to messages: the one place where a peer's bad bytes stop being exceptions.
 *
 * What a fault costs the peer is policy, and decided by the caller.
 *
 * @module
 */
import { DecodeError } from "../codec/decode_error.ts";
import { type ReceivedMessage, TransportError } from "../transport/transport.ts";
import { decodeMessage, isMessageType, type Message, type MessageType } from "../wire/message.ts";

/** What a stretch of bytes completed. */
export interface Arrival {
  readonly messages: readonly ReceivedMessage[];
  /** The stream cannot be read any further. */
  readonly fault: TransportError | undefined;
}

/** One message, read or not. `size`: bytes of its payload. */
export type Incoming =
  | { readonly type: "message"; readonly message: Message; readonly size: number }
  /** No offence: unknown types are how the protocol grows. */
  | { readonly type: "unknown"; readonly name: string; readonly size: number }
  | {
    readonly type: "malformed";
    readonly name: MessageType;
    readonly size: number;
    readonly error: DecodeError;
  }
  /** One that nobody takes, or not yet; so it was not decoded. */
  | { readonly type: "unread"; readonly name: MessageType; readonly size: number }
  /** A decoder has a bug. It changes nothing but its reader, so that the rest of the node is as it was. */
  | { readonly type: "failed"; readonly name: MessageType; readonly size: number; readonly error: unknown };

/** What a transport gives, or had to give before the stream broke. */
export function receiveMessages(receive: () => readonly ReceivedMessage[]): Arrival {
  try {
    return { messages: receive(), fault: undefined };
  } catch (error) {
    if (error instanceof TransportError) return { messages: error.before, fault: error };
    throw error;
  }
}

/** `isTaken`: whether anybody looks at messages of its type. */
export function readMessage({ type, payload }: ReceivedMessage, isTaken: boolean): Incoming {
  const size = payload.length;
  if (!isMessageType(type)) return { type: "unknown", name: type, size };
  if (!isTaken) return { type: "unread", name: type, size };
  try {
    return { type: "message", message: decodeMessage(type, payload), size };
  } catch (error) {
    if (error instanceof DecodeError) return { type: "malformed", name: type, size, error };
    return { type: "failed", name: type, size, error };
  }
}
