/**
 * `ping` and `pong`: is anyone there (BIP31).
 *
 * ```text
 * [u64    nonce]   the pong repeats that of the ping
 * ```
 *
 * Before protocol version 60001 a ping was empty, and was not answered.
 *
 * @module
 */
import type { ByteWriter } from "../../codec/byte_writer.ts";
import type { Codec } from "../../codec/codec.ts";

const NONCE_BYTES = 8;

export interface Ping {
  readonly nonce: bigint | undefined;
}

export const pingCodec: Codec<Ping> = {
  size: nonceSize,
  encode: writeNonce,
  decode: (reader) => ({ nonce: reader.remaining === 0 ? undefined : reader.u64() }),
};

/**
 * A `pong` shorter than a nonce reads as `undefined`, and bytes after the nonce are let pass:
 * Bitcoin Core takes both for the fault of an odd implementation (ProcessPong).
 */
export const pongCodec: Codec<Ping> = {
  size: nonceSize,
  encode: writeNonce,
  decode(reader) {
    const nonce = reader.remaining < NONCE_BYTES ? undefined : reader.u64();
    reader.skip(reader.remaining);
    return { nonce };
  },
};

function nonceSize({ nonce }: Ping): number {
  return nonce === undefined ? 0 : NONCE_BYTES;
}

function writeNonce({ nonce }: Ping, writer: ByteWriter): void {
  if (nonce !== undefined) writer.u64(nonce);
}
