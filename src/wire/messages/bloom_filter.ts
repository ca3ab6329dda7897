/**
 * `filterload` and `filteradd`: announce only what matches this filter (BIP37).
 *
 * ```text
 * filterload   var data       at most 36,000 bytes
 *              u32 hashFunctions   at most 50
 *              u32 tweak
 *              u8  flags      what a match adds to the filter
 * filteradd    var data       at most 520 bytes: one more element
 * ```
 *
 * @module
 */
import type { Bytes } from "../../base/bytes.ts";
import { countSize } from "../../codec/byte_writer.ts";
import type { Codec } from "../../codec/codec.ts";
import { overLimit } from "../../codec/decode_error.ts";

/** 20,000 elements with one false match in a thousand (BIP37; Core's MAX_BLOOM_FILTER_SIZE). */
export const BLOOM_BYTES_MAX = 36_000;
export const BLOOM_FUNCTIONS_MAX = 50;

/** The largest item that a script can push, hence the largest that can match. */
export const BLOOM_ELEMENT_BYTES_MAX = 520;

export interface FilterLoad {
  readonly data: Bytes;
  readonly hashFunctions: number;
  readonly tweak: number;
  readonly flags: number;
}

export interface FilterAdd {
  readonly data: Bytes;
}

export const filterLoadCodec: Codec<FilterLoad> = {
  size: ({ data }) => countSize(data.length) + data.length + 4 + 4 + 1,

  encode({ data, hashFunctions, tweak, flags }, writer) {
    writer.varBytes(data).u32(hashFunctions).u32(tweak).u8(flags);
  },

  decode(reader) {
    const data = reader.copy(reader.count("filter", BLOOM_BYTES_MAX));
    const start = reader.offset;
    const hashFunctions = reader.u32();
    if (hashFunctions > BLOOM_FUNCTIONS_MAX) {
      throw overLimit(start, "hash functions", hashFunctions, BLOOM_FUNCTIONS_MAX);
    }
    return { data, hashFunctions, tweak: reader.u32(), flags: reader.u8() };
  },
};

export const filterAddCodec: Codec<FilterAdd> = {
  size: ({ data }) => countSize(data.length) + data.length,
  encode({ data }, writer) {
    writer.varBytes(data);
  },
  decode: (reader) => ({ data: reader.copy(reader.count("element", BLOOM_ELEMENT_BYTES_MAX)) }),
};
