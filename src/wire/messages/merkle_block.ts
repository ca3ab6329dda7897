/**
 * `merkleblock`: a header, and a proof of which transactions of the block matched the filter
 * that the receiver has loaded (BIP37).
 *
 * ```text
 * 80         header
 * u32        transactionCount   of the whole block
 * count      n
 * n x 32     hashes             of the partial merkle tree, depth first
 * var        flags              one bit a node, lowest first
 * ```
 *
 * @module
 */
import type { Bytes } from "../../base/bytes.ts";
import { countSize } from "../../codec/byte_writer.ts";
import type { Codec } from "../../codec/codec.ts";
import { type BlockHeader, HEADER_BYTES, headerCodec } from "../../primitives/header.ts";
import { hashesSize, readHashes, writeHashes } from "../hashes.ts";

/**
 * No tree has more leaves: a block of 4,000,000 weight units holds no more transactions of 60
 * bytes, and none is shorter (merkleblock.cpp, ExtractMatches).
 */
export const MERKLE_HASHES_MAX = Math.floor(4_000_000 / (60 * 4));

/** A binary tree has fewer than twice as many nodes as leaves; one bit each. */
const FLAG_BYTES_MAX = Math.ceil((2 * MERKLE_HASHES_MAX) / 8);

export interface MerkleBlock {
  readonly header: BlockHeader;
  readonly transactionCount: number;
  readonly hashes: readonly Bytes[];
  readonly flags: Bytes;
}

export const merkleBlockCodec: Codec<MerkleBlock> = {
  size: ({ hashes, flags }) => HEADER_BYTES + 4 + hashesSize(hashes) + countSize(flags.length) + flags.length,

  encode({ header, transactionCount, hashes, flags }, writer) {
    writer.bytes(header.bytes).u32(transactionCount);
    writeHashes(hashes, writer);
    writer.varBytes(flags);
  },

  decode(reader) {
    const header = headerCodec.decode(reader);
    const transactionCount = reader.u32();
    const hashes = readHashes(reader, "hashes", MERKLE_HASHES_MAX);
    const flags = reader.copy(reader.count("flags", FLAG_BYTES_MAX));
    return { header, transactionCount, hashes, flags };
  },
};
