import type { Bytes } from "../../base/bytes.ts";
import { decodeWith } from "../../codec/codec.ts";
import { decoded } from "../../codec/decode_error.ts";
import { type Block, blockCodec } from "../../primitives/block.ts";
import type { Coin } from "../../primitives/coin.ts";
import { displayHash } from "../../primitives/hash.ts";
import type { BlockId, HeaderIndex } from "../header_index.ts";
import type { IndexTraits } from "./index_kinds.ts";
import type { IndexedBlock, RemovedBlock, Work } from "./indexer.ts";

/** What the indexes need of a chain. */
export interface IndexedChain {
  readonly headers: HeaderIndex;
  /** What the indexes follow: never a chain that only a snapshot of coins vouches for. */
  readonly validatedChain: {
    readonly tip: BlockId;
    at(height: number): BlockId | undefined;
    has(id: BlockId): boolean;
  };
  /** Blocks are still being read from files. */
  readonly isLoadingBlocks: boolean;
  /** Nothing is left to connect. */
  readonly isIdle: boolean;
  readBlock(id: BlockId): Bytes | undefined;
  readUndo(id: BlockId): readonly Coin[] | undefined;
}

/** Whether all that an index is made from is here, for one block. */
export function hasData({ headers }: IndexedChain, id: BlockId, { needsUndo }: IndexTraits): boolean {
  if (!headers.hasBlock(id)) return false;
  return !needsUndo || headers.height(id) === 0 || headers.blocks.hasUndo(id);
}

/** Serialised bytes of blocks kept decoded: a few of the longest, or some hundred short ones. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024;

/** To decode a block, and the coins it spent. */
const MICROSECONDS_A_BYTE = 0.02;
const MICROSECONDS_A_COIN = 1;

interface KeptBlock {
  readonly block: Block;
  spent: readonly Coin[] | undefined;
}

/**
 * Blocks for all indexes, which come to them one after the other: kept since they were connected, or read.
 */
export class IndexBlocks {
  readonly #chain: IndexedChain;
  /** The oldest first. */
  readonly #kept = new Map<BlockId, KeptBlock>();
  #keptBytes = 0;

  constructor(chain: IndexedChain) {
    this.#chain = chain;
  }

  /** A block that was just connected. */
  keep(id: BlockId, block: Block, spent: readonly Coin[] | undefined): KeptBlock {
    const kept = { block, spent };
    this.#forget(id);
    this.#kept.set(id, kept);
    this.#keptBytes += block.bytes.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= KEPT_BYTES_MAX || oldest === id) break;
      this.#forget(oldest);
    }
    return kept;
  }

  /** What is known of a block without its bytes. */
  place(id: BlockId): RemovedBlock {
    const { headers } = this.#chain;
    const previous = headers.previous(id);
    const previousHash = previous === undefined ? undefined : headers.hash(previous);
    return { id, previous, previousHash, height: headers.height(id), hash: headers.hash(id) };
  }

  /** The block, and what it spent `withUndo`; or a text that says what cannot be read. */
  *load(id: BlockId, withUndo: boolean): Work<IndexedBlock | string> {
    const place = this.place(id);
    const kept = this.#kept.get(id) ?? this.#read(id);
    if (kept === undefined) return `Failed to read block ${displayHash(place.hash)} from disk`;
    yield kept.block.bytes.length * MICROSECONDS_A_BYTE;
    if (!withUndo) return { ...place, block: kept.block, spent: [] };
    kept.spent ??= place.previous === undefined ? [] : this.#chain.readUndo(id);
    if (kept.spent?.length !== inputCount(kept.block)) {
      return `Failed to read undo block data ${displayHash(place.hash)} from disk`;
    }
    yield kept.spent.length * MICROSECONDS_A_COIN;
    return { ...place, block: kept.block, spent: kept.spent };
  }

  #read(id: BlockId): KeptBlock | undefined {
    const bytes = this.#chain.readBlock(id);
    const block = bytes === undefined ? undefined : decoded(() => decodeWith(blockCodec, bytes));
    return block === undefined ? undefined : this.keep(id, block, undefined);
  }

  #forget(id: BlockId): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) return;
    this.#kept.delete(id);
    this.#keptBytes -= kept.block.bytes.length;
  }
}

/** Of all transactions but the coinbase. */
function inputCount({ transactions }: Block): number {
  let count = 0;
  for (let i = 1; i < transactions.length; i++) count += transactions[i]?.inputs.length ?? 0;
  return count;
}
