/**
 * What encrypts packets (BIP324, "Packet encryption"): `FSChaCha20` for their lengths, and
 * `FSChaCha20Poly1305` for the rest. Both take a new key after every 224 packets, and forget the old
 * one, so that whoever finds the keys cannot read what was sent before.
 *
 * ```text
 * 3       length of the contents, encrypted
 * 1       header, encrypted, as are the
 *         contents
 * 16      tag
 * ```
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { type Bytes, NO_BYTES } from "../base/bytes.ts";
import { CHACHA_KEY_BYTES, CHACHA_NONCE_BYTES, POLY1305_TAG_BYTES } from "../crypto/chacha20_poly1305.ts";
import { chacha } from "../crypto/crypto.ts";
import { PACKET_HEADER_BYTES } from "./packet_contents.ts";

export const REKEY_INTERVAL = 224;
export const LENGTH_BYTES = 3;
/** What a packet takes besides its contents. */
export const PACKET_OVERHEAD_BYTES = LENGTH_BYTES + PACKET_HEADER_BYTES + POLY1305_TAG_BYTES;

/** All lengths of one key, and the next key behind them. */
const EPOCH_STREAM_BYTES = REKEY_INTERVAL * LENGTH_BYTES + CHACHA_KEY_BYTES;

const REKEY_PACKET = 0xffff_ffff;
/** The first block of the stream is for the tag; the next key is at the beginning of the second. */
const REKEY_STREAM_BYTES = 64 + CHACHA_KEY_BYTES;

/** The keys of one direction, 32 bytes each. */
export interface PacketKeys {
  readonly length: Bytes;
  readonly content: Bytes;
}

export class PacketSealer {
  readonly #lengths: LengthCipher;
  readonly #contents: ContentCipher;

  constructor({ length, content }: PacketKeys) {
    this.#lengths = new LengthCipher(length);
    this.#contents = new ContentCipher(content);
  }

  /** The packet: `head` is its header, and what of the contents stands before `body`. */
  seal(head: Bytes, body: Bytes, associated: Bytes = NO_BYTES): Bytes {
    const packet = new Uint8Array(LENGTH_BYTES + head.length + body.length + POLY1305_TAG_BYTES);
    const length = (head.length - PACKET_HEADER_BYTES + body.length) ^ this.#lengths.nextMask();
    for (let i = 0; i < LENGTH_BYTES; i++) packet[i] = length >>> (8 * i);
    this.#contents.seal(head, body, associated, packet.subarray(LENGTH_BYTES));
    return packet;
  }
}

export class PacketOpener {
  readonly #lengths: LengthCipher;
  readonly #contents: ContentCipher;

  constructor({ length, content }: PacketKeys) {
    this.#lengths = new LengthCipher(length);
    this.#contents = new ContentCipher(content);
  }

  /** Of the contents of the next packet, whose first three bytes stand in `bytes` from `at` on. */
  readLength(bytes: Bytes, at: number): number {
    assert(at + LENGTH_BYTES <= bytes.length, "a length has three bytes");
    return littleEndian24(bytes, at) ^ this.#lengths.nextMask();
  }

  /**
   * Header and contents of the packet of which `sealed`, which is spent, is all behind the length;
   * `undefined` when it is not what the other end has sent, with this behind `associated`.
   */
  open(sealed: Bytes, associated: Bytes): Bytes | undefined {
    return this.#contents.open(sealed, associated);
  }
}

/** `FSChaCha20`, of chunks of three bytes. */
class LengthCipher {
  #key: Bytes;
  #epoch = 0;
  /** What is left of the stream of this key. Made when it is needed: many connections say little. */
  #stream: Bytes = NO_BYTES;
  #at = EPOCH_STREAM_BYTES;

  constructor(key: Bytes) {
    this.#key = key;
  }

  /** What the next length is to be combined with. */
  nextMask(): number {
    if (this.#at + LENGTH_BYTES > this.#stream.length) this.#startEpoch();
    const at = this.#at;
    const mask = littleEndian24(this.#stream, at);
    this.#stream.fill(0, at, at + LENGTH_BYTES);
    this.#at += LENGTH_BYTES;
    return mask;
  }

  #startEpoch(): void {
    const stream = chacha().keyStream(this.#key, nonceOf(0, this.#epoch), EPOCH_STREAM_BYTES);
    this.#key.fill(0);
    this.#key = stream.slice(-CHACHA_KEY_BYTES);
    stream.fill(0, -CHACHA_KEY_BYTES);
    this.#stream = stream.subarray(0, -CHACHA_KEY_BYTES);
    this.#at = 0;
    this.#epoch += 1;
  }
}

/** `FSChaCha20Poly1305`. */
class ContentCipher {
  #key: Bytes;
  readonly #nonce = nonceOf(0, 0);
  #packet = 0;
  #epoch = 0;

  constructor(key: Bytes) {
    this.#key = key;
  }

  seal(head: Bytes, body: Bytes, associated: Bytes, output: Bytes): void {
    chacha().seal(this.#use(associated), head, body, output);
    this.#count();
  }

  open(sealed: Bytes, associated: Bytes): Bytes | undefined {
    const text = chacha().open(this.#use(associated), sealed);
    this.#count();
    return text;
  }

  #use(associated: Bytes) {
    return { key: this.#key, nonce: this.#nonce, associated };
  }

  #count(): void {
    this.#packet += 1;
    this.#nonce[0] = this.#packet;
    if (this.#packet < REKEY_INTERVAL) return;
    const stream = chacha().keyStream(this.#key, nonceOf(REKEY_PACKET, this.#epoch), REKEY_STREAM_BYTES);
    this.#key.fill(0);
    this.#key = stream.slice(-CHACHA_KEY_BYTES);
    this.#packet = 0;
    this.#epoch += 1;
    this.#nonce.set(nonceOf(0, this.#epoch));
  }
}

function littleEndian24(bytes: Bytes, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
}

/** Both little-endian: 4 and 8 bytes. */
function nonceOf(packet: number, epoch: number): Bytes {
  const nonce = new Uint8Array(CHACHA_NONCE_BYTES);
  for (let i = 0; i < 4; i++) nonce[i] = packet >>> (8 * i);
  let rest = epoch;
  for (let i = 4; rest > 0; i++) {
    nonce[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return nonce;
}
