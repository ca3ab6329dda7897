/**
 * Proxies, routers and the networks behind them, from the options of `createNode`.
 *
 * @module
 */
import { DIRECT_NETWORKS, type NetworkSettings } from "../connections/networks.ts";
import { parsePlace, type ProxyPlace, type Socks5Proxy } from "../connections/route.ts";
import { type NetworkPlan, PLAIN_NETWORKS } from "../io/networks/node_networks.ts";
import { NETWORK_NAMES, type NetworkName } from "../primitives/network_address.ts";
import type { CreateNodeOptions } from "./create_node_options.ts";
import { configError } from "./errors.ts";
import { readTexts } from "./read_option.ts";

const SOCKS_PORT = 9050;
const SAM_PORT = 7656;

export interface NetworksPlan {
  /** For the node. */
  readonly settings: NetworkSettings;
  /** For what stands around it. */
  readonly plan: NetworkPlan;
}

/** @throws {TidingsError} CONFIG */
export function planNetworks(options: CreateNodeOptions, listens: boolean): NetworksPlan {
  const proxy = readProxy("proxy", options.proxy);
  const onion = options.onion === false ? undefined : readProxy("onion", options.onion) ?? proxy;
  const i2pRouter = readPlace("i2pSam", options.i2pSam, SAM_PORT);
  const reachable = readReachable(options, { onion, i2pRouter });
  refuseVainPrivacy(options, reachable);
  return {
    settings: {
      ...DIRECT_NETWORKS,
      reachable, i2pRouter,
      // No way is found while it runs.
      allowed: reachable,
      proxies: {
        ...(proxy === undefined ? {} : { ipv4: proxy, ipv6: proxy, cjdns: proxy }),
        ...(onion === undefined ? {} : { onion }),
      },
      nameProxy: proxy,
    },
    plan: {
      ...PLAIN_NETWORKS,
      i2p: i2pRouter === undefined ? undefined : { place: i2pRouter, accepts: listens },
    },
  };
}

function readProxy(option: string, text: string | undefined): Socks5Proxy | undefined {
  const place = readPlace(option, text, SOCKS_PORT);
  return place === undefined ? undefined : { place, isolated: true };
}

function readPlace(option: string, text: string | undefined, defaultPort: number): ProxyPlace | undefined {
  if (text === undefined) return undefined;
  const place = typeof text === "string" ? parsePlace(text, defaultPort) : undefined;
  if (place !== undefined) return place;
  throw configError(
    option, text, `"host:port" with an IP address as host, such as "127.0.0.1:${defaultPort}"`,
  );
}

interface Ways {
  readonly onion: Socks5Proxy | undefined;
  readonly i2pRouter: ProxyPlace | undefined;
}

function readReachable(
  { onlyNetworks, cjdnsReachable = false }: CreateNodeOptions, { onion, i2pRouter }: Ways,
): ReadonlySet<NetworkName> {
  const ways: Readonly<Record<NetworkName, string | undefined>> = {
    ipv4: undefined,
    ipv6: undefined,
    onion: onion === undefined ? "proxy or onion" : undefined,
    i2p: i2pRouter === undefined ? "i2pSam" : undefined,
    cjdns: cjdnsReachable ? undefined : "cjdnsReachable",
  };
  if (onlyNetworks === undefined) return new Set(NETWORK_NAMES.filter((name) => ways[name] === undefined));
  const some = `some of ${NETWORK_NAMES.join(", ")}`;
  const names = readTexts("onlyNetworks", onlyNetworks, some);
  if (names.length === 0) {
    const hint = "That is what connectOnly is for";
    throw configError("onlyNetworks", names, `${some}: with none, nobody is dialled`, hint);
  }
  return new Set(names.map((text) => {
    const name = NETWORK_NAMES.find((each) => each === text);
    if (name === undefined) throw configError("onlyNetworks", text, some);
    const missing = ways[name];
    if (missing === undefined) return name;
    throw configError("onlyNetworks", name, `a network that can be reached: this one by ${missing}`);
  }));
}

/** @throws {TidingsError} CONFIG when what is to be sent in private could never be */
function refuseVainPrivacy(
  { privateBroadcast = false, connectOnly = false }: CreateNodeOptions, reachable: ReadonlySet<NetworkName>,
): void {
  if (!privateBroadcast) return;
  if (!reachable.has("onion") && !reachable.has("i2p")) {
    throw configError("privateBroadcast", true, "a way to Tor or I2P: proxy, onion or i2pSam");
  }
  if (!connectOnly) return;
  throw configError("privateBroadcast", true, "no connectOnly: transactions go to nodes drawn at random");
}
