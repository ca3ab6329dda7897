import { readFile } from "node:fs/promises";
import { type Bytes, fromHex, reversed } from "../../base/bytes.ts";
import type { NetworkHost } from "../../primitives/network_address.ts";

/** The way out to everyone else; of a network that has none, nothing. */
export interface Gateways {
  readonly ipv4?: Gateway;
  readonly ipv6?: Gateway;
}

export interface Gateway {
  readonly host: NetworkHost;
  /** Name of the interface that it is behind: link-local addresses mean nothing without it. */
  readonly interface: string;
}

const UP_AND_GATEWAY = 0x3;
const ANYWHERE_IPV4 = "00000000";
const ANYWHERE_IPV6 = "0".repeat(32);

/** The default gateways of this machine, on Linux; elsewhere none are known. */
export async function defaultGateways(): Promise<Gateways> {
  const [ipv4, ipv6] = await Promise.all([readTable("/proc/net/route"), readTable("/proc/net/ipv6_route")]);
  return gatewaysOf(ipv4, ipv6);
}

/** Out of the tables that the kernel shows as these two files. */
export function gatewaysOf(ipv4Table: string, ipv6Table: string): Gateways {
  const ipv4 = best(routes(ipv4Table, ipv4Route), "ipv4");
  const ipv6 = best(routes(ipv6Table, ipv6Route), "ipv6");
  return { ...(ipv4 === undefined ? {} : { ipv4 }), ...(ipv6 === undefined ? {} : { ipv6 }) };
}

interface DefaultRoute {
  readonly interface: string;
  readonly via: Bytes;
  readonly flags: number;
  readonly metric: number;
}

/** Iface Destination Gateway Flags RefCnt Use Metric Mask …; addresses in the machine's order, low byte first. */
function ipv4Route(
  [name = "", to, via = "", flags = "", , , metric, mask]: readonly string[],
): DefaultRoute | undefined {
  if (to !== ANYWHERE_IPV4 || mask !== ANYWHERE_IPV4) return undefined;
  const bytes = reversed(fromHex(via));
  return { interface: name, via: bytes, flags: Number.parseInt(flags, 16), metric: Number(metric) };
}

/** Destination, its length, source, its length, gateway, metric, two counts, flags, interface. */
function ipv6Route(
  [to, length, , , via = "", metric = "", , , flags = "", name = ""]: readonly string[],
): DefaultRoute | undefined {
  if (to !== ANYWHERE_IPV6 || length !== "00") return undefined;
  return {
    interface: name, via: fromHex(via), flags: Number.parseInt(flags, 16), metric: Number.parseInt(metric, 16),
  };
}

function routes(
  table: string, read: (fields: readonly string[]) => DefaultRoute | undefined,
): readonly DefaultRoute[] {
  const all = table.split("\n").map((line) => read(line.trim().split(/\s+/)));
  return all.filter((route) => route !== undefined);
}

/** That of the lowest metric. */
function best(all: readonly DefaultRoute[], network: "ipv4" | "ipv6"): Gateway | undefined {
  const usable = all.filter(({ flags }) => (flags & UP_AND_GATEWAY) === UP_AND_GATEWAY);
  const [route] = usable.toSorted((a, b) => a.metric - b.metric);
  return route === undefined ? undefined : { host: { network, bytes: route.via }, interface: route.interface };
}

async function readTable(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
