/**
 * `feefilter`: announce no transaction to me that pays less than this (BIP133).
 *
 * ```text
 * i64    feeRate   satoshi per 1,000 vbytes
 * ```
 *
 * @module
 */
import type { Codec } from "../../codec/codec.ts";

export interface FeeFilter {
  /** Satoshi per 1,000 vbytes; may be no amount at all, which is to be ignored. */
  readonly feeRate: bigint;
}

export const feeFilterCodec: Codec<FeeFilter> = {
  size: () => 8,
  encode({ feeRate }, writer) {
    writer.i64(feeRate);
  },
  decode: (reader) => ({ feeRate: reader.i64() }),
};
