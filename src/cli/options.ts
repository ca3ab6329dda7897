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

/** As `tidings node --help` shows them. */
const GROUPS: Readonly<Record<string, readonly Option[]>> = {
  "The chain": CHAIN_OPTIONS,
  "Indexes": INDEX_OPTIONS,
  "Connections": NETWORK_OPTIONS,
  "Finding peers, and keeping some out": DISCOVERY_OPTIONS,
  "Proxies, Tor, I2P and CJDNS": PROXY_OPTIONS,
  "How much peers are sent": PEER_OPTIONS,
  "What is relayed and mined": POLICY_OPTIONS,
  "JSON-RPC": RPC_OPTIONS,
  "General": GENERAL_OPTIONS,
};

export const OPTIONS: readonly Option[] = [...Object.values(GROUPS).flat(), ...ABSENT_OPTIONS];

const GROUP_OF: ReadonlyMap<string, string> = new Map(Object.entries(GROUPS).flatMap(([title, options]) =>
  options.map(({ name }) => [name, title] as const)));

export function groupOf({ name }: Option): string {
  return GROUP_OF.get(name) ?? "";
}

const BY_NAME: ReadonlyMap<string, Option> = new Map(OPTIONS.map((option) => [option.name, option]));

export function findOption(name: string): Option | undefined {
  return BY_NAME.get(name);
}
