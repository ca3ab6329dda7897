import type { Bytes } from "../base/bytes.ts";
import { ByteReader } from "./byte_reader.ts";
import { ByteWriter } from "./byte_writer.ts";

/**
 * How one type of value is written as bytes.
 *
 * Laws, checked for every codec by test/contract/codec_laws.ts:
 * - `decode(encode(v))` equals `v`;
 * - `encode(decode(b))` equals `b` whenever `decode` accepts `b`, but where the format itself has
 *   two spellings and the codec's comment says which;
 * - `encode` writes exactly `size(v)` bytes;
 * - on any input at all, `decode` returns a value or throws `DecodeError`.
 */
export interface Codec<T> {
  size(value: T): number;
  encode(value: T, writer: ByteWriter): void;
  decode(reader: ByteReader): T;
}

export function encodeWith<T>(codec: Codec<T>, value: T): Bytes {
  const writer = new ByteWriter(codec.size(value));
  codec.encode(value, writer);
  return writer.finish();
}

/**
 * All of `bytes` as one value.
 *
 * @throws {DecodeError} when they are malformed, too short, or too long
 */
export function decodeWith<T>(codec: Codec<T>, bytes: Bytes): T {
  const reader = new ByteReader(bytes);
  const value = codec.decode(reader);
  reader.end();
  return value;
}
