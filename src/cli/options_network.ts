import { DEFAULT_MAX_CONNECTIONS } from "../connections/limits.ts";
import { type Option, portsByNetwork } from "./option.ts";

export const NETWORK_OPTIONS: readonly Option[] = [
  {
    name: "listen", category: "network", type: "flag", flag: false,
    help: "Accept connections", fallback: "1, or 0 with -connect or -maxconnections=0",
  },
  {
    name: "port", category: "network", type: "number", value: "port", isPerNetwork: true, flag: false,
    help: "Port to listen on", fallback: portsByNetwork("port"),
  },
  {
    name: "bind", category: "network", type: "list", value: "addr[:port][=onion]", isPerNetwork: true,
      flag: "listen",
    help: "Listen on this address",
  },
  {
    name: "whitebind", category: "network", type: "list", value: "[permissions@]addr:port", hasCommas: true,
    help: "Listen on this address, and grant permissions to peers that come through it",
  },
  {
    name: "whitelist", category: "network", type: "list", value: "[permissions@]addr[/bits]", hasCommas: true,
    help: "Grant permissions to peers with such an address: bloomfilter, noban, forcerelay, relay, " +
      "mempool, download, addr or all; in and out say for which connections",
  },
  { name: "whitelistrelay", category: "relay", type: "flag", help: "Grant relay to whitelisted peers",
    fallback: "1" },
  {
    name: "whitelistforcerelay", category: "relay", type: "flag",
    help: "Grant forcerelay to whitelisted peers", fallback: "0",
  },
  {
    name: "connect", category: "network", type: "list", value: "addr[:port]", isPerNetwork: true,
    help: "Dial only this; 0 to dial nothing",
  },
  {
    name: "addnode", category: "network", type: "list", value: "addr[:port]", isPerNetwork: true,
    help: "Keep a connection to this open",
  },
  {
    name: "externalip", category: "network", type: "list", value: "addr[:port]",
    help: "Tell others that we are reached here",
  },
  {
    name: "discoverlan", category: "network", type: "text", value: "lan[:address]", flag: "discover",
    help: "Look for nodes of this network on the local one, by multicast DNS; the address says which of " +
      "our interfaces. Not on the public chains",
  },
  {
    name: "maxconnections", category: "network", type: "number", value: "n",
    help: "Connections that choose themselves, of both directions", fallback: String(DEFAULT_MAX_CONNECTIONS),
  },
  {
    name: "inboundrelaypercent", category: "network", type: "number", value: "n",
    help: "Of the places for peers that dial us, those for peers that want transactions", fallback: "100",
  },
  {
    name: "networkactive", category: "network", type: "flag",
    help: "Start with the network switched on (setnetworkactive)", fallback: "1",
  },
  {
    name: "v2transport", category: "network", type: "flag",
    help: "Encrypt connections to peers that can (BIP324)", fallback: "1",
  },
  {
    name: "peertimeout", category: "network", type: "number", value: "seconds", isForTests: true,
    help: "Time for a handshake, and for the first message", fallback: "60",
  },
  {
    name: "peerbloomfilters", category: "network", type: "flag",
    help: "Serve filtered blocks and the mempool (BIP37, BIP35)", fallback: "0",
  },
  {
    name: "blocksonly", category: "relay", type: "flag",
    help: "Ask for no transactions", fallback: "0",
  },
];
