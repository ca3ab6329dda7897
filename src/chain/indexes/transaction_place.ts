/** Where a transaction stands: in which block, and how many bytes after its beginning. @module */
import type { Bytes } from "../../base/bytes.ts";
import { countSize } from "../../codec/byte_writer.ts";
import type { Block } from "../../primitives/block.ts";
import { HEADER_BYTES } from "../../primitives/header.ts";
import type { BlockId } from "../header_index.ts";

export interface TransactionPlace {
  readonly block: BlockId;
  readonly offset: number;
}

/** Of the first transaction; the others follow each other. */
export function firstOffset({ transactions }: Block): number {
  return HEADER_BYTES + countSize(transactions.length);
}

export function encodePlace(block: BlockId, offset: number): Bytes {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, block, true);
  view.setUint32(4, offset, true);
  return bytes;
}

export function decodePlace(bytes: Bytes): TransactionPlace | undefined {
  if (bytes.length !== 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { block: view.getUint32(0, true) as BlockId, offset: view.getUint32(4, true) };
}
