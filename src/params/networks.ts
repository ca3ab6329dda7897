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

/** What people call the networks, in the order in which they are listed. */
export const NETWORK_NAMES: readonly string[] = NETWORKS.map((network) =>
  [...NICKNAMES].find(([, known]) => known === network)?.[0] ?? network.name);

/** `undefined` for a name that is none of theirs. */
export function networkByName(name: string): ChainParams | undefined {
  return NICKNAMES.get(name) ?? NETWORKS.find((network) => network.name === name);
}
