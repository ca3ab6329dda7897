/**
 * A block: its header and its transactions, the coinbase first.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { ByteWriter, countSize } from "../codec/byte_writer.ts";
import type { Codec } from "../codec/codec.ts";
import type { BlockHash } from "./hash.ts";
import { type BlockHeader, HEADER_BYTES, headerCodec } from "./header.ts";
import { type Transaction, transactionCodec, WITNESS_SCALE_FACTOR } from "./transaction.ts";

/** Keeps the bytes it was read from. */
export class Block {
  readonly header: BlockHeader;
  readonly transactions: readonly Transaction[];
  /** The whole serialisation, with witnesses. */
  readonly bytes: Bytes;

  /** For `blockCodec` and `Block.of`: `bytes` must be what the parts serialise to. */
  constructor(header: BlockHeader, transactions: readonly Transaction[], bytes: Bytes) {
    this.header = header;
    this.transactions = transactions;
    this.bytes = bytes;
  }

  static of(header: BlockHeader, transactions: readonly Transaction[]): Block {
    let size = HEADER_BYTES + countSize(transactions.length);
    for (const transaction of transactions) size += transaction.bytes.length;
    const writer = new ByteWriter(size).bytes(header.bytes).count(transactions.length);
    for (const transaction of transactions) writer.bytes(transaction.bytes);
    return new Block(header, transactions, writer.finish());
  }

  get hash(): BlockHash {
    return this.header.hash;
  }

  /** Size without witnesses. */
  get baseSize(): number {
    let size = this.bytes.length;
    for (const { witnessBytes } of this.transactions) size -= witnessBytes;
    return size;
  }

  /** BIP141: at most 4,000,000 in a valid block. */
  get weight(): number {
    return this.baseSize * (WITNESS_SCALE_FACTOR - 1) + this.bytes.length;
  }
}

export const blockCodec: Codec<Block> = {
  size: (block) => block.bytes.length,
  encode(block, writer) {
    writer.bytes(block.bytes);
  },
  decode(reader) {
    const start = reader.offset;
    const header = headerCodec.decode(reader);
    const count = reader.count("transactions");
    const transactions: Transaction[] = [];
    for (let i = 0; i < count; i++) transactions.push(transactionCodec.decode(reader));
    return new Block(header, transactions, reader.since(start));
  },
};
