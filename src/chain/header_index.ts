import type { Brand } from "../base/brand.ts";
import type { Bytes } from "../base/bytes.ts";
import type { BlockHash } from "../primitives/hash.ts";
import type { BlockHeader } from "../primitives/header.ts";

/** A row of the header index. Small whole numbers, in the order in which headers were added. */
export type BlockId = Brand<number, "BlockId">;

/** How far a header's block has been checked, each level including the ones before it. */
export type BlockValidity = "header" | "stored" | "connected";

/**
 * Every header known, as columns of typed arrays off the JavaScript heap.
 *
 * Rows are added and never removed. An id stays good for the life of the index.
 */
export declare class HeaderIndex {
  get size(): number;
  find(hash: Bytes): BlockId | undefined;
  hash(id: BlockId): BlockHash;
  header(id: BlockId): BlockHeader;
  height(id: BlockId): number;
  /** `undefined` for the genesis block. */
  previous(id: BlockId): BlockId | undefined;
  time(id: BlockId): number;
  bits(id: BlockId): number;
  /** Expected hashes to make the chain up to and with this block. */
  chainWork(id: BlockId): bigint;
  /** The median time of this block and the ten before it (BIP113). */
  medianTimePast(id: BlockId): number;
  /** The ancestor of `id` at `height`, in logarithmic time; `undefined` above it. */
  ancestor(id: BlockId, height: number): BlockId | undefined;
  /** The last block that both have as ancestor or self. */
  lastCommonAncestor(a: BlockId, b: BlockId): BlockId;
  /** Block bytes are on disk (not yet, or no longer, otherwise). */
  hasBlock(id: BlockId): boolean;
  validity(id: BlockId): BlockValidity;
  /** It, or an ancestor of it, broke a rule. */
  isInvalid(id: BlockId): boolean;
  /** Zero until its block has been stored. */
  transactionCount(id: BlockId): number;
}
