/**
 * Serving of compact block filters (BIP157).
 *
 * ```text
 * getcfilters    u8 filterType, u32 startHeight, 32 stop
 * cfilter        u8 filterType, 32 blockHash, var filter
 * getcfheaders   u8 filterType, u32 startHeight, 32 stop
 * cfheaders      u8 filterType, 32 stop, 32 previousHeader, count n, n x 32 filterHashes
 * getcfcheckpt   u8 filterType, 32 stop
 * cfcheckpt      u8 filterType, 32 stop, count n, n x 32 filterHeaders
 * ```
 *
 * @module
 */
import type { Bytes } from "../../base/bytes.ts";
import { countSize } from "../../codec/byte_writer.ts";
import type { Codec } from "../../codec/codec.ts";
import { type BlockHash, HASH_BYTES } from "../../primitives/hash.ts";
import { hashesSize, readHash, readHashes, writeHashes } from "../hashes.ts";

/** BIP157: no `getcfheaders` may ask for more. */
export const FILTER_HASHES_MAX = 2000;

/** As many as a message has room for; one stands for 1,000 blocks. */
export const FILTER_CHECKPOINTS_MAX = 125_000;

export interface GetCompactFilters {
  /** 0: the basic filter of BIP158. */
  readonly filterType: number;
  readonly startHeight: number;
  readonly stop: BlockHash;
}

export interface CompactFilter {
  readonly filterType: number;
  readonly blockHash: BlockHash;
  readonly filter: Bytes;
}

export interface CompactFilterHeaders {
  readonly filterType: number;
  readonly stop: BlockHash;
  /** The filter header of the block before the first; zero before genesis. */
  readonly previousHeader: Bytes;
  readonly filterHashes: readonly Bytes[];
}

export interface GetCompactFilterCheckpoints {
  readonly filterType: number;
  readonly stop: BlockHash;
}

export interface CompactFilterCheckpoints {
  readonly filterType: number;
  readonly stop: BlockHash;
  /** Those of heights 1,000, 2,000, ... up to `stop`. */
  readonly filterHeaders: readonly Bytes[];
}

export const getCompactFiltersCodec: Codec<GetCompactFilters> = {
  size: () => 1 + 4 + HASH_BYTES,
  encode({ filterType, startHeight, stop }, writer) {
    writer.u8(filterType).u32(startHeight).bytes(stop);
  },
  decode: (reader) => ({
    filterType: reader.u8(),
    startHeight: reader.u32(),
    stop: readHash<BlockHash>(reader),
  }),
};

export const compactFilterCodec: Codec<CompactFilter> = {
  size: ({ filter }) => 1 + HASH_BYTES + countSize(filter.length) + filter.length,
  encode({ filterType, blockHash, filter }, writer) {
    writer.u8(filterType).bytes(blockHash).varBytes(filter);
  },
  decode: (reader) => ({
    filterType: reader.u8(),
    blockHash: readHash<BlockHash>(reader),
    filter: reader.varBytes("filter"),
  }),
};

export const compactFilterHeadersCodec: Codec<CompactFilterHeaders> = {
  size: ({ filterHashes }) => 1 + HASH_BYTES + HASH_BYTES + hashesSize(filterHashes),
  encode({ filterType, stop, previousHeader, filterHashes }, writer) {
    writer.u8(filterType).bytes(stop).bytes(previousHeader);
    writeHashes(filterHashes, writer);
  },
  decode: (reader) => ({
    filterType: reader.u8(),
    stop: readHash<BlockHash>(reader),
    previousHeader: readHash(reader),
    filterHashes: readHashes(reader, "filter hashes", FILTER_HASHES_MAX),
  }),
};

export const getCompactFilterCheckpointsCodec: Codec<GetCompactFilterCheckpoints> = {
  size: () => 1 + HASH_BYTES,
  encode({ filterType, stop }, writer) {
    writer.u8(filterType).bytes(stop);
  },
  decode: (reader) => ({ filterType: reader.u8(), stop: readHash<BlockHash>(reader) }),
};

export const compactFilterCheckpointsCodec: Codec<CompactFilterCheckpoints> = {
  size: ({ filterHeaders }) => 1 + HASH_BYTES + hashesSize(filterHeaders),
  encode({ filterType, stop, filterHeaders }, writer) {
    writer.u8(filterType).bytes(stop);
    writeHashes(filterHeaders, writer);
  },
  decode: (reader) => ({
    filterType: reader.u8(),
    stop: readHash<BlockHash>(reader),
    filterHeaders: readHashes(reader, "filter headers", FILTER_CHECKPOINTS_MAX),
  }),
};
