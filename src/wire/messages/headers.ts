/**
 * `headers`: headers of a chain, in order; an answer to `getheaders`, or an announcement (BIP130).
 *
 * ```text
 * count   n       0..2,000
 * n x     { 80 header, count 0 }   as a block without its transactions
 * ```
 *
 * Decoded headers view the payload, whose nearly every byte is theirs: whoever keeps a single one
 * of a long list for long should copy it.
 *
 * @module
 */
import { countSize } from "../../codec/byte_writer.ts";
import type { Codec } from "../../codec/codec.ts";
import { malformed } from "../../codec/decode_error.ts";
import { BlockHeader, HEADER_BYTES } from "../../primitives/header.ts";

/** Bitcoin Core sends, and takes, no more at once (MAX_HEADERS_RESULTS). */
export const HEADERS_COUNT_MAX = 2000;

export interface Headers {
  readonly headers: readonly BlockHeader[];
}

export const headersCodec: Codec<Headers> = {
  size: ({ headers }) => countSize(headers.length) + headers.length * (HEADER_BYTES + 1),

  encode({ headers }, writer) {
    writer.count(headers.length);
    for (const { bytes } of headers) writer.bytes(bytes).u8(0);
  },

  decode(reader) {
    const count = reader.count("headers", HEADERS_COUNT_MAX);
    const headers: BlockHeader[] = [];
    for (let i = 0; i < count; i++) {
      headers.push(new BlockHeader(reader.bytes(HEADER_BYTES)));
      const start = reader.offset;
      const transactions = reader.count("transactions");
      if (transactions !== 0) throw malformed(start, "transaction count", `${transactions}, not 0`);
    }
    return { headers };
  },
};
