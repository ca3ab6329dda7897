/**
 * Every setting there is, once. Flags of `tidingsd` and `tidings`, bitcoin.conf and the environment
 * are readers of this table.
 *
 * @module
 */
import type { Option } from "./option.ts";
import { ABSENT_OPTIONS } from "./options_absent.ts";
import { CHAIN_OPTIONS } from "./options_chain.ts";
import { GENERAL_OPTIONS } from "./options_general.ts";
import { INDEX_OPTIONS } from "./options_indexes.ts";
import { DISCOVERY_OPTIONS } from "./options_discovery.ts";
import { NETWORK_OPTIONS } from "./options_network.ts";
import { PEER_OPTIONS } from "./options_peers.ts";
import { POLICY_OPTIONS } from "./options_policy.ts";
import { PROXY_OPTIONS } from "./options_proxy.ts";
import { RPC_OPTIONS } from "./options_rpc.ts";

export const OPTIONS: readonly Option[] = [
  ...GENERAL_OPTIONS, ...CHAIN_OPTIONS, ...INDEX_OPTIONS, ...NETWORK_OPTIONS, ...DISCOVERY_OPTIONS, ...PROXY_OPTIONS, ...PEER_OPTIONS,
  ...POLICY_OPTIONS, ...RPC_OPTIONS, ...ABSENT_OPTIONS,
];

const BY_NAME: ReadonlyMap<string, Option> = new Map(OPTIONS.map((option) => [option.name, option]));

export function findOption(name: string): Option | undefined {
  return BY_NAME.get(name);
}
