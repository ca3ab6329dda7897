/**
 * What is known of others beside the connections: their addresses, and who is not wanted.
 *
 * @module
 */
import { formatHostSubnet, type HostSubnet, parseHostSubnet, singleHost } from "../addrbook/host_subnet.ts";
import type { NodeCore } from "../node/node_core.ts";
import { formatAddress } from "../primitives/host_text.ts";
import { NETWORK_NAMES, type NetworkName } from "../primitives/network_address.ts";
import { configError } from "./errors.ts";
import { readCount } from "./read_option.ts";

/** What a book of addresses can hold, and more. */
const SAMPLE_MAX = 1_000_000;

/** Times are Unix seconds. */
export interface BanView {
  /** `192.0.2.0/24`, or the address of a hidden service. */
  readonly subnet: string;
  readonly createdAt: number;
  readonly until: number;
}

export interface BanQueries {
  /** Those in force. */
  list(): readonly BanView[];
}

/** A node that may be there. */
export interface AddressView {
  /** `host:port` */
  readonly address: string;
  readonly network: NetworkName;
  readonly services: bigint;
  /** Unix seconds, as far as others say. */
  readonly lastSeen: number;
}

export interface AddressCounts {
  /** Those that were only heard of. */
  readonly new: number;
  /** Those of nodes that this one has been connected to. */
  readonly tried: number;
  readonly total: number;
}

export interface AddressQueries {
  /** How many are known, in all or of one network. */
  count(network?: NetworkName): AddressCounts;
  /** At most `count` of them, drawn at random, without those that are stale or banned. */
  sample(count: number, network?: NetworkName): readonly AddressView[];
  /** Where this node tells others that it is reached, `host:port`; surest first. */
  own(): readonly string[];
}

export function banQueries({ bans }: NodeCore): BanQueries {
  return {
    list: () => bans.list().map((ban) => ({
      subnet: formatHostSubnet(ban), createdAt: ban.at, until: ban.until,
    })),
  };
}

export function addressQueries({ addresses, bans, discouraged, localAddresses }: NodeCore): AddressQueries {
  return {
    count(network) {
      checkNetwork(network);
      return {
        new: addresses.size({ network, isNew: true }),
        tried: addresses.size({ network, isNew: false }),
        total: addresses.size({ network }),
      };
    },
    sample(count, network) {
      checkNetwork(network);
      const countMax = readCount("count", count, SAMPLE_MAX);
      if (countMax === 0) return [];
      return addresses.sample({ countMax, percentMax: 0, network, isFiltered: true })
        .filter(({ address }) => !bans.isBanned(address) && !discouraged.has(address))
        .map(({ address, services, time }) => ({
          address: formatAddress(address), network: address.network, services, lastSeen: time,
        }));
    },
    own: () => [...localAddresses].sort((a, b) => b.score - a.score)
      .map(({ address }) => formatAddress(address)),
  };
}

/** An address, or the start of it and how many bits count. @throws {TidingsError} CONFIG */
export function readSubnet(text: string, { networks }: NodeCore): HostSubnet {
  const subnet = typeof text === "string" ? parseHostSubnet(text) : undefined;
  if (subnet === undefined) {
    throw configError("subnet", text, "an address or a subnet, such as \"192.0.2.7\" or \"192.0.2.0/24\"");
  }
  const isOne = subnet.prefixBits === 8 * subnet.host.bytes.length;
  // One of CJDNS is written as an address of IPv6.
  return isOne ? singleHost(networks.asReached({ ...subnet.host, port: 0 })) : subnet;
}

function checkNetwork(network: NetworkName | undefined): void {
  if (network === undefined || NETWORK_NAMES.includes(network)) return;
  throw configError("network", network, `one of ${NETWORK_NAMES.join(", ")}`);
}
