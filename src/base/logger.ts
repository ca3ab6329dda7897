/** Bitcoin Core's category names where they exist, since operators and its tests filter by them. */
export const LOG_CATEGORIES = [
  "net", "tor", "mempool", "http", "bench", "zmq", "walletdb", "rpc", "estimatefee", "addrman", "selectcoins",
  "reindex", "cmpctblock", "rand", "prune", "proxy", "mempoolrej", "libevent", "coindb", "qt", "leveldb",
  "validation", "i2p", "ipc", "lock", "blockstorage", "txreconciliation", "scan", "txpackages", "kernel",
  "privatebroadcast",
] as const;

export type LogCategory = (typeof LOG_CATEGORIES)[number];

export type LogLevel = "trace" | "debug" | "info" | "warning" | "error";

/**
 * Where a node's account of itself goes.
 *
 * A line is written before the effects that follow it are carried out, so that whoever sees an
 * effect can find the line. `debug` and `trace` take a function, which is called only if the
 * category is on.
 */
export interface Logger {
  info(text: string): void;
  warning(text: string): void;
  error(text: string): void;
  debug(category: LogCategory, text: () => string): void;
  trace(category: LogCategory, text: () => string): void;
}

export const silentLogger: Logger = {
  info() {},
  warning() {},
  error() {},
  debug() {},
  trace() {},
};
