import { hash256Each } from "../crypto/crypto.ts";
import { type BlockHash, HASH_BYTES } from "../primitives/hash.ts";
import { BlockHeader, HEADER_BYTES } from "../primitives/header.ts";
import { equalBytes } from "../base/bytes.ts";

/** The same headers, with their hashes computed all at once. */
export function hashHeaders(headers: readonly BlockHeader[]): BlockHeader[] {
  const bytes = new Uint8Array(headers.length * HEADER_BYTES);
  for (const [index, header] of headers.entries()) bytes.set(header.bytes, index * HEADER_BYTES);
  const hashes = hash256Each(bytes, HEADER_BYTES);
  return headers.map((header, index) => {
    return new BlockHeader(header.bytes, hashes.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES) as BlockHash);
  });
}

/** Whether each is the child of the one before. */
export function areContinuous(headers: readonly BlockHeader[]): boolean {
  for (let i = 1; i < headers.length; i++) {
    const [parent, child] = [headers[i - 1], headers[i]];
    if (parent === undefined || child === undefined || !equalBytes(parent.hash, child.previous)) return false;
  }
  return true;
}
