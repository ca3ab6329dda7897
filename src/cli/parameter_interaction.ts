/**
 * Settings that follow from others, unless they are given themselves.
 *
 * Source: Bitcoin Core, init.cpp, InitParameterInteraction; the order matters, since what follows may have
 * consequences of its own.
 *
 * @module
 */
import { choosesPeers, readMaxConnections } from "./connection_plan.ts";
import type { Settings } from "./settings.ts";

/** Bitcoin Core's DEFAULT_BLOCKSONLY_MAX_MEMPOOL_SIZE_MB: what is asked for by nobody needs little room. */
const BLOCKSONLY_MEMPOOL_MB = 5;

/** What only a node needs that is dialled. */
const WAYS_IN = ["natpmp", "discover", "listenonion", "i2pacceptincoming"] as const;

/**
 * Puts what follows into the settings.
 *
 * @returns what the log should say of it, in Bitcoin Core's words
 * @throws {UsageError}
 */
export function applyInteractions(settings: Settings): readonly string[] {
  const notes: string[] = [];
  const imply = (cause: string, name: string, value: number | boolean): void => {
    if (settings.isSet(name)) return;
    const text = String(Number(value));
    settings.implied.add(name, text);
    notes.push(`parameter interaction: ${cause} -> setting -${name}=${text}`);
  };
  for (const name of ["bind", "whitebind"]) {
    if (settings.list(name).length > 0) imply(`-${name} set`, "listen", true);
  }
  if (!choosesPeers(settings) || readMaxConnections(settings) === 0) {
    imply("-connect or -maxconnections=0 set", "dnsseed", false);
    imply("-connect or -maxconnections=0 set", "listen", false);
  }
  if (hasProxy(settings)) {
    imply("-proxy set", "listen", false);
    imply("-proxy set", "natpmp", false);
    imply("-proxy set", "discover", false);
  }
  if (!settings.flag("listen", true)) {
    for (const name of WAYS_IN) imply("-listen=0", name, false);
  }
  if (settings.list("externalip").length > 0) imply("-externalip set", "discover", false);
  if (settings.flag("blocksonly")) {
    imply("-blocksonly=1", "whitelistrelay", false);
    imply("-blocksonly=1", "maxmempool", BLOCKSONLY_MEMPOOL_MB);
  }
  if (settings.flag("whitelistforcerelay")) imply("-whitelistforcerelay=1", "whitelistrelay", true);
  if (excludesInternet(settings)) imply("-onlynet excludes IPv4 and IPv6", "dnsseed", false);
  return notes;
}

function hasProxy(settings: Settings): boolean {
  const proxy = settings.text("proxy") ?? "";
  return proxy !== "" && proxy !== "0";
}

/** DNS seeds have addresses in IPv4 and IPv6 only. */
function excludesInternet(settings: Settings): boolean {
  const names = settings.list("onlynet").map((text) => text.toLowerCase());
  return names.length > 0 && !names.includes("ipv4") && !names.includes("ipv6");
}
