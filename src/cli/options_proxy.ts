import type { Option } from "./option.ts";

/** Other networks, and the ways to them. */
export const PROXY_OPTIONS: readonly Option[] = [
  {
    name: "proxy", category: "network", type: "list", value: "addr[:port][=network]", needsValue: true,
    help: "Connect through this SOCKS5 proxy; =ipv4, =ipv6, =onion or =cjdns for one network only; " +
      "unix:path for a socket in the file system; 0 for none",
  },
  {
    name: "proxyrandomize", category: "network", type: "flag",
    help: "Use other credentials for each connection through a proxy, so that Tor keeps them apart",
    fallback: "1",
  },
  {
    name: "onion", category: "network", type: "text", value: "addr[:port]",
    help: "Reach onion services through this SOCKS5 proxy, 0 for not at all", fallback: "as -proxy",
  },
  {
    name: "onlynet", category: "network", type: "list", value: "network",
    help: "Choose peers in this network only: ipv4, ipv6, onion, i2p or cjdns; those that are named, and " +
      "those that dial us, may be elsewhere",
  },
  {
    name: "listenonion", category: "network", type: "flag",
    help: "Have Tor make an onion service that leads here", fallback: "1 on public networks when listening",
  },
  {
    name: "torcontrol", category: "network", type: "text", value: "addr[:port]",
    help: "Tor's control port", fallback: "127.0.0.1:9051",
  },
  { name: "torpassword", category: "network", type: "text", value: "password", isSecret: true,
    help: "The password of Tor's control port" },
  {
    name: "i2psam", category: "network", type: "text", value: "addr[:port]",
    help: "Reach peers in I2P, and be reached there, by the SAM bridge of this router",
  },
  {
    name: "i2pacceptincoming", category: "network", type: "flag",
    help: "Let peers in I2P dial us, at an address that lasts", fallback: "1 when listening",
  },
  {
    name: "natpmp", category: "network", type: "flag",
    help: "Ask the router to forward our port (PCP, NAT-PMP)", fallback: "1 on public networks when listening",
  },
  { name: "cjdnsreachable", category: "network", type: "flag",
    help: "This machine is in CJDNS: fc00::/8 leads there", fallback: "0" },
  { name: "dns", category: "network", type: "flag",
    help: "Look up the names of peers and proxies", fallback: "1" },
  { name: "timeout", category: "network", type: "number", value: "milliseconds",
    help: "Time for connecting to a peer without a proxy", fallback: "5000" },
  {
    name: "discover", category: "network", type: "flag", flag: "discoverself",
    help: "Find out at which addresses we are reached",
    fallback: "1 when listening, without -externalip and -proxy",
  },
  {
    name: "privatebroadcast", category: "relay", type: "flag",
    help: "Send transactions of sendrawtransaction over short connections through Tor or I2P only, and " +
      "keep them out of the mempool until they come back", fallback: "0",
  },
];
