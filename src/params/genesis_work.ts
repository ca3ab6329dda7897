import type { Block } from "../primitives/block.ts";
import { meetsTarget } from "../primitives/target.ts";
import { type GenesisParts, genesisBlock } from "./genesis.ts";

/** No hash is above it: the limit of the chain is asked for elsewhere. */
const TARGET_MAX = (1n << 256n) - 1n;

/** Whether the block's hash is not above the target that its header claims. */
export function hasGenesisWork({ header }: Block): boolean {
  return meetsTarget(header.hash, header.bits, TARGET_MAX);
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
