/**
 * What there is of connections, counted as they come and go: no choice looks at all of them.
 *
 * @module
 */
import type { NetGroups } from "../addrbook/net_groups.ts";
import { Tally } from "../base/tally.ts";
import type { ConnectionType } from "../peer/peer.ts";
import { dialKey } from "../primitives/host_text.ts";
import type { NetGroup } from "../primitives/net_group.ts";
import {
  addressKey, hostKey, isLoopback, type NetworkAddress, type NetworkName,
} from "../primitives/network_address.ts";

/** A connection, or an attempt at one: from the dial to the end it is counted once. */
export interface Counted {
  readonly type: ConnectionType;
  readonly address: NetworkAddress;
}

/** Those that stay: short ones say nothing about who our peers are. */
export const LASTING_TYPES: ReadonlySet<ConnectionType> = new Set<ConnectionType>([
  "manual", "outbound-full-relay", "block-relay-only",
]);
const KEEPS_NETWORK: ReadonlySet<ConnectionType> =
  new Set<ConnectionType>(["manual", "outbound-full-relay"]);

export class OpenConnections {
  readonly #netGroups: Pick<NetGroups, "group">;
  readonly #types = new Tally<ConnectionType>();
  readonly #addresses = new Tally<string>();
  readonly #hosts = new Tally<string>();
  readonly #groups = new Tally<NetGroup>();
  readonly #networks = new Tally<NetworkName>();
  #hidden = 0;

  constructor(netGroups: Pick<NetGroups, "group">) {
    this.#netGroups = netGroups;
  }

  add({ type, address }: Counted): void {
    this.#types.add(type);
    this.#addresses.add(dialKey(address));
    this.#hosts.add(hostKey(address));
    if (KEEPS_NETWORK.has(type)) this.#networks.add(address.network);
    if (!LASTING_TYPES.has(type)) return;
    if (hasGroups(address)) this.#groups.add(this.#netGroups.group(address));
    else this.#hidden += 1;
  }

  /** What `add` was called with, or what has come of it. */
  remove({ type, address }: Counted): void {
    this.#types.remove(type);
    this.#addresses.remove(dialKey(address));
    this.#hosts.remove(hostKey(address));
    if (KEEPS_NETWORK.has(type)) this.#networks.remove(address.network);
    if (!LASTING_TYPES.has(type)) return;
    if (hasGroups(address)) this.#groups.remove(this.#netGroups.group(address));
    else this.#hidden -= 1;
  }

  count(type: ConnectionType): number {
    return this.#types.count(type);
  }

  /** Connected, in whichever direction, or being dialled. */
  has(address: NetworkAddress): boolean {
    return this.#addresses.has(dialKey(address));
  }

  /** As `has`, on any port: a host needs no second one. Each port of this machine may be another node. */
  hasHost(address: NetworkAddress): boolean {
    return isLoopback(address) ? this.#addresses.has(addressKey(address)) : this.#hosts.has(hostKey(address));
  }

  /** Whether one of our lasting connections leads to its group already; hidden services have none. */
  hasGroup(address: NetworkAddress): boolean {
    return hasGroups(address) && this.#groups.has(this.#netGroups.group(address));
  }

  /** Of full-relay and manual connections: those that keep us on a network. */
  countOfNetwork(network: NetworkName): number {
    return this.#networks.count(network);
  }

  /** How many hands our lasting connections are in, as far as can be told. */
  get diversity(): number {
    return this.#groups.size + this.#hidden;
  }
}

/** Addresses of Tor, I2P and CJDNS are free to make, so that their groups say nothing. */
function hasGroups({ network }: NetworkAddress): boolean {
  return network === "ipv4" || network === "ipv6";
}
