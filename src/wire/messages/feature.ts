/**
 * `feature`: before `verack`, something that the sender can do (BIP434).
 *
 * ```text
 * var    id     4..80 bytes, such as `BIP434`
 * var    data   at most 512 bytes, of the feature's own making
 * ```
 *
 * @module
 */
import { type Bytes, fromLatin1, toLatin1 } from "../../base/bytes.ts";
import { countSize } from "../../codec/byte_writer.ts";
import type { Codec } from "../../codec/codec.ts";
import { malformed } from "../../codec/decode_error.ts";

/** BIP434. */
export const FEATURE_ID_BYTES_MIN = 4;
export const FEATURE_ID_BYTES_MAX = 80;
export const FEATURE_DATA_BYTES_MAX = 512;

export interface Feature {
  /** One character a byte; not to be shown unsanitised. */
  readonly id: string;
  readonly data: Bytes;
}

export const featureCodec: Codec<Feature> = {
  size: ({ id, data }) => countSize(id.length) + id.length + countSize(data.length) + data.length,

  encode({ id, data }, writer) {
    writer.varBytes(fromLatin1(id)).varBytes(data);
  },

  decode(reader) {
    const start = reader.offset;
    const id = toLatin1(reader.varBytes("feature id", FEATURE_ID_BYTES_MAX));
    if (id.length < FEATURE_ID_BYTES_MIN) throw malformed(start, "feature id", `${id.length} bytes long`);
    return { id, data: reader.copy(reader.count("feature data", FEATURE_DATA_BYTES_MAX)) };
  },
};
