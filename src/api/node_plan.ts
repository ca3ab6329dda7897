/**
 * From the options of `createNode` to what the node is opened with.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Asmap } from "../addrbook/asmap.ts";
import { LOG_CATEGORIES } from "../base/logger.ts";
import { INDEX_KINDS, INDEX_TRAITS, type IndexKind } from "../chain/indexes/index_kinds.ts";
import { DEFAULT_MAX_CONNECTIONS } from "../connections/limits.ts";
import { Networks, type NetworkSettings } from "../connections/networks.ts";
import { foundAddresses, isAnyAddress } from "../io/interfaces.ts";
import type { ListenAddress } from "../io/listener.ts";
import type { OpenNodeOptions } from "../io/node_host.ts";
import { userAgent } from "../io/version.ts";
import { DEFAULT_DISCOVERY, type DiscoveryOptions } from "../node/seeding/discovery_options.ts";
import { defaultNodeOptions, type NodeOptions } from "../node/node_options.ts";
import { parseWhitelist, type PermissionRule } from "../peer/permissions.ts";
import { parseHost, splitHostPort } from "../primitives/host_text.ts";
import { isLoopback, type NetworkAddress } from "../primitives/network_address.ts";
import { chains } from "./chains.ts";
import { type CreateNodeOptions, FLAG_NAMES, OPTION_NAMES } from "./create_node_options.ts";
import { configError } from "./errors.ts";
import { planNetworks } from "./network_plan.ts";
import { makeLogger } from "./node_log.ts";
import { readAddress, readCount, readDestination, readTexts } from "./read_option.ts";

const MIB = 1024 * 1024;
/** Bitcoin Core's least `-prune`, below which a reorganisation on a full network could need what is gone. */
const PRUNE_BYTES_MIN = 550 * MIB;
/** Bitcoin Core's MAX_SUBVERSION_LENGTH. */
const USER_AGENT_LENGTH_MAX = 256;
const CONNECTIONS_MAX = 10_000;
/** What a rule without permissions grants, as by Bitcoin Core's `-whitelistrelay`. */
const USUAL_PERMISSIONS = { relay: true, forceRelay: false };

/** @throws {TidingsError} CONFIG */
export function planNode(options: CreateNodeOptions): OpenNodeOptions {
  checkShape(options);
  const { chain, store, signal, log, debug = [] } = options;
  if (!(signal === undefined || signal instanceof AbortSignal)) {
    throw configError("signal", signal, "an AbortSignal");
  }
  for (const name of debug) checkCategory(name);
  const listen = readListen(options);
  // Before anything is opened; the port may be known only then.
  readExternal(options, chain.port);
  const networks = planNetworks(options, listen.length > 0);
  const core = readNodeOptions(options, networks.settings, listen.length > 0);
  return {
    options: (bound) => ({ ...core, ...reachedAt(options, core, bound) }),
    dataDir: store === undefined ? undefined : join(store, chain.folder),
    listen,
    networks: networks.plan,
    asmap: readAsmap(options),
    logger: makeLogger(log, debug),
  };
}

function checkShape(options: CreateNodeOptions): void {
  const names = OPTION_NAMES.join(", ");
  if (typeof options !== "object" || options === null) {
    throw configError("the options", options, `an object with some of ${names}`);
  }
  for (const name of Object.keys(options)) {
    if (!(OPTION_NAMES as readonly string[]).includes(name)) {
      throw configError("the options", name, `one of ${names}`);
    }
  }
  const { chain, store, prune } = options;
  const some = Object.keys(chains).map((name) => `chains.${name}`).join(", ");
  if (typeof chain !== "object" || chain === null || !("genesis" in chain)) {
    throw configError("chain", chain, `one of ${some}, or what chainFromFile gives`);
  }
  if (store !== undefined && (typeof store !== "string" || store === "")) {
    throw configError("store", store, "the path of a folder");
  }
  if (prune !== undefined && typeof prune !== "object") {
    throw configError("prune", prune, "an object with targetBytes");
  }
  for (const name of FLAG_NAMES) {
    if (!["undefined", "boolean"].includes(typeof options[name])) {
      throw configError(name, options[name], "true or false");
    }
  }
}

function checkCategory(name: string): void {
  if (!(LOG_CATEGORIES as readonly string[]).includes(name)) {
    throw configError("debug", name, `some of ${LOG_CATEGORIES.join(", ")}`);
  }
}

function readNodeOptions(
  options: CreateNodeOptions, networks: NetworkSettings, listens: boolean,
): NodeOptions {
  const { chain, connectOnly = false, localPeers = false, networkActive = true } = options;
  const { blocksOnly = false, v2Transport = true, privateBroadcast = false } = options;
  const asReached = (address: NetworkAddress): NetworkAddress => new Networks(networks).asReached(address);
  const addNodes = readTexts("addNodes", options.addNodes, "\"host:port\"")
    .map((text) => ({ address: asReached(readDestination("addNodes", text, chain.port)), text }));
  return {
    ...defaultNodeOptions(chain),
    userAgent: readUserAgent(options.userAgent),
    listen: listens,
    networks,
    addNodes: connectOnly ? [] : addNodes,
    connectOnly: connectOnly ? addNodes.map(({ address }) => address) : undefined,
    discovery: readDiscovery(options, networks),
    maxConnections:
      readCount("maxConnections", options.maxConnections ?? DEFAULT_MAX_CONNECTIONS, CONNECTIONS_MAX),
    maxUploadBytes: readCount("maxUploadBytes", options.maxUploadBytes ?? 0, Number.MAX_SAFE_INTEGER),
    permissionRules: readPermissions(options),
    pruneTarget: readPrune(options),
    indexes: readIndexes(options),
    blocksOnly, localPeers, networkActive, privateBroadcast, v2Transport,
  };
}

function readDiscovery(
  { chain, connectOnly = false, seedNodes, maxConnections, dnsSeeds }: CreateNodeOptions,
  { reachable }: NetworkSettings,
): DiscoveryOptions {
  // What DNS seeds know of.
  const hasInternet = reachable.has("ipv4") || reachable.has("ipv6");
  if (dnsSeeds === true && !hasInternet) {
    throw configError("dnsSeeds", true, "ipv4 or ipv6 among onlyNetworks: they know no other addresses");
  }
  return {
    ...DEFAULT_DISCOVERY,
    usesDnsSeeds: dnsSeeds ?? (hasInternet && !connectOnly && maxConnections !== 0),
    seedNodes: readTexts("seedNodes", seedNodes, "\"host:port\"")
      .map((text) => ({ address: readDestination("seedNodes", text, chain.port), text })),
  };
}

/** Where others reach the node, once it is known where it listens. */
function reachedAt(
  options: CreateNodeOptions, { localPeers, params }: NodeOptions, bound: readonly ListenAddress[],
): Pick<NodeOptions, "advertise" | "foundAddresses" | "discovers" | "listenPort"> {
  const addresses = bound.flatMap(({ host, port }) => parseHost(host, port) ?? []);
  const listenPort = addresses[0]?.port ?? params.port;
  const external = readExternal(options, listenPort);
  const isHidden = options.connectOnly === true || options.proxy !== undefined || localPeers;
  const discovers = addresses.length > 0 && !isHidden && external.length === 0;
  return {
    listenPort, discovers,
    advertise: [...external, ...addresses.filter((address) => localPeers && isLoopback(address))],
    foundAddresses: discovers ? foundAddresses(addresses, addresses.some(isAnyAddress), listenPort) : [],
  };
}

function readExternal({ externalAddresses }: CreateNodeOptions, port: number): readonly NetworkAddress[] {
  return readTexts("externalAddresses", externalAddresses, "addresses")
    .map((text) => readAddress("externalAddresses", text, port));
}

function readListen({ listen = false, chain }: CreateNodeOptions): readonly ListenAddress[] {
  if (listen === false) return [];
  if (!Array.isArray(listen)) {
    throw configError("listen", listen, "false, or a list such as [\"127.0.0.1:0\"]");
  }
  return (listen as readonly string[]).map((text) => {
    // Port zero is no port to dial, but one to ask the system for.
    const isFree = String(text).endsWith(":0");
    const parts = splitHostPort(isFree ? String(text).slice(0, -2) : String(text), chain.port);
    const host = parts?.host === "localhost" ? "127.0.0.1" : parts?.host;
    if (parts === undefined || host === undefined || parseHost(host, parts.port) === undefined) {
      throw configError(
        "listen", text, "an address of this machine such as \"127.0.0.1:0\" or \"[::1]:8333\"",
      );
    }
    return { host, port: isFree ? 0 : parts.port };
  });
}

function readPermissions({ permissions }: CreateNodeOptions): readonly PermissionRule[] {
  const allowed = "\"permission,…@address/bits\"";
  return readTexts("permissions", permissions, allowed).map((text) => {
    const parse = parseWhitelist(text, USUAL_PERMISSIONS);
    if (parse.ok) return parse.rule;
    throw configError("permissions", text, `${allowed} as for -whitelist`, parse.error);
  });
}

function readAsmap({ asmap }: CreateNodeOptions): Asmap | undefined {
  if (asmap === undefined) return undefined;
  const allowed = "a map of autonomous systems in Bitcoin Core's format, or the path of its file";
  if (typeof asmap !== "string" && !(asmap instanceof Uint8Array)) throw configError("asmap", asmap, allowed);
  const read = Asmap.parse(typeof asmap === "string" ? readMap(asmap, allowed) : asmap);
  if (read === undefined) throw configError("asmap", asmap, allowed);
  return read;
}

function readMap(path: string, allowed: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw configError("asmap", path, allowed, (error as Error).message);
  }
}

function readPrune({ prune, chain }: CreateNodeOptions): number | undefined {
  if (prune === undefined) return undefined;
  const least = chain.isPublic ? PRUNE_BYTES_MIN : MIB;
  const { targetBytes } = prune;
  if (Number.isSafeInteger(targetBytes) && targetBytes >= least) return targetBytes;
  throw configError(
    "prune.targetBytes", targetBytes, `a whole number of bytes, at least ${least} on ${chain.name}`,
  );
}

function readIndexes({ indexes = [], prune }: CreateNodeOptions): ReadonlySet<IndexKind> {
  const allowed = INDEX_KINDS.filter((kind) => prune === undefined || INDEX_TRAITS[kind].allowsPruning);
  const some = `a list of some of ${allowed.join(", ")}${prune === undefined ? "" : ", along with prune"}`;
  if (!Array.isArray(indexes)) throw configError("indexes", indexes, some);
  for (const kind of indexes as readonly IndexKind[]) {
    if (!allowed.includes(kind)) throw configError("indexes", kind, some);
  }
  return new Set(indexes);
}

function readUserAgent(text: string | undefined): string {
  if (text === undefined) return userAgent([]);
  const isShort = typeof text === "string" && text.length <= USER_AGENT_LENGTH_MAX;
  if (isShort && /^\/[\x20-\x2e\x30-\x7e]+\/$/.test(text)) return text;
  throw configError(
    "userAgent", text, `"/name:version/" in ASCII, at most ${USER_AGENT_LENGTH_MAX} characters`,
  );
}
