/**
 * Proof of work by trying nonces, in slices that the caller bounds.
 *
 * @module
 */
import { defined } from "../base/assert.ts";
import { expandTarget, hashNumber } from "../primitives/target.ts";
import { hash256 } from "../crypto/crypto.ts";
import { Block } from "../primitives/block.ts";
import { BlockHeader, HEADER_BYTES } from "../primitives/header.ts";

const NONCE_OFFSET = 76;
const NONCE_COUNT = 2 ** 32;

/**
 * The block with the first nonce from `firstNonce` on that meets its target, or `undefined` when
 * none of `maxTries` does; the next slice then starts at `firstNonce + maxTries`. After 2^32 the
 * block itself must change.
 */
export function solve(
  block: Block,
  maxTries: number,
  firstNonce = 0,
): { readonly block: Block; readonly tries: number } | undefined {
  const target = defined(expandTarget(block.header.bits), "a block of ours has a target");
  const bytes = block.header.bytes.slice(0, HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  const end = Math.min(firstNonce + maxTries, NONCE_COUNT);
  for (let nonce = firstNonce; nonce < end; nonce++) {
    view.setUint32(NONCE_OFFSET, nonce, true);
    if (hashNumber(hash256(bytes)) > target) continue;
    return { block: Block.of(new BlockHeader(bytes), block.transactions), tries: nonce - firstNonce + 1 };
  }
  return undefined;
}
