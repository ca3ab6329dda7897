import { defaultDataDir } from "./default_data_dir.ts";
import type { Option } from "./option.ts";

export const GENERAL_OPTIONS: readonly Option[] = [
  { name: "?", category: "general", type: "flag", flag: false, help: "Print this help and exit" },
  { name: "h", category: "general", type: "flag", flag: false, help: "The same" },
  { name: "help", category: "general", type: "flag", flag: false, help: "The same" },
  { name: "help-debug", category: "general", type: "flag", flag: false,
    help: "Print this help with the options for tests, and exit" },
  { name: "version", category: "general", type: "flag", flag: false, help: "Print the version and exit" },
  {
    name: "datadir", category: "general", type: "text", value: "dir",
    help: "Where everything is kept", fallback: defaultDataDir(), noNegation: true,
  },
  {
    name: "conf", category: "general", type: "text", value: "file",
    help: "Configuration file; a relative path starts at the data directory. Only on the command line",
    fallback: "bitcoin.conf",
  },
  {
    name: "includeconf", category: "general", type: "list", value: "file", flag: false,
    help: "Another configuration file; a relative path starts at the data directory. Only in a " +
      "configuration file",
  },
  {
    name: "pid", category: "general", type: "text", value: "file",
    help: "Where the process number is written; a relative path starts at the network's data directory",
    fallback: "bitcoind.pid",
  },
  {
    name: "startupnotify", category: "general", type: "text", value: "command",
    help: "Runs this shell command once the node is ready",
  },
  {
    name: "blocknotify", category: "general", type: "text", value: "command",
    help: "Runs this shell command at each new tip, with %s as its hash",
  },
  {
    name: "alertnotify", category: "general", type: "text", value: "command",
    help: "Runs this shell command at each new warning, with %s as its text",
  },
  {
    name: "shutdownnotify", category: "general", type: "list", value: "command", hasCommas: true,
    help: "Runs this shell command before the node stops, and waits for it",
  },
  {
    name: "par", category: "general", type: "number", value: "n",
    help: "Threads that check scripts; 0 for one for each processor, less than 0 to leave that many free",
    fallback: "0",
  },
  {
    name: "crypto", category: "general", type: "text", value: "library",
    help: "What checks signatures: system, prebuilt, wasm or portable; auto for the fastest that is there",
    fallback: "auto",
  },
  {
    name: "maxsigcachesize", category: "debug", type: "number", value: "MiB", isForTests: true,
    help: "Half of this is for signatures that were found good", fallback: "32",
  },
  {
    name: "dbcache", category: "general", type: "number", value: "MiB",
    help: "Memory for coins that were used lately", fallback: "450",
  },
  {
    name: "dbbatchsize", category: "debug", type: "number", value: "bytes", isForTests: true,
    help: "Most bytes of coins that are written at once, 5,000 coins at most", fallback: "33554432",
  },
  {
    name: "debug", category: "debug", type: "list", value: "category",
    help: "Also log this category; 1 or all for every one, 0 or none for none before it",
  },
  { name: "debugexclude", category: "debug", type: "list", value: "category",
    help: "Do not log this category" },
  {
    name: "loglevel", category: "debug", type: "list", value: "level", isForTests: true,
    help: "info, debug or trace: how much the categories that are on say", fallback: "debug",
  },
  {
    name: "debuglogfile", category: "debug", type: "text", value: "file",
    help: "The log; a relative path starts at the network's data directory. -nodebuglogfile for none",
    fallback: "debug.log",
  },
  { name: "printtoconsole", category: "debug", type: "flag", flag: false,
    help: "Log to standard output as well", fallback: "1" },
  { name: "logtimemicros", category: "debug", type: "flag", help: "Log times down to the microsecond",
    fallback: "0", isForTests: true },
  { name: "logthreadnames", category: "debug", type: "flag", help: "Log which thread writes",
    fallback: "0", isForTests: true },
  { name: "logratelimit", category: "debug", type: "flag", help: "Drop lines that come too often",
    fallback: "1", isForTests: true },
  {
    name: "uacomment", category: "debug", type: "list", value: "text",
    help: "Say this of the node to its peers, in its user agent",
  },
  {
    name: "mocktime", category: "debug", type: "number", value: "time", isForTests: true,
    help: "Stop the clock at this time, in Unix seconds", fallback: "0",
  },
];
