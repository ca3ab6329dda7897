import type { ChainParams } from "./chain_params.ts";
import { MAIN } from "./main.ts";
import { REGTEST } from "./regtest.ts";
import { SIGNET } from "./signet.ts";
import { TESTNET3 } from "./testnet3.ts";
import { TESTNET4 } from "./testnet4.ts";

/** The networks that are known by name alone. */
export const NETWORKS: readonly ChainParams[] = [MAIN, TESTNET3, TESTNET4, SIGNET, REGTEST];

/** What people call a network whose name is another. */
const NICKNAMES: ReadonlyMap<string, ChainParams> = new Map([["testnet3", TESTNET3]]);

/** `undefined` for a name that is none of theirs. */
export function networkByName(name: string): ChainParams | undefined {
  return NICKNAMES.get(name) ?? NETWORKS.find((network) => network.name === name);
}
