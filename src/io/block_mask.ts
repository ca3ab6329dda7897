/**
 * The mask of block files: each byte is combined with that of a key of eight bytes at the same place,
 * over and over, so that a virus scanner finds nothing in what strangers put into blocks (Bitcoin Core:
 * `-blocksxor`). The key stands in `blocks/xor.dat`; ours are zeros, which change nothing.
 *
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import type { Bytes } from "../base/bytes.ts";

const MASK_BYTES = 8;
/** Of a key drawn at random, one in ten thousand million has as many zeros: it was one of zeros. */
const DRAWN_ZEROS_MAX = 4;

/** The key file is damaged. */
export class BlockMaskError extends Error {
  override readonly name = "BlockMaskError";
}

export const NO_MASK: Bytes = new Uint8Array(MASK_BYTES);

export function maskFile(root: string): string {
  return path.join(root, "blocks", "xor.dat");
}

/**
 * The key of the block files in a data directory; `undefined` when they are as they are.
 *
 * @throws {BlockMaskError} when the key's file is damaged
 */
export function readMask(root: string): Bytes | undefined {
  const file = maskFile(root);
  if (!fs.existsSync(file)) return undefined;
  const mask = new Uint8Array(fs.readFileSync(file));
  const zeros = mask.filter((byte) => byte === 0).length;
  if (mask.length === MASK_BYTES && zeros === MASK_BYTES) return undefined;
  if (mask.length === MASK_BYTES && zeros <= DRAWN_ZEROS_MAX) return mask;
  throw new BlockMaskError(`${file} is damaged. Remove it, unless another program wrote the block files: ` +
    "then restore it, since they are masked with it.");
}

/** In place; `offset` is where `bytes` stand in their file. */
export function applyMask(bytes: Bytes, mask: Bytes, offset: number): void {
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (bytes[i] as number) ^ (mask[(offset + i) % MASK_BYTES] as number);
  }
}
