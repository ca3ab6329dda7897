import type { Option } from "./option.ts";

export const INDEX_OPTIONS: readonly Option[] = [
  {
    name: "txindex", category: "general", type: "flag",
    help: "Keep an index of all transactions, for getrawtransaction", fallback: "0",
  },
  {
    name: "coinstatsindex", category: "general", type: "flag",
    help: "Keep the sums and the hash of all coins as of each block, for gettxoutsetinfo", fallback: "0",
  },
  {
    name: "txospenderindex", category: "general", type: "flag",
    help: "Keep an index of which transaction spends an output, for gettxspendingprevout", fallback: "0",
  },
  {
    name: "blockfilterindex", category: "general", type: "list", value: "type",
    help: "Keep the compact filter of each block (BIP158): basic, 1 for all types there are", fallback: "0",
  },
  {
    name: "peerblockfilters", category: "network", type: "flag",
    help: "Serve compact block filters to peers (BIP157); needs the index of filters", fallback: "0",
  },
];
