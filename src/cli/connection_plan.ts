/** Whom a node dials and lets in, and what they may do, from settings. @module */
import { seconds } from "../base/time.ts";
import { DEFAULT_MAX_CONNECTIONS } from "../connections/limits.ts";
import { Networks, type NetworkSettings } from "../connections/networks.ts";
import type { NodeOptions } from "../node/node_options.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { parseWhitebind, parseWhitelist } from "../peer/permissions.ts";
import { parseDestination } from "../primitives/host_text.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { UsageError } from "./core_flags.ts";
import { planDiscovery } from "./discovery_plan.ts";
import { readInteger } from "./read_setting.ts";
import type { Settings } from "./settings.ts";

const DAY_SECONDS = 24 * 60 * 60;

type ConnectionOptions = Pick<NodeOptions,
  "connectOnly" | "addNodes" | "discovery" | "banSeconds" | "maxConnections" | "inboundRelayPercent" |
  "networkActive" | "peerTimeout" | "permissionRules" | "bindPermissionRules">;

/** @throws {UsageError} */
export function planConnections(
  settings: Settings, { port }: ChainParams, networks: NetworkSettings,
): ConnectionOptions {
  const asReached = (address: NetworkAddress): NetworkAddress => new Networks(networks).asReached(address);
  return {
    connectOnly: readConnect(settings, port)?.map(asReached),
    addNodes: readWritten(settings, "addnode", port).map((node) => ({ ...node, address: asReached(node.address) })),
    discovery: planDiscovery(settings, readWritten(settings, "seednode", port)),
    banSeconds: readInteger(settings, "bantime", DAY_SECONDS),
    maxConnections: readMaxConnections(settings),
    inboundRelayPercent: readInboundRelayPercent(settings),
    networkActive: settings.flag("networkactive", true),
    peerTimeout: readPeerTimeout(settings),
    ...readPermissions(settings),
  };
}

/** Whether it dials whom it finds, and not only, or not at all, those of `-connect`. */
export function choosesPeers(settings: Settings): boolean {
  return settings.list("connect").length === 0 && !settings.isNegated("connect");
}

/** @throws {UsageError} */
export function readMaxConnections(settings: Settings): number {
  const count = readInteger(settings, "maxconnections", DEFAULT_MAX_CONNECTIONS);
  if (count < 0) throw new UsageError("-maxconnections must be greater or equal than zero");
  return count;
}

function readConnect(settings: Settings, port: number): readonly NetworkAddress[] | undefined {
  if (choosesPeers(settings)) return undefined;
  const isNobody = settings.list("connect").join() === "0" || settings.isNegated("connect");
  return isNobody ? [] : readDestinations(settings, "connect", port);
}

/** Names stay names: they are looked up when they are dialled, by the proxy if there is one. */
function readDestinations(settings: Settings, name: string, port: number): readonly NetworkAddress[] {
  return settings.list(name).map((text) => {
    const address = parseDestination(text, port);
    if (address === undefined) throw new UsageError(`Cannot resolve -${name} address: '${text}'`);
    return address;
  });
}

/** The same, with how each was written. */
function readWritten(settings: Settings, name: string, port: number): NodeOptions["discovery"]["seedNodes"] {
  const texts = settings.list(name);
  const addresses = readDestinations(settings, name, port);
  return addresses.map((address, i) => ({ address, text: texts[i] as string }));
}

function readPermissions(
  settings: Settings,
): Pick<NodeOptions, "permissionRules" | "bindPermissionRules"> {
  const usual = {
    relay: settings.flag("whitelistrelay", true),
    forceRelay: settings.flag("whitelistforcerelay"),
  };
  return {
    permissionRules: settings.list("whitelist").map((text) => accepted(parseWhitelist(text, usual))),
    bindPermissionRules: settings.list("whitebind").map((text) => accepted(parseWhitebind(text, usual))),
  };
}

function accepted<Rule>(parse: { ok: true; rule: Rule } | { ok: false; error: string }): Rule {
  if (!parse.ok) throw new UsageError(parse.error);
  return parse.rule;
}

function readInboundRelayPercent(settings: Settings): number {
  const percent = readInteger(settings, "inboundrelaypercent", 100);
  if (percent < 0 || percent > 100) throw new UsageError("-inboundrelaypercent must be from 0 to 100");
  return percent;
}

function readPeerTimeout(settings: Settings): NodeOptions["peerTimeout"] {
  const length = readInteger(settings, "peertimeout", 60);
  if (length <= 0) throw new UsageError("peertimeout must be a positive integer.");
  return seconds(length);
}
