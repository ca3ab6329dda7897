/** Places of proxies and routers in settings, in Bitcoin Core's ways. @module */
import { lookup } from "node:dns/promises";
import { parsePlace, type ProxyPlace } from "../connections/route.ts";
import { formatHost, isPublicName, parseHost, parseIp } from "../primitives/host_text.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { UsageError } from "./core_flags.ts";
import type { Settings } from "./settings.ts";

const UNIX_PREFIX = "unix:";

/** Options that may be a place, and which of them may be a socket in the file system, or have a suffix. */
const PLACES = [
  { name: "i2psam", mayBeUnix: false, hasSuffix: false },
  { name: "onion", mayBeUnix: true, hasSuffix: false },
  { name: "proxy", mayBeUnix: true, hasSuffix: true },
  { name: "bind", mayBeUnix: false, hasSuffix: true },
  { name: "torcontrol", mayBeUnix: false, hasSuffix: false },
  { name: "whitebind", mayBeUnix: false, hasSuffix: false },
] as const;

/**
 * Looks at all ports before anything else is done (init.cpp, CheckHostPortOptions).
 *
 * @throws {UsageError}
 */
export function checkPorts(settings: Settings): void {
  for (const { name, mayBeUnix, hasSuffix } of PLACES) {
    for (const text of settings.list(name)) {
      const place = hasSuffix ? withoutSuffix(text) : text;
      if (hasGoodPort(place) || (mayBeUnix && place.startsWith(UNIX_PREFIX))) continue;
      throw new UsageError(`Invalid port specified in -${name}: '${text}'`);
    }
  }
}

/** `127.0.0.1:9050=ipv4` without its network. */
export function withoutSuffix(text: string): string {
  const at = text.lastIndexOf("=");
  return at < 0 ? text : text.slice(0, at);
}

/** What is no port, or no number from 1 to 65535; an IPv6 address without brackets has none. */
function hasGoodPort(text: string): boolean {
  const at = text.lastIndexOf(":");
  if (at < 0) return true;
  const isBracketed = text.startsWith("[") && text[at - 1] === "]";
  if (!isBracketed && text.lastIndexOf(":", at - 1) >= 0) return true;
  const digits = text.slice(at + 1);
  return /^\d{1,5}$/.test(digits) && Number(digits) > 0 && Number(digits) <= 0xffff;
}

/** `host`, `host:port`, `[host]:port`, of which `checkPorts` has seen the port. */
function splitPlace(text: string, defaultPort: number): { readonly host: string; readonly port: number } {
  const [, bracketed, plain = "", digits] = /^(?:\[(.*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const port = digits === undefined ? defaultPort : Number(digits);
  return { host: bracketed ?? (plain === "" ? text : plain), port };
}

/**
 * The place of a proxy or router; names are looked up, unless `-dns=0`. `undefined` when it cannot be
 * told.
 */
export async function readPlace(
  settings: Settings, text: string, defaultPort: number,
): Promise<ProxyPlace | undefined> {
  if (text.startsWith(UNIX_PREFIX)) return parsePlace(text, defaultPort);
  const { host, port } = splitPlace(text, defaultPort);
  const address = await resolveHost(settings, host);
  return address === undefined ? undefined : { type: "tcp", host: formatHost(address), port };
}

/** The address of a host of the operator's; `undefined` when there is none. */
export async function resolveHost(settings: Settings, host: string): Promise<NetworkAddress | undefined> {
  const known = host === "localhost" ? parseIp("127.0.0.1") : parseHost(host, 0);
  if (known !== undefined) return { ...known, port: 0 };
  // No name has an empty part: nobody is asked for it.
  const isName = /^[^.\s/]+(\.[^.\s/]+)*\.?$/.test(host);
  if (!isName || !isPublicName(host) || !settings.flag("dns", true)) return undefined;
  try {
    return parseHost((await lookup(host)).address, 0);
  } catch {
    return undefined;
  }
}
