import type { Option } from "./option.ts";

/** What is relayed, and what goes into blocks. */
export const POLICY_OPTIONS: readonly Option[] = [
  {
    name: "minrelaytxfee", category: "relay", type: "text", value: "amount",
    help: "Pass on no transactions that pay less, in coins per 1,000 virtual bytes", fallback: "0.000001",
  },
  {
    name: "incrementalrelayfee", category: "relay", type: "text", value: "amount", isForTests: true,
    help: "What a transaction must pay more than what is dropped for it, in coins per 1,000 virtual bytes",
    fallback: "0.000001",
  },
  {
    name: "dustrelayfee", category: "relay", type: "text", value: "amount", isForTests: true,
    help: "Pass on no outputs that are worth less than spending them at this fee, in coins per 1,000 " +
      "virtual bytes",
    fallback: "0.00003",
  },
  {
    name: "datacarrier", category: "relay", type: "flag",
    help: "Pass on transactions with data outputs", fallback: "1",
  },
  {
    name: "datacarriersize", category: "relay", type: "number", value: "bytes",
    help: "Most bytes of scripts of data outputs that a transaction may have", fallback: "100000",
  },
  {
    name: "permitbaremultisig", category: "relay", type: "flag",
    help: "Pass on transactions with multisig outputs that are not hidden behind a hash", fallback: "1",
  },
  {
    name: "bytespersigop", category: "relay", type: "number", value: "bytes",
    help: "Virtual bytes for which a signature operation counts at least", fallback: "20",
  },
  {
    name: "maxmempool", category: "relay", type: "number", value: "MB",
    help: "Memory for transactions that wait", fallback: "300",
  },
  {
    name: "mempoolexpiry", category: "relay", type: "number", value: "hours",
    help: "Drop transactions that have waited so long", fallback: "336",
  },
  {
    name: "limitclustercount", category: "relay", type: "number", value: "n", isForTests: true,
    help: "Most transactions that may depend on each other, in either direction; at most 64", fallback: "64",
  },
  {
    name: "limitclustersize", category: "relay", type: "number", value: "kvB", isForTests: true,
    help: "Most thousands of virtual bytes that they may have together", fallback: "101",
  },
  {
    name: "acceptnonstdtxn", category: "relay", type: "flag", isForTests: true,
    help: "Pass on transactions of unusual forms; not on main", fallback: "0",
  },
  {
    name: "blockmaxweight", category: "relay", type: "number", value: "n", isForTests: true,
    help: "Highest weight of blocks made here", fallback: "4000000",
  },
  {
    name: "blockreservedweight", category: "relay", type: "number", value: "n",
    help: "Weight kept free for the header and the coinbase", fallback: "8000",
  },
  {
    name: "blockmintxfee", category: "relay", type: "text", value: "amount",
    help: "Put no transactions into blocks that pay less, in coins per 1,000 virtual bytes",
    fallback: "0.00000001",
  },
  {
    name: "blockversion", category: "relay", type: "number", value: "n", isForTests: true,
    help: "Version of blocks made here on regtest", fallback: "what deployments ask for",
  },
];
