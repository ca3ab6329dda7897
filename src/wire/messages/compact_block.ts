/**
 * `cmpctblock`: a block whose transactions are named by short ids (BIP152).
 *
 * ```text
 * 80        header
 * u64       nonce          with the header, the key of the short ids
 * count     n
 * n x 6     shortIds       of all transactions but the prefilled, in block order
 * count     m
 * m x       { compact gap, transaction }   prefilled: those the receiver cannot have
 * ```
 *
 * A gap counts the places since the prefilled transaction before; decoded, `index` is the place
 * in the block.
 *
 * @module
 */
import type { ByteReader } from "../../codec/byte_reader.ts";
import { countSize } from "../../codec/byte_writer.ts";
import type { Codec } from "../../codec/codec.ts";
import { malformed } from "../../codec/decode_error.ts";
import { type BlockHeader, HEADER_BYTES, headerCodec } from "../../primitives/header.ts";
import { type Transaction, transactionCodec } from "../../primitives/transaction.ts";

/** Indexes have 16 bits; Bitcoin Core refuses more (blockencodings.h). */
export const COMPACT_TRANSACTIONS_MAX = 0xffff;

const SHORT_ID_BYTES = 6;

export interface PrefilledTransaction {
  /** Place in the block. */
  readonly index: number;
  readonly transaction: Transaction;
}

export interface CompactBlock {
  readonly header: BlockHeader;
  readonly nonce: bigint;
  /** 48 bits each. */
  readonly shortIds: readonly number[];
  /** By ascending index. */
  readonly prefilled: readonly PrefilledTransaction[];
}

export const compactBlockCodec: Codec<CompactBlock> = {
  size({ shortIds, prefilled }) {
    let size = HEADER_BYTES + 8 + countSize(shortIds.length) + shortIds.length * SHORT_ID_BYTES;
    size += countSize(prefilled.length);
    let next = 0;
    for (const { index, transaction } of prefilled) {
      size += countSize(index - next) + transactionCodec.size(transaction);
      next = index + 1;
    }
    return size;
  },

  encode({ header, nonce, shortIds, prefilled }, writer) {
    writer.bytes(header.bytes).u64(nonce).count(shortIds.length);
    for (const id of shortIds) writer.u32(id % 2 ** 32).u16(Math.floor(id / 2 ** 32));
    writer.count(prefilled.length);
    let next = 0;
    for (const { index, transaction } of prefilled) {
      writer.count(index - next);
      transactionCodec.encode(transaction, writer);
      next = index + 1;
    }
  },

  decode(reader) {
    const header = headerCodec.decode(reader);
    const nonce = reader.u64();
    const shortCount = reader.count("short ids", COMPACT_TRANSACTIONS_MAX);
    const shortIds: number[] = [];
    for (let i = 0; i < shortCount; i++) shortIds.push(reader.u32() + reader.u16() * 2 ** 32);
    const prefilled = readPrefilled(reader, shortCount);
    return { header, nonce, shortIds, prefilled };
  },
};

function readPrefilled(reader: ByteReader, shortCount: number): PrefilledTransaction[] {
  const count = reader.count("prefilled", COMPACT_TRANSACTIONS_MAX - shortCount);
  const prefilled: PrefilledTransaction[] = [];
  let next = 0;
  for (let i = 0; i < count; i++) {
    const start = reader.offset;
    const index = next + reader.count("gap", COMPACT_TRANSACTIONS_MAX);
    // The places before it must all be taken, by a short id or a prefilled transaction.
    if (index > shortCount + i) throw malformed(start, "prefilled index", `${index}, past the block`);
    prefilled.push({ index, transaction: transactionCodec.decode(reader) });
    next = index + 1;
  }
  return prefilled;
}
