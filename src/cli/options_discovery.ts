import type { Option } from "./option.ts";

/** How other nodes are found, and which are not wanted. */
export const DISCOVERY_OPTIONS: readonly Option[] = [
  {
    name: "dnsseed", category: "network", type: "flag",
    help: "Ask DNS seeds for addresses when too few are known",
      fallback: "1 unless -connect or -maxconnections=0",
  },
  {
    name: "forcednsseed", category: "network", type: "flag",
    help: "Ask them in any case", fallback: "0",
  },
  {
    name: "fixedseeds", category: "network", type: "flag",
    help: "Fall back on addresses that come with the program", fallback: "1",
  },
  {
    name: "seednode", category: "network", type: "list", value: "addr[:port]", isPerNetwork: false,
    help: "Ask this node for addresses, and let it go",
  },
  {
    name: "asmap", category: "network", type: "text", value: "file",
    help: "Take addresses for one hand's by the autonomous system that this map has for them; relative to " +
      "the network's data directory",
  },
  {
    name: "bantime", category: "network", type: "number", value: "seconds",
    help: "How long setban bans", fallback: "86400",
  },
  {
    name: "checkaddrman", category: "debug", type: "number", value: "n", isForTests: true,
    help: "Check the tables of addresses at one of so many calls; 0 for never", fallback: "0",
  },
];
