/**
 * The basic filter of a block (BIP158), and the chain of headers that commits to all filters (BIP157).
 *
 * @see https://github.com/bitcoin/bips/blob/master/bip-0158.mediawiki
 * @see https://github.com/bitcoin/bips/blob/master/bip-0157.mediawiki
 * @module
 */
import { type Bytes, concatBytes } from "../base/bytes.ts";
import type { Brand } from "../base/brand.ts";
import { hash256 } from "../crypto/crypto.ts";
import { sipKeyOf } from "../crypto/siphash.ts";
import { type BlockHash, ZERO_HASH } from "../primitives/hash.ts";
import { OP_RETURN } from "../script/opcodes.ts";
import { GolombSet, GolombSetBuilder } from "./golomb_set.ts";

/** The number of basic filters in messages. */
export const BASIC_FILTER = 0;

/** Hash of a filter's bytes. */
export type FilterHash = Brand<Bytes, "FilterHash">;
/** Commits to a filter, and to all those of the blocks before. */
export type FilterHeader = Brand<Bytes, "FilterHeader">;

/** Stands before the filter header of the genesis block. */
export const FIRST_FILTER_HEADER = ZERO_HASH as FilterHeader;

/** The filter of one block, script by script, for whoever must not take long at once. */
export class BasicFilterBuilder {
  readonly #set: GolombSetBuilder;

  constructor(block: BlockHash) {
    this.#set = new GolombSetBuilder(sipKeyOf(block));
  }

  /** Of an output that the block makes. */
  addOutput(script: Bytes): void {
    // Nobody looks for coins in what starts so.
    if (script[0] !== OP_RETURN) this.addSpent(script);
  }

  /** Of an output that the block spends. */
  addSpent(script: Bytes): void {
    if (script.length > 0) this.#set.add(script);
  }

  finish(): Bytes {
    return this.#set.finish();
  }
}

/**
 * A filter as it was received or kept.
 *
 * @throws {DecodeError} when `bytes` are no basic filter
 */
export function readBasicFilter(bytes: Bytes, block: BlockHash): GolombSet {
  return GolombSet.decode(bytes, sipKeyOf(block));
}

export function filterHash(filter: Bytes): FilterHash {
  return hash256(filter) as FilterHash;
}

/** `previous`: the header of the block before, or `FIRST_FILTER_HEADER`. */
export function filterHeader(hash: FilterHash, previous: FilterHeader): FilterHeader {
  return hash256(concatBytes(hash, previous)) as FilterHeader;
}
