/**
 * `getheaders` and `getblocks`: ask for the headers, or an `inv` of the blocks, that follow the
 * first locator entry which the peer knows.
 *
 * ```text
 * u32        version   protocol version of the sender; ignored
 * count      n         0..101
 * n x 32     locator   block hashes, best first, thinning out towards genesis
 * 32         stop      last one wanted; zero for no stop
 * ```
 *
 * @module
 */
import type { Codec } from "../../codec/codec.ts";
import { type BlockHash, HASH_BYTES } from "../../primitives/hash.ts";
import { hashesSize, readHash, readHashes, writeHashes } from "../hashes.ts";

/** Bitcoin Core drops a peer that sends more (net_processing.cpp, MAX_LOCATOR_SZ). */
export const LOCATOR_COUNT_MAX = 101;

export interface GetHeaders {
  readonly version: number;
  readonly locator: readonly BlockHash[];
  readonly stop: BlockHash;
}

export const getHeadersCodec: Codec<GetHeaders> = {
  size: ({ locator }) => 4 + hashesSize(locator) + HASH_BYTES,

  encode({ version, locator, stop }, writer) {
    writer.u32(version);
    writeHashes(locator, writer);
    writer.bytes(stop);
  },

  decode(reader) {
    const version = reader.u32();
    const locator = readHashes<BlockHash>(reader, "locator", LOCATOR_COUNT_MAX);
    return { version, locator, stop: readHash<BlockHash>(reader) };
  },
};
