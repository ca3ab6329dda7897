/**
 * What two ends make of the secret that they have in common (BIP324, "Keys and session ID
 * derivation").
 *
 * @module
 */
import { type Bytes, concatBytes, fromLatin1 } from "../base/bytes.ts";
import { hkdfExpand32, hkdfExtract } from "../crypto/hkdf.ts";
import type { PacketKeys } from "./packet_cipher.ts";

/** Ends the garbage that an end sends after its key. */
export const TERMINATOR_BYTES = 16;

export interface SessionKeys {
  /** 32 bytes: the same at both ends, unless somebody stands between them. */
  readonly sessionId: Bytes;
  readonly send: DirectionKeys;
  readonly receive: DirectionKeys;
}

export interface DirectionKeys {
  readonly packets: PacketKeys;
  readonly terminator: Bytes;
}

/** `secret` is 32 bytes, and is wiped; `magic`: the four bytes of the network. */
export function deriveSession(secret: Bytes, magic: Bytes, isInitiator: boolean): SessionKeys {
  const salt = concatBytes(fromLatin1("bitcoin_v2_shared_secret"), magic);
  const root = hkdfExtract(salt, secret);
  secret.fill(0);
  const expand = (name: string): Bytes => hkdfExpand32(root, fromLatin1(name));
  const terminators = expand("garbage_terminators");
  const initiator: DirectionKeys = {
    packets: { length: expand("initiator_L"), content: expand("initiator_P") },
    terminator: terminators.slice(0, TERMINATOR_BYTES),
  };
  const responder: DirectionKeys = {
    packets: { length: expand("responder_L"), content: expand("responder_P") },
    terminator: terminators.slice(TERMINATOR_BYTES),
  };
  const sessionId = expand("session_id");
  root.fill(0);
  return isInitiator
    ? { sessionId, send: initiator, receive: responder }
    : { sessionId, send: responder, receive: initiator };
}
