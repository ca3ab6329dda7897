import type { ChainParams } from "./chain_params.ts";
import { MAIN } from "./main.ts";
import { REGTEST } from "./regtest.ts";
import { SIGNET } from "./signet.ts";
import { TESTNET4 } from "./testnet4.ts";

/** The networks that are known by name alone. */
export const NETWORKS: readonly ChainParams[] = [MAIN, TESTNET4, SIGNET, REGTEST];

/** `undefined` for a name that is none of theirs. */
export function networkByName(name: string): ChainParams | undefined {
  return NETWORKS.find((network) => network.name === name);
}
