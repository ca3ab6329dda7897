/**
 * The plain framing of messages, as it has been from the beginning.
 *
 * ```text
 * 4     magic       which network
 * 12    type        ASCII, padded with zeros
 * u32   length      of the payload, at most 4,000,000
 * 4     checksum    first bytes of the payload's double SHA-256
 * payload
 * ```
 *
 * Faults as in Bitcoin Core (net.cpp, V1Transport): a wrong magic or an over-long payload ends the
 * connection, a wrong checksum or an impossible type costs that message only.
 *
 * @module
 */
import { assert, defined } from "../base/assert.ts";
import { type Bytes, concatBytes, equalBytes, NO_BYTES, toHex, toLatin1 } from "../base/bytes.ts";
import { sanitize } from "../base/safe_text.ts";
import { hash256 } from "../crypto/crypto.ts";
import { PartialStretch } from "./partial_stretch.ts";
import {
  type FrameFault, MESSAGE_TYPE_BYTES, PAYLOAD_BYTES_MAX, type RawMessage, type ReceivedMessage,
  type Transport, TransportError, type TransportFaultKind,
} from "./transport.ts";

export const V1_HEADER_BYTES = 24;

const MAGIC_BYTES = 4;
const LENGTH_OFFSET = MAGIC_BYTES + MESSAGE_TYPE_BYTES;
const CHECKSUM_OFFSET = LENGTH_OFFSET + 4;

/** Printable, then zeros to the end. */
const TYPE_FIELD = /^[ -~]*\0*$/;

interface FrameHeader {
  /** All twelve characters, with what follows the name. */
  readonly typeField: string;
  readonly length: number;
  /** Its four bytes as one number, big-endian. */
  readonly checksum: number;
}

export class V1Transport implements Transport {
  readonly type = "v1";
  readonly sessionId = undefined;
  readonly canSend = true;
  readonly hasWork = false;
  readonly #magic: Bytes;
  /** The first bytes of a header that is not yet whole. */
  #partialHeader: Bytes = NO_BYTES;
  /** Of the message whose payload is being received. */
  #header: FrameHeader | undefined;
  #payload: PartialStretch | undefined;
  #broken: TransportError | undefined;

  /** `magic`: the four bytes of the network. */
  constructor(magic: Bytes) {
    assert(magic.length === MAGIC_BYTES, "a magic has four bytes");
    this.#magic = magic;
  }

  get heldBytes(): number {
    return this.#partialHeader.length + (this.#payload?.heldBytes ?? 0);
  }

  receive(bytes: Bytes): readonly ReceivedMessage[] {
    if (this.#broken !== undefined) throw this.#broken;
    const messages: ReceivedMessage[] = [];
    let offset = 0;
    while (offset < bytes.length) {
      if (this.#payload === undefined) offset = this.#takeHeader(bytes, offset, messages);
      else offset = this.#payload.take(bytes, offset);
      // Also when the header says that no payload follows.
      if (this.#payload?.isWhole === true) messages.push(this.#finishMessage());
    }
    return messages;
  }

  send({ type, payload }: RawMessage): Bytes {
    assert(type.length <= MESSAGE_TYPE_BYTES, `message type ${JSON.stringify(type)} is too long`);
    const framed = new Uint8Array(V1_HEADER_BYTES + payload.length);
    framed.set(this.#magic);
    // Byte by byte: views and encoders would take longer than all the rest of a short message.
    for (let i = 0; i < type.length; i++) framed[MAGIC_BYTES + i] = type.charCodeAt(i);
    const hash = hash256(payload);
    for (let i = 0; i < 4; i++) {
      framed[LENGTH_OFFSET + i] = payload.length >>> (8 * i);
      framed[CHECKSUM_OFFSET + i] = hash[i] as number;
    }
    framed.set(payload, V1_HEADER_BYTES);
    return framed;
  }

  takeOutput(): Bytes {
    return NO_BYTES;
  }

  work(): readonly ReceivedMessage[] {
    return [];
  }

  /** Goes on with the header; returns the offset behind what was taken. */
  #takeHeader(bytes: Bytes, start: number, before: readonly ReceivedMessage[]): number {
    const end = Math.min(bytes.length, start + V1_HEADER_BYTES - this.#partialHeader.length);
    const added = bytes.subarray(start, end);
    const header = this.#partialHeader.length === 0 ? added : concatBytes(this.#partialHeader, added);
    // As soon as it can be seen: one who speaks another protocol may never send a whole header.
    if (header.length >= MAGIC_BYTES && !equalBytes(header.subarray(0, MAGIC_BYTES), this.#magic)) {
      const found = toHex(header.subarray(0, MAGIC_BYTES));
      throw this.#fail("wrong-magic", `Header error: Wrong MessageStart ${found} received`, before);
    }
    if (header.length < V1_HEADER_BYTES) {
      this.#partialHeader = Uint8Array.from(header);
      return end;
    }
    const { typeField, length, checksum } = parseHeader(header);
    if (length > PAYLOAD_BYTES_MAX) {
      const text = `Header error: Size too large (${sanitize(nameIn(typeField))}, ${length} bytes)`;
      throw this.#fail("over-long", text, before);
    }
    this.#partialHeader = NO_BYTES;
    this.#header = { typeField, length, checksum };
    this.#payload = new PartialStretch(length);
    return end;
  }

  #finishMessage(): ReceivedMessage {
    const header = defined(this.#header, "a payload has a header");
    const payload = defined(this.#payload, "a message is finished with its payload").bytes;
    this.#header = undefined;
    this.#payload = undefined;
    const fault = findFault(header, payload);
    return {
      type: nameIn(header.typeField),
      payload: fault === undefined ? payload : NO_BYTES,
      wireBytes: V1_HEADER_BYTES + header.length,
      fault,
    };
  }

  #fail(kind: TransportFaultKind, text: string, before: readonly ReceivedMessage[]): TransportError {
    this.#partialHeader = NO_BYTES;
    this.#broken = new TransportError(kind, text, []);
    return new TransportError(kind, text, before);
  }
}

function parseHeader(header: Bytes): FrameHeader {
  return {
    typeField: toLatin1(header.subarray(MAGIC_BYTES, LENGTH_OFFSET)),
    length: new DataView(header.buffer, header.byteOffset).getUint32(LENGTH_OFFSET, true),
    checksum: bigEndian32(header, CHECKSUM_OFFSET),
  };
}

function findFault({ typeField, length, checksum }: FrameHeader, payload: Bytes): FrameFault | undefined {
  const expected = checksumOf(payload);
  const isTypeValid = TYPE_FIELD.test(typeField);
  if (expected === checksum && isTypeValid) return undefined;
  const what = `(${sanitize(nameIn(typeField))}, ${length} bytes)`;
  if (expected === checksum) {
    return { kind: "invalid-type", text: `Header error: Invalid message type ${what}` };
  }
  const text = `Header error: Wrong checksum ${what}, expected ${hex32(expected)} was ${hex32(checksum)}`;
  return { kind: "wrong-checksum", text };
}

function checksumOf(payload: Bytes): number {
  return bigEndian32(hash256(payload), 0);
}

function bigEndian32(bytes: Bytes, at: number): number {
  let value = 0;
  for (let i = at; i < at + 4; i++) value = (value << 8) | (bytes[i] as number);
  return value >>> 0;
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, "0");
}

/** What stands before the first zero. */
function nameIn(typeField: string): string {
  const end = typeField.indexOf("\0");
  return end < 0 ? typeField : typeField.slice(0, end);
}
