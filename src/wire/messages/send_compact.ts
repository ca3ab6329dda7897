/**
 * `sendcmpct`: which version of compact blocks the sender can serve, and whether it would like
 * new blocks announced that way (BIP152).
 *
 * ```text
 * u8     announce   1: send `cmpctblock` unasked; 0: announce as before
 * u64    version    2, the one with witnesses, is the only one in use
 * ```
 *
 * @module
 */
import type { Codec } from "../../codec/codec.ts";
import { malformed } from "../../codec/decode_error.ts";

export interface SendCompact {
  readonly announce: boolean;
  readonly version: bigint;
}

export const sendCompactCodec: Codec<SendCompact> = {
  size: () => 9,

  encode({ announce, version }, writer) {
    writer.u8(announce ? 1 : 0).u64(version);
  },

  decode(reader) {
    const start = reader.offset;
    const announce = reader.u8();
    const version = reader.u64();
    if (announce > 1) throw malformed(start, "announce", `${announce}`);
    return { announce: announce === 1, version };
  },
};
