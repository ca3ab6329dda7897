/**
 * Which addresses are likely in one hand, for one node.
 *
 * Source: Bitcoin Core, netgroup.cpp, NetGroupManager.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { asIpv6 } from "../base/ip_address.ts";
import { GROUP_CLASS, linkedIpv4, type NetGroup, netGroup } from "../primitives/net_group.ts";
import { isRoutable, type NetworkAddress, type NetworkHost } from "../primitives/network_address.ts";
import type { Asmap } from "./asmap.ts";

/** Where there is no map. */
const NO_MAP_VERSION = new Uint8Array(32);

/** How many autonomous systems some addresses are spread over. */
export interface AsmapHealth {
  /** Addresses that a map may know: IPv4 and IPv6. */
  readonly addresses: number;
  readonly systems: number;
  /** Addresses that it does not know. */
  readonly unmapped: number;
}

export class NetGroups {
  readonly #asmap: Asmap | undefined;
  readonly #countsPorts: boolean;

  /**
   * By the autonomous system where `asmap` knows it, else by the start of the address. `countsPorts`:
   * each port of this machine is a group of its own, for networks inside one machine.
   */
  constructor(asmap: Asmap | undefined, countsPorts: boolean) {
    this.#asmap = asmap;
    this.#countsPorts = countsPorts;
  }

  /** 32 bytes that tell this map from others, zeros without one: places in `peers.dat` depend on it. */
  get asmapVersion(): Bytes {
    return this.#asmap?.version ?? NO_MAP_VERSION;
  }

  get hasAsmap(): boolean {
    return this.#asmap !== undefined;
  }

  group(address: NetworkAddress): NetGroup {
    const asn = this.asn(address);
    if (asn === 0) return netGroup(address, this.#countsPorts);
    // IPv4 and IPv6 of one system are one group.
    const { ipv6 } = GROUP_CLASS;
    return String.fromCharCode(ipv6, asn & 0xff, (asn >>> 8) & 0xff, (asn >>> 16) & 0xff, asn >>> 24);
  }

  /** The autonomous system that announces the address; zero, which is nobody's (RFC 7607), if unknown. */
  asn(host: NetworkHost): number {
    if (this.#asmap === undefined || !isRoutable(host)) return 0;
    const ipv4 = linkedIpv4(host);
    if (ipv4 !== undefined) return this.#asmap.asn(asIpv6(ipv4));
    return host.network === "ipv6" ? this.#asmap.asn(host.bytes) : 0;
  }

  /** How well a map spreads these addresses, which should be many systems'. */
  health(hosts: Iterable<NetworkHost>): AsmapHealth {
    const systems = new Set<number>();
    let addresses = 0;
    let unmapped = 0;
    for (const host of hosts) {
      if (host.network !== "ipv4" && host.network !== "ipv6") continue;
      addresses++;
      const asn = this.asn(host);
      if (asn === 0) unmapped++;
      else systems.add(asn);
    }
    return { addresses, systems: systems.size, unmapped };
  }
}
