/**
 * `inv` announces objects, `getdata` asks for them, `notfound` says which of those asked for are
 * not to be had.
 *
 * ```text
 * count   n       0..50,000
 * n x 36  { u32 type, 32 hash }
 * ```
 *
 * @module
 */
import type { Bytes } from "../../base/bytes.ts";
import { countSize } from "../../codec/byte_writer.ts";
import type { Codec } from "../../codec/codec.ts";
import { HASH_BYTES } from "../../primitives/hash.ts";
import { readHash } from "../hashes.ts";

/** By txid. */
export const MSG_TX = 1;
export const MSG_BLOCK = 2;
/** Answered by `merkleblock` and the transactions that match (BIP37). Only in `getdata`. */
export const MSG_FILTERED_BLOCK = 3;
/** Answered by `cmpctblock` (BIP152). Only in `getdata`. */
export const MSG_CMPCT_BLOCK = 4;
/** By wtxid (BIP339). */
export const MSG_WTX = 5;
/** Added to a type in `getdata`: send it with witnesses (BIP144). */
export const MSG_WITNESS_FLAG = 0x4000_0000;
export const MSG_WITNESS_TX = 0x4000_0001;
export const MSG_WITNESS_BLOCK = 0x4000_0002;

/** Bitcoin Core drops a peer that sends more at once (MAX_INV_SZ). */
export const INVENTORY_COUNT_MAX = 50_000;

const ITEM_BYTES = 4 + HASH_BYTES;

export interface InventoryItem {
  /** One of the constants above, or one that is not known here. */
  readonly type: number;
  readonly hash: Bytes;
}

export interface Inventory {
  readonly items: readonly InventoryItem[];
}

export const inventoryCodec: Codec<Inventory> = {
  size: ({ items }) => countSize(items.length) + items.length * ITEM_BYTES,

  encode({ items }, writer) {
    writer.count(items.length);
    for (const { type, hash } of items) writer.u32(type).bytes(hash);
  },

  decode(reader) {
    const count = reader.count("items", INVENTORY_COUNT_MAX);
    const items: InventoryItem[] = [];
    for (let i = 0; i < count; i++) items.push({ type: reader.u32(), hash: readHash(reader) });
    return { items };
  },
};
