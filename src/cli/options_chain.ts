import { NETWORK_NAMES } from "../params/networks.ts";
import type { Option } from "./option.ts";

export const CHAIN_OPTIONS: readonly Option[] = [
  {
    name: "chain", category: "chain", type: "text", value: "name|file", noNegation: true,
    help: `${NETWORK_NAMES.join(", ")}, or the file of a network of your own`, fallback: "main",
  },
  { name: "testnet", category: "chain", type: "flag", flag: false, help: "The same as -chain=testnet3" },
  { name: "testnet4", category: "chain", type: "flag", flag: false, help: "The same as -chain=testnet4" },
  { name: "signet", category: "chain", type: "flag", flag: false, help: "The same as -chain=signet" },
  { name: "regtest", category: "chain", type: "flag", flag: false, help: "The same as -chain=regtest" },
  {
    name: "signetchallenge", category: "chain", type: "list", value: "hex",
    help: "The script that signs the blocks of another signet",
  },
  {
    name: "signetseednode", category: "chain", type: "list", value: "host",
    help: "A DNS seed of that signet",
  },
  {
    name: "testactivationheight", category: "chain", type: "list", value: "name@height", isForTests: true,
    help: "On regtest, the height from which segwit, bip34, dersig, cltv or csv holds",
  },
  {
    name: "test", category: "chain", type: "list", value: "name", isForTests: true,
    help: "On regtest, hold blocks to this rule as well: bip94; take a known key for the tables of addresses: " +
      "addrman; or answer yes where Bitcoin Core asks whether to reindex: " +
      "reindex_after_failure_noninteractive_yes",
  },
  {
    name: "prune", category: "chain", type: "number", value: "MiB",
    help: "Remove old blocks to keep to so much; 1 to remove them only when asked, 0 for never",
      fallback: "0",
  },
  {
    name: "fastprune", category: "chain", type: "flag", isForTests: true,
    help: "Keep blocks in small files, for tests of pruning", fallback: "0",
  },
  {
    name: "reindex", category: "chain", type: "flag",
    help: "Make the block index, the coins and all other indexes again from the block files; of a " +
      "pruned node, blocks are downloaded again", fallback: "0",
  },
  {
    name: "reindex-chainstate", category: "chain", type: "flag",
    help: "Make the coins again from the blocks of the block index", fallback: "0",
  },
  {
    name: "loadblock", category: "chain", type: "list", value: "file",
    help: "Take blocks from this file at the start",
  },
  {
    name: "stopafterblockimport", category: "chain", type: "flag", isForTests: true,
    help: "Stop once the blocks of all files are taken", fallback: "0",
  },
  {
    name: "minimumchainwork", category: "chain", type: "text", value: "hex",
    help: "Follow no chain with less work than this", fallback: "the network's",
  },
  {
    name: "assumevalid", category: "chain", type: "text", value: "hash",
    help: "Take the scripts of this block and all before it for checked; 0 to check all",
      fallback: "the network's",
  },
  {
    name: "stopatheight", category: "chain", type: "number", value: "height", isForTests: true,
    help: "Stop once the tip has this height", fallback: "0",
  },
  {
    name: "maxtipage", category: "chain", type: "number", value: "seconds", isForTests: true,
    help: "A tip older than this means that we are catching up", fallback: "86400",
  },
];
