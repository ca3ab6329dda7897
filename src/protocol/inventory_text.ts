import { displayHash } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";
import {
  type InventoryItem, MSG_BLOCK, MSG_CMPCT_BLOCK, MSG_FILTERED_BLOCK, MSG_TX, MSG_WITNESS_BLOCK,
  MSG_WITNESS_FLAG, MSG_WITNESS_TX, MSG_WTX,
} from "../wire/messages/inventory.ts";
import type { TxReference } from "./tx_requests.ts";

const NAMES: ReadonlyMap<number, string> = new Map([
  [MSG_TX, "tx"],
  [MSG_BLOCK, "block"],
  [MSG_FILTERED_BLOCK, "merkleblock"],
  [MSG_CMPCT_BLOCK, "cmpctblock"],
  [MSG_WTX, "wtx"],
]);

const TX_TYPES: ReadonlySet<number> = new Set([MSG_TX, MSG_WTX, MSG_WITNESS_TX]);
const BLOCK_TYPES: ReadonlySet<number> = new Set([
  MSG_BLOCK, MSG_WITNESS_BLOCK, MSG_FILTERED_BLOCK, MSG_CMPCT_BLOCK,
]);

/** `wtx <hash>`, `witness-block <hash>`: as Bitcoin Core's logs write it (CInv::ToString). */
export function inventoryText({ type, hash }: InventoryItem): string {
  const isWitness = (type & MSG_WITNESS_FLAG) !== 0;
  const name = NAMES.get(isWitness ? type - MSG_WITNESS_FLAG : type);
  if (name === undefined) return `0x${type.toString(16).padStart(8, "0")} ${displayHash(hash)}`;
  return `${isWitness ? "witness-" : ""}${name} ${displayHash(hash)}`;
}

/** `wtx <hash>`, `tx <hash>`: how a transaction was named. */
export function referenceText({ hash, isWtxid }: TxReference): string {
  return `${isWtxid ? "wtx" : "tx"} ${displayHash(hash)}`;
}

export function idsText({ txid, wtxid }: Pick<Transaction, "txid" | "wtxid">): string {
  return `${displayHash(txid)} (wtxid=${displayHash(wtxid)})`;
}

/** A transaction by either id, with or without witness. */
export function isTxItem({ type }: InventoryItem): boolean {
  return TX_TYPES.has(type);
}

/** A block in any form that `getdata` can ask for. */
export function isBlockItem({ type }: InventoryItem): boolean {
  return BLOCK_TYPES.has(type);
}
