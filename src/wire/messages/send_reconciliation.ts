/**
 * `sendtxrcncl`: the sender can reconcile sets of transactions instead of announcing each (BIP330).
 *
 * ```text
 * u32    version
 * u64    salt      half of the key of the short ids
 * ```
 *
 * @module
 */
import type { Codec } from "../../codec/codec.ts";

export interface SendReconciliation {
  readonly version: number;
  readonly salt: bigint;
}

export const sendReconciliationCodec: Codec<SendReconciliation> = {
  size: () => 12,
  encode({ version, salt }, writer) {
    writer.u32(version).u64(salt);
  },
  decode: (reader) => ({ version: reader.u32(), salt: reader.u64() }),
};
