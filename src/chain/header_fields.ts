/**
 * What headers say, a column for each field; the hash of the one before is the parent row's.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { HASH_BYTES } from "../primitives/hash.ts";
import { type BlockHeader, HEADER_BYTES } from "../primitives/header.ts";
import { grown, type RowColumns } from "./columns.ts";

export const PREVIOUS_OFFSET = 4;
const MERKLE_ROOT_OFFSET = 36;

export class HeaderFieldColumns implements RowColumns {
  #version = new Int32Array(0);
  #merkleRoot = new Uint8Array(0);
  #time = new Uint32Array(0);
  #bits = new Uint32Array(0);
  #nonce = new Uint32Array(0);

  get bytes(): number {
    return this.#time.byteLength * 4 + this.#merkleRoot.byteLength;
  }

  grow(rows: number): void {
    this.#version = grown(this.#version, rows);
    this.#merkleRoot = grown(this.#merkleRoot, rows * HASH_BYTES);
    this.#time = grown(this.#time, rows);
    this.#bits = grown(this.#bits, rows);
    this.#nonce = grown(this.#nonce, rows);
  }

  set(row: number, header: BlockHeader): void {
    this.#version[row] = header.version;
    this.#merkleRoot.set(header.merkleRoot, row * HASH_BYTES);
    this.#time[row] = header.time;
    this.#bits[row] = header.bits;
    this.#nonce[row] = header.nonce;
  }

  version(row: number): number {
    return this.#version[row] as number;
  }

  time(row: number): number {
    return this.#time[row] as number;
  }

  bits(row: number): number {
    return this.#bits[row] as number;
  }

  /** The header's bytes, those of the hash before it left as they are. */
  copyTo(row: number, target: Bytes, offset: number): void {
    const view = new DataView(target.buffer, target.byteOffset + offset, HEADER_BYTES);
    view.setInt32(0, this.version(row), true);
    const merkleRoot = this.#merkleRoot.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES);
    target.set(merkleRoot, offset + MERKLE_ROOT_OFFSET);
    view.setUint32(68, this.time(row), true);
    view.setUint32(72, this.bits(row), true);
    view.setUint32(76, this.#nonce[row] as number, true);
  }
}
