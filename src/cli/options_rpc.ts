import { type Option, portsByNetwork } from "./option.ts";

export const RPC_OPTIONS: readonly Option[] = [
  { name: "server", category: "rpc", type: "flag", flag: false, help: "Answer JSON-RPC", fallback: "1" },
  {
    name: "rpcport", category: "rpc", type: "number", value: "port", isPerNetwork: true, flag: false,
    help: "Port for JSON-RPC", fallback: portsByNetwork("rpcPort"),
  },
  {
    name: "rpcbind", category: "rpc", type: "list", value: "addr[:port]", isPerNetwork: true, flag: "rpc",
    help: "Answer JSON-RPC on this address; needs -rpcallowip", fallback: "127.0.0.1 and ::1",
  },
  {
    name: "rpcallowip", category: "rpc", type: "list", value: "addr[/bits]",
    help: "Answer JSON-RPC to callers with such an address", fallback: "this machine",
  },
  {
    name: "rpcauth", category: "rpc", type: "list", value: "user:salt$hash", isSecret: true,
    help: "Let in a user, by the salted hash of a password",
  },
  { name: "rpcuser", category: "rpc", type: "text", value: "user", isSecret: true,
    help: "Let in this user with -rpcpassword" },
  { name: "rpcpassword", category: "rpc", type: "text", value: "password", isSecret: true,
    help: "The password of -rpcuser" },
  {
    name: "rpccookiefile", category: "rpc", type: "text", value: "file",
    help: "Where the password for local programs is written; a relative path starts at the network's " +
      "data directory",
    fallback: ".cookie",
  },
  {
    name: "rpcworkqueue", category: "rpc", type: "number", value: "n",
    help: "Calls that may wait", fallback: "64", isForTests: true,
  },
  {
    name: "rpcservertimeout", category: "rpc", type: "number", value: "seconds",
    help: "Time for a caller to say what it wants", fallback: "30", isForTests: true,
  },
  {
    name: "rpcdoccheck", category: "rpc", type: "flag",
    help: "Hold each answer against its help", fallback: "0", isForTests: true,
  },
];
