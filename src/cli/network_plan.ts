/**
 * Proxies, routers and the networks behind them, from settings, with Bitcoin Core's words for what
 * cannot be.
 *
 * Source: Bitcoin Core, init.cpp.
 *
 * @module
 */
import type { NetworkSettings } from "../connections/networks.ts";
import type { Socks5Proxy, ProxyPlace } from "../connections/route.ts";
import type { NetworkPlan } from "../io/networks/node_networks.ts";
import { CONNECT_TIMEOUT_MS } from "../io/networks/open_place.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { formatAddress, parseIp } from "../primitives/host_text.ts";
import { isLoopback, NETWORK_NAMES, type NetworkName } from "../primitives/network_address.ts";
import { choosesPeers } from "./connection_plan.ts";
import { UsageError } from "./core_flags.ts";
import type { ListenPlan } from "./listen_plan.ts";
import { readInteger } from "./read_setting.ts";
import { readPlace, withoutSuffix } from "./read_place.ts";
import type { Settings } from "./settings.ts";

export interface NetworksPlan {
  /** For the node. */
  readonly settings: NetworkSettings;
  /** For what stands around it. */
  readonly plan: NetworkPlan;
  readonly privateBroadcast: boolean;
  readonly warnings: readonly string[];
}

const SOCKS_PORT = 9050;
const CONTROL_PORT = 9051;
const SAM_PORT = 7656;

/** @throws {UsageError} */
export async function planNetworks(
  settings: Settings, params: ChainParams, listen: ListenPlan,
): Promise<NetworksPlan> {
  const allowed = readOnlyNet(settings);
  refuseUselessSeeding(settings, allowed);
  const { nameProxy, ...proxies } = await readProxies(settings);
  const listensOnion = readListenOnion(settings, params, listen);
  const i2pRouter = await readRouter(settings);
  const reachable = reachableNetworks(settings, allowed, { onion: proxies.onion, i2pRouter, listensOnion });
  const accepts = settings.flag("i2pacceptincoming", true);
  const timeout = readInteger(settings, "timeout", CONNECT_TIMEOUT_MS);
  return {
    settings: { reachable, allowed, proxies, nameProxy, i2pRouter },
    plan: {
      timeout: timeout > 0 ? timeout : CONNECT_TIMEOUT_MS,
      looksUpNames: settings.flag("dns", true),
      i2p: i2pRouter === undefined ? undefined : { place: i2pRouter, accepts },
      tor: listensOnion ? await readTor(settings, params, listen) : undefined,
      mappedPort: readMappedPort(settings, params, listen),
    },
    ...readPrivateBroadcast(settings, { reachable, allowed, listensOnion }, [
      ...(listensOnion && listen.onionBinds.length > 1 ? [manyOnionBinds(listen)] : []),
    ]),
  };
}

function readOnlyNet(settings: Settings): ReadonlySet<NetworkName> {
  const texts = settings.list("onlynet");
  if (texts.length === 0) return new Set(NETWORK_NAMES);
  return new Set(texts.map((text) => {
    const network = NETWORK_NAMES.find((name) => name === text.toLowerCase());
    if (network === undefined) throw new UsageError(`Unknown network specified in -onlynet: '${text}'`);
    return network;
  }));
}

/** Who asks seeds connects to IPv4 or IPv6. */
function refuseUselessSeeding(settings: Settings, allowed: ReadonlySet<NetworkName>): void {
  const isAsked = settings.isSet("dnsseed") && settings.flag("dnsseed");
  if (!isAsked || allowed.has("ipv4") || allowed.has("ipv6")) return;
  throw new UsageError(
    "Incompatible options: -dnsseed=1 was explicitly specified, but -onlynet forbids connections to " +
    "IPv4/IPv6");
}

type Proxies = Partial<Record<NetworkName, Socks5Proxy>> & { nameProxy?: Socks5Proxy | undefined };

async function readProxies(settings: Settings): Promise<Partial<Record<NetworkName, Socks5Proxy>> &
  { readonly nameProxy: Socks5Proxy | undefined }> {
  const isolated = settings.flag("proxyrandomize", true);
  const proxies: Proxies = {};
  for (const text of settings.list("proxy")) {
    const given = withoutSuffix(text);
    const suffix = given === text ? "" : text.slice(given.length + 1);
    if (given !== text && suffix === "") {
      throw new UsageError(`Invalid -proxy address or hostname, ends with '=': '${text}'`);
    }
    const place = await readProxyPlace(settings, "proxy", given);
    for (const use of usesOf(text, suffix.toLowerCase())) {
      if (place === undefined) delete proxies[use];
      else proxies[use] = { place, isolated };
    }
  }
  const onion = settings.text("onion") ?? "";
  const onionPlace = await readProxyPlace(settings, "onion", onion);
  if (onionPlace !== undefined) proxies.onion = { place: onionPlace, isolated };
  else if (onion === "0") delete proxies.onion;
  return { nameProxy: undefined, ...proxies };
}

/** What a proxy is for, by the suffix of its option. */
function usesOf(text: string, suffix: string): readonly (NetworkName | "nameProxy")[] {
  switch (suffix) {
    case "":
      return ["ipv4", "ipv6", "onion", "cjdns", "nameProxy"];
    case "ipv4":
    case "ipv6":
      return [suffix, "nameProxy"];
    case "onion":
    case "cjdns":
      return [suffix];
    default:
      throw new UsageError(`Unrecognized network in -proxy='${text}': '${suffix}'`);
  }
}

/** `undefined` for none. */
async function readProxyPlace(
  settings: Settings, name: string, text: string,
): Promise<ProxyPlace | undefined> {
  if (text === "" || text === "0") return undefined;
  const place = await readPlace(settings, text, SOCKS_PORT);
  if (place === undefined) throw new UsageError(`Invalid -${name} address or hostname: '${text}'`);
  return place;
}

async function readRouter(settings: Settings): Promise<ProxyPlace | undefined> {
  const text = settings.isNegated("i2psam") ? "" : settings.text("i2psam") ?? "";
  if (text === "") return undefined;
  const place = await readPlace(settings, text, SAM_PORT);
  if (place === undefined) throw new UsageError(`Invalid -i2psam address or hostname: '${text}'`);
  return place;
}

/**
 * Whether Tor is asked for an onion service. Bitcoin Core does by default on all networks; here a chain for
 * tests is only made known to the world when that is asked for.
 */
function readListenOnion(settings: Settings, params: ChainParams, listen: ListenPlan): boolean {
  const listens = listen.addresses.length > 0;
  if (!settings.isSet("listenonion")) return listens && params.isPublic;
  const isOn = settings.flag("listenonion");
  if (isOn && !listens) throw new UsageError("Cannot set -listen=0 together with -listenonion=1");
  return isOn;
}

/**
 * The port that gateways are asked to map to us. Bitcoin Core asks on all networks; here, on those for tests,
 * only when it is wished for, as with onion services.
 */
function readMappedPort(settings: Settings, params: ChainParams, { addresses }: ListenPlan): number | undefined {
  if (!settings.flag("natpmp", params.isPublic)) return undefined;
  return addresses.find(({ host, port }) => {
    const ip = parseIp(host);
    return port !== 0 && (ip === undefined || !isLoopback(ip));
  })?.port;
}

interface Ways {
  readonly onion: Socks5Proxy | undefined;
  readonly i2pRouter: ProxyPlace | undefined;
  readonly listensOnion: boolean;
}

function reachableNetworks(
  settings: Settings, allowed: ReadonlySet<NetworkName>, { onion, i2pRouter, listensOnion }: Ways,
): ReadonlySet<NetworkName> {
  const restricted = settings.list("onlynet").length > 0;
  const without = new Set<NetworkName>();
  if (!settings.flag("cjdnsreachable")) without.add("cjdns");
  if (i2pRouter === undefined) without.add("i2p");
  if (onion === undefined) without.add("onion");
  const isMissing = (name: NetworkName): boolean => restricted && allowed.has(name) && without.has(name);
  if (isMissing("cjdns")) {
    throw new UsageError("Outbound connections restricted to CJDNS (-onlynet=cjdns) but -cjdnsreachable is " +
      "not provided");
  }
  if (isMissing("onion")) refuseOnlyOnion(settings.text("onion") === "0", listensOnion);
  if (isMissing("i2p")) {
    throw new UsageError("Outbound connections restricted to i2p (-onlynet=i2p) but -i2psam is not provided");
  }
  return new Set([...allowed].filter((name) => !without.has(name)));
}

/** Tor's control port may still tell of its proxy. */
function refuseOnlyOnion(isForbidden: boolean, listensOnion: boolean): void {
  const start = "Outbound connections restricted to Tor (-onlynet=onion) but the proxy for reaching the " +
    "Tor network is";
  if (isForbidden) throw new UsageError(`${start} explicitly forbidden: -onion=0`);
  if (listensOnion) return;
  throw new UsageError(`${start} not provided: none of -proxy, -onion or -listenonion is given`);
}

async function readTor(
  settings: Settings, params: ChainParams, { onionTarget }: ListenPlan,
): Promise<NetworkPlan["tor"]> {
  if (onionTarget === undefined) return undefined;
  const text = settings.text("torcontrol") ?? `127.0.0.1:${CONTROL_PORT}`;
  const place = await readPlace(settings, text, CONTROL_PORT);
  if (place === undefined) throw new UsageError(`Invalid -torcontrol address or hostname: '${text}'`);
  return {
    place,
    password: settings.text("torpassword") ?? "",
    target: formatAddress(onionTarget),
    servicePort: params.port,
    wantsProxy: (settings.text("onion") ?? "") === "",
  };
}

function manyOnionBinds({ onionTarget }: ListenPlan): string {
  const target = onionTarget === undefined ? "" : formatAddress(onionTarget);
  return `More than one onion bind address is provided. Using ${target} for the automatically created Tor ` +
    "onion service.";
}

interface Reach {
  readonly reachable: ReadonlySet<NetworkName>;
  readonly allowed: ReadonlySet<NetworkName>;
  readonly listensOnion: boolean;
}

function readPrivateBroadcast(
  settings: Settings, { reachable, allowed, listensOnion }: Reach, warnings: readonly string[],
): Pick<NetworksPlan, "privateBroadcast" | "warnings"> {
  if (!settings.flag("privatebroadcast")) return { privateBroadcast: false, warnings };
  const start = "Private broadcast of own transactions requested (-privatebroadcast)";
  const mayHaveOnion = reachable.has("onion") || (listensOnion && allowed.has("onion"));
  if (!reachable.has("i2p") && !mayHaveOnion) {
    throw new UsageError(`${start}, but none of Tor or I2P networks is reachable`);
  }
  if (!choosesPeers(settings)) {
    throw new UsageError(`${start}, but -connect is also configured. They are incompatible because the ` +
      "private broadcast needs to open new connections to randomly chosen Tor or I2P peers. Consider using " +
      "-maxconnections=0 -addnode=... instead");
  }
  const isLinked = mayHaveOnion && !settings.flag("proxyrandomize", true);
  const linked = `${start} and -proxyrandomize is disabled. Tor circuits for private broadcast ` +
    "connections may be correlated to other connections over Tor. For maximum privacy set -proxyrandomize=1.";
  return { privateBroadcast: true, warnings: isLinked ? [...warnings, linked] : warnings };
}
