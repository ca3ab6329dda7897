/**
 * Networks as values: what `createNode` is given.
 *
 * @module
 */
import { parseChainFile } from "../params/chain_file.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { MAIN } from "../params/main.ts";
import { REGTEST } from "../params/regtest.ts";
import { SIGNET } from "../params/signet.ts";
import { TESTNET4 } from "../params/testnet4.ts";
import { configError } from "./errors.ts";

/** One network: its rules, its genesis block, its ports. Your own comes from `chainFromFile`. */
export type Chain = ChainParams;

export const chains = { main: MAIN, testnet4: TESTNET4, signet: SIGNET, regtest: REGTEST } as const;

/**
 * The network that a chain file describes (made by `tidings chain new`).
 *
 * @param text  the contents of the file, not its name
 * @throws {TidingsError} CONFIG, with every fault of the file
 */
export function chainFromFile(text: string): Chain {
  const verdict = parseChainFile(text);
  if (verdict.ok) return verdict.params;
  throw configError("the chain file", verdict.errors.join("; "), "what `tidings chain new` writes");
}
