import type { ByteReader } from "../codec/byte_reader.ts";
import { malformed } from "../codec/decode_error.ts";

/**
 * A number as LevelDB writes it: seven bits a byte, lowest first. Numbers and sizes of files fit a double.
 *
 * @throws {DecodeError} when it does not end
 */
export function readVarint(reader: ByteReader): number {
  let value = 0;
  for (let scale = 1; scale < 2 ** 63; scale *= 0x80) {
    const byte = reader.u8();
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
  throw malformed(reader.offset, "varint", "too long");
}
