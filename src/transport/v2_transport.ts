/**
 * The encrypted transport of BIP324.
 *
 * ```text
 *   initiator                              responder
 *   key, garbage ───────────────────────▶
 *                ◀─────────────────────── key, garbage, terminator, version packet
 *   terminator, version packet ─────────▶
 *                 messages, both ways
 * ```
 *
 * A key is 64 bytes that look like chance. Garbage, of up to 4,095 bytes, ends with 16 bytes that only
 * the two ends can know; that nobody changed it is proved by the first packet. The version packet is
 * empty, and what it may hold one day is ignored. Texts of faults are those of Bitcoin Core (net.cpp,
 * V2Transport).
 *
 * @module
 */
import { assert, unreachable } from "../base/assert.ts";
import { type Bytes, concatBytes, equalBytes, NO_BYTES, toHex } from "../base/bytes.ts";
import { below, randomBytes, type Rng } from "../base/rng.ts";
import { curve } from "../crypto/crypto.ts";
import { ELLSWIFT_BYTES } from "../crypto/elligator_swift.ts";
import { PACKET_HEADER_BYTES, packetHead, readContents } from "./packet_contents.ts";
import { PACKET_OVERHEAD_BYTES, PacketSealer } from "./packet_cipher.ts";
import { PacketReader, type PacketStep } from "./packet_reader.ts";
import { deriveSession, type SessionKeys, TERMINATOR_BYTES } from "./session_keys.ts";
import {
  MESSAGE_TYPE_BYTES, type RawMessage, type ReceivedMessage, type Transport, TransportError,
  type TransportFaultKind, type TransportType,
} from "./transport.ts";
import { V1_VERSION_TYPE, V1_VERSION_TYPE_OFFSET } from "./v1_prefix.ts";

export const GARBAGE_BYTES_MAX = 4_095;

/** The header of a packet that is not to be ignored. */
const NO_FLAGS = Uint8Array.of(0);

export type V2Role = "initiator" | "responder";

export interface V2Ports {
  /** The four bytes of the network. */
  readonly magic: Bytes;
  /** Keys are drawn from it. */
  readonly rng: Rng;
}

type State =
  /** `work` makes a key. */
  | { readonly name: "keyless" }
  /** Ours is out; when theirs is whole, `work` finds what they have in common. */
  | {
    readonly name: "awaiting-key";
    readonly secretKey: Bytes;
    readonly ours: Bytes;
    readonly garbage: Bytes;
  }
  | { readonly name: "awaiting-terminator"; readonly keys: SessionKeys; readonly sealer: PacketSealer }
  | { readonly name: "awaiting-version" | "open"; readonly session: Session }
  | { readonly name: "broken"; readonly fault: TransportError };

interface Session {
  readonly id: Bytes;
  readonly sealer: PacketSealer;
  readonly reader: PacketReader;
}

/**
 * ```text
 *   keyless ──▶ awaiting-key ──▶ awaiting-terminator ──▶ awaiting-version ──▶ open
 *      └────────────┴──────────────────────┴─────────────────────┴─────────────┴──▶ broken
 * ```
 */
export class V2Transport implements Transport {
  readonly #role: V2Role;
  readonly #ports: V2Ports;
  #state: State = { name: "keyless" };
  /** Before there are packets: what is not yet understood. */
  #held: Bytes = NO_BYTES;
  #output: Bytes = NO_BYTES;

  constructor(role: V2Role, ports: V2Ports) {
    this.#role = role;
    this.#ports = ports;
  }

  get type(): TransportType {
    return this.#state.name === "open" ? "v2" : "detecting";
  }

  get sessionId(): Bytes | undefined {
    return this.#state.name === "open" ? this.#state.session.id : undefined;
  }

  get canSend(): boolean {
    return this.#sealer !== undefined;
  }

  get hasWork(): boolean {
    const { name } = this.#state;
    return name === "keyless" || (name === "awaiting-key" && this.#held.length >= ELLSWIFT_BYTES);
  }

  get heldBytes(): number {
    const packetBytes = "session" in this.#state ? this.#state.session.reader.heldBytes : 0;
    return this.#held.length + packetBytes;
  }

  takeOutput(): Bytes {
    const output = this.#output;
    this.#output = NO_BYTES;
    return output;
  }

  send({ type, payload }: RawMessage): Bytes {
    assert(type.length <= MESSAGE_TYPE_BYTES, `message type ${JSON.stringify(type)} is too long`);
    const sealer = this.#sealer;
    assert(sealer !== undefined, "messages wait until there are keys");
    return sealer.seal(packetHead(type), payload);
  }

  receive(bytes: Bytes): readonly ReceivedMessage[] {
    switch (this.#state.name) {
      case "keyless":
      case "awaiting-key":
        this.#held = concatBytes(this.#held, bytes);
        this.#refuseOtherNetwork();
        return [];
      case "awaiting-terminator":
        return this.#findTerminator(this.#state, concatBytes(this.#held, bytes));
      case "awaiting-version":
      case "open":
        return this.#readPackets(this.#state.session, bytes);
      case "broken":
        throw this.#state.fault;
      default:
        return unreachable(this.#state);
    }
  }

  work(): readonly ReceivedMessage[] {
    assert(this.hasWork, "there is work to be done");
    if (this.#state.name === "keyless") this.#makeKey();
    if (this.#state.name !== "awaiting-key" || this.#held.length < ELLSWIFT_BYTES) return [];
    const theirs = this.#held.subarray(0, ELLSWIFT_BYTES);
    const rest = this.#held.subarray(ELLSWIFT_BYTES);
    this.#held = NO_BYTES;
    return this.#findTerminator(this.#agree(this.#state, theirs), rest);
  }

  get #sealer(): PacketSealer | undefined {
    switch (this.#state.name) {
      case "awaiting-terminator":
        return this.#state.sealer;
      case "awaiting-version":
      case "open":
        return this.#state.session.sealer;
      default:
        return undefined;
    }
  }

  /** Who begins with a `version` message is no peer of ours, or would not have come here. */
  #refuseOtherNetwork(): void {
    const typeEnd = V1_VERSION_TYPE_OFFSET + V1_VERSION_TYPE.length;
    if (this.#role !== "responder" || this.#held.length < typeEnd) return;
    if (!equalBytes(this.#held.subarray(V1_VERSION_TYPE_OFFSET, typeEnd), V1_VERSION_TYPE)) return;
    const magic = toHex(this.#held.subarray(0, V1_VERSION_TYPE_OFFSET));
    throw this.#fail("wrong-magic", `V1 peer with wrong MessageStart ${magic}`, []);
  }

  /** keyless → awaiting-key */
  #makeKey(): void {
    const { rng } = this.#ports;
    const secretKey = drawSecretKey(rng);
    const ours = curve().createEllswift(secretKey, randomBytes(rng, 32));
    const garbage = randomBytes(rng, below(rng, GARBAGE_BYTES_MAX + 1));
    this.#state = { name: "awaiting-key", secretKey, ours, garbage };
    this.#output = concatBytes(ours, garbage);
  }

  /** awaiting-key → awaiting-terminator */
  #agree({ secretKey, ours, garbage }: State & { readonly name: "awaiting-key" }, theirs: Bytes) {
    const isInitiator = this.#role === "initiator";
    const secret = curve().ellswiftSecret({ secretKey, ours, theirs, isInitiator });
    secretKey.fill(0);
    const keys = deriveSession(secret, this.#ports.magic, isInitiator);
    const sealer = new PacketSealer(keys.send.packets);
    const version = sealer.seal(NO_FLAGS, NO_BYTES, garbage);
    this.#output = concatBytes(this.#output, keys.send.terminator, version);
    return (this.#state = { name: "awaiting-terminator" as const, keys, sealer });
  }

  /** awaiting-terminator → awaiting-version, when `bytes`, which begin with the garbage, have its end. */
  #findTerminator(
    { keys, sealer }: State & { readonly name: "awaiting-terminator" }, bytes: Bytes,
  ): readonly ReceivedMessage[] {
    const { terminator, packets } = keys.receive;
    // All before what is held has been searched.
    const end = findEnd(bytes, terminator, this.#held.length);
    if (end === undefined) {
      if (bytes.length >= GARBAGE_BYTES_MAX + TERMINATOR_BYTES) {
        throw this.#fail("no-terminator", "missing garbage terminator", []);
      }
      this.#held = Uint8Array.from(bytes);
      return [];
    }
    this.#held = NO_BYTES;
    const garbage = Uint8Array.from(bytes.subarray(0, end - TERMINATOR_BYTES));
    const session = { id: keys.sessionId, sealer, reader: new PacketReader(packets, garbage) };
    this.#state = { name: "awaiting-version", session };
    return this.#readPackets(session, bytes.subarray(end));
  }

  #readPackets(session: Session, bytes: Bytes): readonly ReceivedMessage[] {
    const messages: ReceivedMessage[] = [];
    for (let offset = 0; offset < bytes.length;) {
      const { step, end } = session.reader.read(bytes, offset);
      offset = end;
      if (step.type === "packet") this.#take(session, step.text, messages);
      else if (step.type !== "more") throw this.#failPacket(step, messages);
    }
    return messages;
  }

  /** The first packet, whatever it holds: awaiting-version → open */
  #take(session: Session, text: Bytes, messages: ReceivedMessage[]): void {
    if (this.#state.name === "open") messages.push(receivedMessage(text));
    else this.#state = { name: "open", session };
  }

  #failPacket(
    step: PacketStep & { readonly contentsBytes: number }, before: readonly ReceivedMessage[],
  ): TransportError {
    const size = `(${step.contentsBytes} bytes)`;
    return step.type === "over-long"
      ? this.#fail("over-long", `packet too large ${size}`, before)
      : this.#fail("forged-packet", `packet decryption failure ${size}`, before);
  }

  /** any → broken */
  #fail(kind: TransportFaultKind, what: string, before: readonly ReceivedMessage[]): TransportError {
    const text = `V2 transport error: ${what}`;
    this.#held = NO_BYTES;
    this.#state = { name: "broken", fault: new TransportError(kind, text, []) };
    return new TransportError(kind, text, before);
  }
}

/** All but a few in 2^128 will do at once. */
function drawSecretKey(rng: Rng): Bytes {
  for (;;) {
    const key = randomBytes(rng, 32);
    if (curve().isSecretKey(key)) return key;
  }
}

/** The offset behind the first `terminator` that does not stand wholly in the first `searched` bytes. */
function findEnd(bytes: Bytes, terminator: Bytes, searched: number): number | undefined {
  const last = Math.min(bytes.length, GARBAGE_BYTES_MAX + TERMINATOR_BYTES) - TERMINATOR_BYTES;
  for (let start = Math.max(0, searched - TERMINATOR_BYTES + 1); start <= last; start++) {
    if (bytes[start] !== terminator[0]) continue;
    const end = start + TERMINATOR_BYTES;
    if (equalBytes(bytes.subarray(start, end), terminator)) return end;
  }
  return undefined;
}

function receivedMessage(text: Bytes): ReceivedMessage {
  const contentsBytes = text.length - PACKET_HEADER_BYTES;
  const wireBytes = PACKET_OVERHEAD_BYTES + contentsBytes;
  const message = readContents(text);
  if (message !== undefined) {
    // Not `...message`, which takes longer than all the rest of a short one.
    return { type: message.type, payload: message.payload, wireBytes, fault: undefined };
  }
  const what = `V2 transport error: invalid message type (${contentsBytes} bytes contents)`;
  return { type: "", payload: NO_BYTES, wireBytes, fault: { kind: "invalid-type", text: what } };
}
