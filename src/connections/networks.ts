/**
 * Which networks can be reached, and by which way.
 *
 * Source: Bitcoin Core, netbase.cpp (ReachableNets, SetProxy, SetNameProxy).
 *
 * @module
 */
import {
  isDisguised, isNamed, isRoutable, type NetworkAddress, type NetworkName,
} from "../primitives/network_address.ts";
import { DIRECT, type Socks5Proxy, type ProxyPlace, type Route } from "./route.ts";

export interface NetworkSettings {
  /** Those that may be dialled, for choices of our own (`-onlynet`); who is named is dialled all the same. */
  readonly reachable: ReadonlySet<NetworkName>;
  /** Those that may become reachable later, when a way is found. */
  readonly allowed: ReadonlySet<NetworkName>;
  readonly proxies: Readonly<Partial<Record<NetworkName, Socks5Proxy>>>;
  /** For hosts that are known by name only. */
  readonly nameProxy: Socks5Proxy | undefined;
  /** The SAM bridge of an I2P router. */
  readonly i2pRouter: ProxyPlace | undefined;
}

/** No proxies: what a node has that is told nothing. */
export const DIRECT_NETWORKS: NetworkSettings = {
  reachable: new Set<NetworkName>(["ipv4", "ipv6"]),
  allowed: new Set(),
  proxies: {},
  nameProxy: undefined,
  i2pRouter: undefined,
};

export class Networks {
  readonly #settings: NetworkSettings;
  /** Found while running: Tor's, through its control port. */
  readonly #found = new Map<NetworkName, Socks5Proxy>();
  readonly #reachable: Set<NetworkName>;

  constructor(settings: NetworkSettings) {
    this.#settings = settings;
    this.#reachable = new Set(settings.reachable);
  }

  /** As of now: read it anew each time. */
  get reachable(): ReadonlySet<NetworkName> {
    return this.#reachable;
  }

  isReachable({ network }: NetworkAddress): boolean {
    return this.#reachable.has(network);
  }

  /** Addresses of CJDNS look like private ones of IPv6, and are such to whoever is not in that network. */
  asReached(address: NetworkAddress): NetworkAddress {
    const isCjdns = address.network === "ipv6" && this.#reachable.has("cjdns")
      && !isDisguised({ ...address, network: "cjdns" });
    return isCjdns ? { ...address, network: "cjdns" } : address;
  }

  /** Whether names are looked up by a proxy, and never by us. */
  get hasNameProxy(): boolean {
    return this.#settings.nameProxy !== undefined;
  }

  proxyOf(network: NetworkName): Socks5Proxy | undefined {
    return this.#found.get(network) ?? this.#settings.proxies[network];
  }

  /** Where connections to a network go first: its proxy, or its router. */
  placeOf(network: NetworkName): ProxyPlace | undefined {
    return network === "i2p" ? this.#settings.i2pRouter : this.proxyOf(network)?.place;
  }

  /** `undefined` where there is no way: a hidden service without its proxy. */
  routeTo(address: NetworkAddress): Route | undefined {
    const { nameProxy, i2pRouter } = this.#settings;
    if (isNamed(address)) return nameProxy === undefined ? DIRECT : { type: "socks5", proxy: nameProxy };
    // On this machine, or behind the same router: no proxy leads there.
    if (!isRoutable(address)) return DIRECT;
    if (address.network === "i2p") return i2pRouter && { type: "i2p", isTransient: false };
    const proxy = this.proxyOf(address.network);
    if (proxy !== undefined) return { type: "socks5", proxy };
    return address.network === "onion" ? undefined : DIRECT;
  }

  /** A proxy has turned up: what lies behind it can be reached from now on. */
  foundProxy(network: NetworkName, proxy: Socks5Proxy): void {
    this.#found.set(network, proxy);
    if (this.#settings.allowed.has(network)) this.#reachable.add(network);
  }
}
