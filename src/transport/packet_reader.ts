import { assert } from "../base/assert.ts";
import { type Bytes, concatBytes, NO_BYTES } from "../base/bytes.ts";
import { POLY1305_TAG_BYTES } from "../crypto/chacha20_poly1305.ts";
import { CONTENTS_BYTES_MAX, IGNORE_BIT, PACKET_HEADER_BYTES } from "./packet_contents.ts";
import { LENGTH_BYTES, type PacketKeys, PacketOpener } from "./packet_cipher.ts";
import { PartialStretch } from "./partial_stretch.ts";

/** What a stretch of bytes came to. */
export type PacketStep =
  | { readonly type: "more" }
  /** `text`: header and contents. */
  | { readonly type: "packet"; readonly text: Bytes }
  | { readonly type: "over-long"; readonly contentsBytes: number }
  | { readonly type: "forged"; readonly contentsBytes: number };

const MORE: PacketStep = { type: "more" };

/**
 * Finds the packets in a stream that is split anywhere, and opens them. Decoys are opened, and then
 * forgotten.
 */
export class PacketReader {
  readonly #opener: PacketOpener;
  /** What the first packet has to come with: the garbage that stood before it. */
  #associated: Bytes;
  /** The first bytes of a length that is not yet whole. */
  #partialLength: Bytes = NO_BYTES;
  /** Of the packet whose length is known. */
  #sealed: PartialStretch | undefined;

  constructor(keys: PacketKeys, garbage: Bytes) {
    this.#opener = new PacketOpener(keys);
    this.#associated = garbage;
  }

  get heldBytes(): number {
    return this.#partialLength.length + this.#associated.length + (this.#sealed?.heldBytes ?? 0);
  }

  /** Goes on with `bytes` from `start` on, to the end of one packet at most; says where it stopped. */
  read(bytes: Bytes, start: number): { readonly step: PacketStep; readonly end: number } {
    let end = start;
    while (end < bytes.length) {
      if (this.#sealed === undefined) {
        const taken = Math.min(bytes.length, end + LENGTH_BYTES - this.#partialLength.length);
        const contentsBytes = this.#takeLength(bytes, end, taken);
        end = taken;
        if (contentsBytes === undefined) break;
        if (contentsBytes > CONTENTS_BYTES_MAX) return { step: { type: "over-long", contentsBytes }, end };
        this.#sealed = new PartialStretch(PACKET_HEADER_BYTES + contentsBytes + POLY1305_TAG_BYTES);
      }
      end = this.#sealed.take(bytes, end);
      if (!this.#sealed.isWhole) break;
      const step = this.#open(this.#sealed);
      if (step !== MORE) return { step, end };
    }
    return { step: MORE, end };
  }

  /** The length of a packet's contents, of which the bytes from `start` to `end` are the next. */
  #takeLength(bytes: Bytes, start: number, end: number): number | undefined {
    if (end - start === LENGTH_BYTES) return this.#opener.readLength(bytes, start);
    const field = concatBytes(this.#partialLength, bytes.subarray(start, end));
    const isWhole = field.length === LENGTH_BYTES;
    this.#partialLength = isWhole ? NO_BYTES : field;
    return isWhole ? this.#opener.readLength(field, 0) : undefined;
  }

  #open({ bytes, length }: PartialStretch): PacketStep {
    const text = this.#opener.open(bytes, this.#associated);
    if (text === undefined) {
      return { type: "forged", contentsBytes: length - PACKET_HEADER_BYTES - POLY1305_TAG_BYTES };
    }
    this.#associated = NO_BYTES;
    this.#sealed = undefined;
    const header = text[0];
    assert(header !== undefined, "a packet has a header");
    return (header & IGNORE_BIT) === 0 ? { type: "packet", text } : MORE;
  }
}
