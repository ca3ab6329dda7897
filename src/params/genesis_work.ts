/**
 * Proof of work of a genesis block: the little that this folder must know of targets.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import type { Block } from "../primitives/block.ts";
import { type GenesisParts, genesisBlock } from "./genesis.ts";

/** The target that `bits` stands for; zero for what no hash can meet. */
export function targetOf(bits: number): bigint {
  const mantissa = BigInt(bits & 0x007f_ffff);
  const isNegative = (bits & 0x0080_0000) !== 0;
  const shift = 8n * (BigInt(bits >>> 24) - 3n);
  const target = shift >= 0n ? mantissa << shift : mantissa >> -shift;
  return isNegative || target >= 1n << 256n ? 0n : target;
}

/** The compact form of a target of at most 256 bits, its lower digits cut off. */
export function bitsOf(target: bigint): number {
  let size = Math.ceil(target.toString(16).length / 2);
  // The top bit of the three bytes would be read as a sign.
  if (target >> BigInt(8 * size - 1) !== 0n) size++;
  const shift = BigInt(8 * (size - 3));
  return size * 0x100_0000 + Number(shift >= 0n ? target >> shift : target << -shift);
}

/** Whether the block's hash, read as a little-endian number, is not above its target. */
export function hasGenesisWork({ header }: Block): boolean {
  return littleEndian(header.hash) <= targetOf(header.bits);
}

/** `parts` with a nonce that gives them their proof of work; the time moves on when all nonces fail. */
export function solveGenesis(parts: Omit<GenesisParts, "nonce">): GenesisParts {
  for (let time = parts.time; ; time++) {
    for (let nonce = 0; nonce <= 0xffff_ffff; nonce++) {
      const solved = { ...parts, time, nonce };
      if (hasGenesisWork(genesisBlock(solved))) return solved;
    }
  }
}

function littleEndian(bytes: Bytes): bigint {
  return bytes.reduceRight((value, byte) => value * 256n + BigInt(byte), 0n);
}
