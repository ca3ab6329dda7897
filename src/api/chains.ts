/**
 * Networks as values: what `createNode` is given.
 *
 * @module
 */
import type { ChainParams } from "../params/chain_params.ts";
import { MAIN } from "../params/main.ts";
import { REGTEST } from "../params/regtest.ts";
import { SIGNET } from "../params/signet.ts";
import { TESTNET3 } from "../params/testnet3.ts";
import { TESTNET4 } from "../params/testnet4.ts";

/** One network: its rules, its genesis block, its ports. Your own comes from `chainFromFile`. */
export type Chain = ChainParams;

export const chains = {
  main: MAIN, testnet3: TESTNET3, testnet4: TESTNET4, signet: SIGNET, regtest: REGTEST,
} as const;
