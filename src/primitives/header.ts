/**
 * The 80 bytes that proof of work is done on.
 *
 * ```text
 * i32   version
 * 32    previous     hash of the header before it
 * 32    merkleRoot   of the transaction ids
 * u32   time         seconds since 1970
 * u32   bits         the target, in compact form
 * u32   nonce
 * ```
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import type { ByteReader } from "../codec/byte_reader.ts";
import { ByteWriter } from "../codec/byte_writer.ts";
import type { Codec } from "../codec/codec.ts";
import { hash256 } from "../crypto/crypto.ts";
import { type BlockHash, HASH_BYTES } from "./hash.ts";

export const HEADER_BYTES = 80;

export interface HeaderFields {
  readonly version: number;
  readonly previous: BlockHash;
  readonly merkleRoot: Bytes;
  readonly time: number;
  readonly bits: number;
  readonly nonce: number;
}

/** A header and the bytes it was read from; its hash is computed once, when first asked for. */
export class BlockHeader implements HeaderFields {
  readonly bytes: Bytes;
  #hash: BlockHash | undefined;

  /** `hash` may be handed in by whoever has just computed many at once. */
  constructor(bytes: Bytes, hash?: BlockHash) {
    this.bytes = bytes;
    this.#hash = hash;
  }

  static of({ version, previous, merkleRoot, time, bits, nonce }: HeaderFields): BlockHeader {
    const writer = new ByteWriter(HEADER_BYTES);
    writer.i32(version).bytes(previous).bytes(merkleRoot).u32(time).u32(bits).u32(nonce);
    return new BlockHeader(writer.finish());
  }

  get version(): number {
    return this.#i32(0);
  }

  get previous(): BlockHash {
    return this.bytes.subarray(4, 36) as BlockHash;
  }

  get merkleRoot(): Bytes {
    return this.bytes.subarray(36, 36 + HASH_BYTES);
  }

  get time(): number {
    return this.#i32(68) >>> 0;
  }

  get bits(): number {
    return this.#i32(72) >>> 0;
  }

  get nonce(): number {
    return this.#i32(76) >>> 0;
  }

  get hash(): BlockHash {
    this.#hash ??= hash256(this.bytes) as BlockHash;
    return this.#hash;
  }

  /** By hand: headers come by the thousand, and a `DataView` for each costs more than reading it. */
  #i32(offset: number): number {
    const { bytes } = this;
    const low = (bytes[offset] as number) | ((bytes[offset + 1] as number) << 8);
    return low | ((bytes[offset + 2] as number) << 16) | ((bytes[offset + 3] as number) << 24);
  }
}

export const headerCodec: Codec<BlockHeader> = {
  size: () => HEADER_BYTES,
  encode(header, writer) {
    writer.bytes(header.bytes);
  },
  decode(reader: ByteReader) {
    // A copy: a header outlives the message that brought it.
    return new BlockHeader(reader.bytes(HEADER_BYTES).slice());
  },
};
