import { formatHost, formatHostPort, parseIp, splitHostPort } from "../primitives/host_text.ts";

/** Where a proxy listens. */
export type ProxyPlace =
  /** `host` is an IP address, without brackets. */
  | { readonly type: "tcp"; readonly host: string; readonly port: number }
  | { readonly type: "unix"; readonly path: string };

const UNIX_PREFIX = "unix:";
/** Of a socket in the file system, as the system has it. */
const UNIX_PATH_MAX = 107;

/** What `formatPlace` writes, with IP addresses and `localhost` as hosts; `undefined` for anything else. */
export function parsePlace(text: string, defaultPort: number): ProxyPlace | undefined {
  if (text.startsWith(UNIX_PREFIX)) {
    const path = text.slice(UNIX_PREFIX.length);
    return path !== "" && path.length <= UNIX_PATH_MAX ? { type: "unix", path } : undefined;
  }
  const parts = splitHostPort(text, defaultPort);
  const host = parseIp(parts?.host === "localhost" ? "127.0.0.1" : parts?.host ?? "");
  if (parts === undefined || host === undefined) return undefined;
  return { type: "tcp", host: formatHost(host), port: parts.port };
}

/** `127.0.0.1:9050`, `[::1]:9050`, `unix:/run/tor/socks`: as options and RPC write it. */
export function formatPlace(place: ProxyPlace): string {
  if (place.type === "unix") return `unix:${place.path}`;
  return formatHostPort(place.host, place.port);
}

/** A SOCKS5 proxy, and how it is to be used. */
export interface Socks5Proxy {
  readonly place: ProxyPlace;
  /** Each connection gets credentials of its own, by which Tor tells circuits apart (`-proxyrandomize`). */
  readonly isolated: boolean;
}

/** By which way a connection is opened. A second attempt keeps to it: another way would show who we are. */
export type Route =
  | { readonly type: "direct" }
  /** Through a SOCKS5 proxy (RFC 1928), which looks up names. */
  | { readonly type: "socks5"; readonly proxy: Socks5Proxy }
  /** By the SAM bridge of an I2P router. */
  | {
    readonly type: "i2p";
    /** From an address made for this connection alone, which nothing links to ours. */
    readonly isTransient: boolean;
  };

/** For the log. */
export function routeText(route: Route): string {
  switch (route.type) {
    case "direct":
      return "directly";
    case "socks5":
      return `through the proxy at ${formatPlace(route.proxy.place)}`;
    case "i2p":
      return route.isTransient ? "from an I2P address of its own" : "from our I2P address";
  }
}

export const DIRECT: Route = { type: "direct" };
