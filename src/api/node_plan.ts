/**
 * From the options of `createNode` to what the node is opened with.
 *
 * @module
 */
import { join } from "node:path";
import { LOG_CATEGORIES } from "../base/logger.ts";
import { INDEX_KINDS, INDEX_TRAITS, type IndexKind } from "../chain/indexes/index_kinds.ts";
import type { ListenAddress } from "../io/listener.ts";
import type { OpenNodeOptions } from "../io/node_host.ts";
import { userAgent } from "../io/version.ts";
import { defaultNodeOptions, type NodeOptions } from "../node/node_options.ts";
import { parseAddress, parseHost, splitHostPort } from "../primitives/host_text.ts";
import { isLoopback, type NetworkAddress } from "../primitives/network_address.ts";
import { type Chain, chains } from "./chains.ts";
import { configError } from "./errors.ts";
import { type LogOption, makeLogger } from "./node_log.ts";

export interface CreateNodeOptions {
  /** `chains.regtest` and so on, or your own by `chainFromFile`. */
  readonly chain: Chain;
  /** Folder for the data, made if it is not there; without it all is kept in memory. */
  readonly store?: string;
  /**
   * Where to listen for peers: `["127.0.0.1:0"]` for a free port on this machine. Nothing is opened
   * that was not asked for. A host alone means the chain's usual port.
   *
   * @default false
   */
  readonly listen?: false | readonly string[];
  /** `host:port` of nodes to stay connected with. @default [] */
  readonly addNodes?: readonly string[];
  /** Dials `addNodes` alone, and nobody it hears of. @default false */
  readonly connectOnly?: boolean;
  /** @default 125 */
  readonly maxConnections?: number;
  /**
   * Takes part in gossip about addresses on this machine, without Bitcoin Core's long waits: for
   * networks of nodes on one machine. @default false
   */
  readonly localPeers?: boolean;
  /** Keeps about so many bytes of blocks, and the coins of all. */
  readonly prune?: { readonly targetBytes: number };
  /**
   * What is kept beside the chain, by Bitcoin Core's names: `"txindex"`, `"coinstatsindex"`,
   * `"txospenderindex"`, `"blockfilterindex"`. The first and the third not along with `prune`. @default []
   */
  readonly indexes?: readonly IndexKind[];
  /** Relays blocks, and no transactions. @default false */
  readonly blocksOnly?: boolean;
  /** Encrypts connections to peers that can (BIP324). @default true */
  readonly v2Transport?: boolean;
  /** What it calls itself (BIP14). @default "/tidings:VERSION/" */
  readonly userAgent?: string;
  /** Gets each line of the node's log; `true` writes them to standard error. @default false */
  readonly log?: LogOption;
  /** Also log debugging of these categories, such as `net`; the names are Bitcoin Core's. */
  readonly debug?: readonly string[];
  /** Closes the node when aborted. */
  readonly signal?: AbortSignal;
}

const OPTION_NAMES: Readonly<Record<keyof CreateNodeOptions, true>> = {
  chain: true, store: true, listen: true, addNodes: true, connectOnly: true, maxConnections: true,
  localPeers: true, prune: true, indexes: true, blocksOnly: true, v2Transport: true, userAgent: true, log: true, debug: true,
  signal: true,
};

const MIB = 1024 * 1024;
/** Bitcoin Core's least `-prune`, below which a reorganisation on a full network could need what is gone. */
const PRUNE_BYTES_MIN = 550 * MIB;
/** Bitcoin Core's MAX_SUBVERSION_LENGTH. */
const USER_AGENT_LENGTH_MAX = 256;

/** @throws {TidingsError} CONFIG */
export function planNode(options: CreateNodeOptions): OpenNodeOptions {
  checkShape(options);
  const { chain, store, signal, log, debug = [] } = options;
  if (!(signal === undefined || signal instanceof AbortSignal)) {
    throw configError("signal", signal, "an AbortSignal");
  }
  for (const name of debug) checkCategory(name);
  const listen = readListen(options);
  const core = readNodeOptions(options, listen.length > 0);
  return {
    options: (bound) => ({ ...core, advertise: bound.flatMap((address) => advertised(address, core)) }),
    dataDir: store === undefined ? undefined : join(store, chain.folder),
    listen,
    logger: makeLogger(log, debug),
  };
}

function checkShape(options: CreateNodeOptions): void {
  const names = Object.keys(OPTION_NAMES).join(", ");
  if (typeof options !== "object" || options === null) {
    throw configError("the options", options, `an object with some of ${names}`);
  }
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(OPTION_NAMES, name)) throw configError("the options", name, `one of ${names}`);
  }
  const { chain, store, prune } = options;
  const some = Object.keys(chains).map((name) => `chains.${name}`).join(", ");
  if (typeof chain !== "object" || chain === null || !("genesis" in chain)) {
    throw configError("chain", chain, `one of ${some}, or what chainFromFile gives`);
  }
  if (store !== undefined && (typeof store !== "string" || store === "")) {
    throw configError("store", store, "the path of a folder");
  }
  if (prune !== undefined && typeof prune !== "object") {
    throw configError("prune", prune, "an object with targetBytes");
  }
  for (const name of ["connectOnly", "localPeers", "blocksOnly", "v2Transport"] as const) {
    if (!["undefined", "boolean"].includes(typeof options[name])) {
      throw configError(name, options[name], "true or false");
    }
  }
}

function checkCategory(name: string): void {
  if (!(LOG_CATEGORIES as readonly string[]).includes(name)) {
    throw configError("debug", name, `some of ${LOG_CATEGORIES.join(", ")}`);
  }
}

function readNodeOptions(options: CreateNodeOptions, listens: boolean): NodeOptions {
  const { chain, connectOnly = false, localPeers = false, blocksOnly = false, v2Transport = true } = options;
  const addNodes = readAddresses("addNodes", options.addNodes ?? [], chain.port);
  return {
    ...defaultNodeOptions(chain),
    userAgent: readUserAgent(options.userAgent),
    listen: listens,
    addNodes: connectOnly ? [] : addNodes,
    connectOnly: connectOnly ? addNodes : undefined,
    maxConnections: readCount("maxConnections", options.maxConnections ?? 125, 10_000),
    pruneTarget: readPrune(options),
    indexes: readIndexes(options),
    blocksOnly, localPeers, v2Transport,
  };
}

/** Where others on this machine reach a node that listens here; a public address is not found out yet. */
function advertised({ host, port }: ListenAddress, { localPeers }: NodeOptions): readonly NetworkAddress[] {
  const address = parseHost(host, port);
  return localPeers && address !== undefined && isLoopback(address) ? [address] : [];
}

function readListen({ listen = false, chain }: CreateNodeOptions): readonly ListenAddress[] {
  if (listen === false) return [];
  if (!Array.isArray(listen)) {
    throw configError("listen", listen, "false, or a list such as [\"127.0.0.1:0\"]");
  }
  return (listen as readonly string[]).map((text) => {
    // Port zero is no port to dial, but one to ask the system for.
    const isFree = String(text).endsWith(":0");
    const parts = splitHostPort(isFree ? String(text).slice(0, -2) : String(text), chain.port);
    const host = parts?.host === "localhost" ? "127.0.0.1" : parts?.host;
    if (parts === undefined || host === undefined || parseHost(host, parts.port) === undefined) {
      throw configError(
        "listen", text, "an address of this machine such as \"127.0.0.1:0\" or \"[::1]:8333\"",
      );
    }
    return { host, port: isFree ? 0 : parts.port };
  });
}

function readAddresses(option: string, texts: readonly string[], port: number): readonly NetworkAddress[] {
  if (!Array.isArray(texts)) throw configError(option, texts, "a list of \"host:port\"");
  return texts.map((text) => {
    const address = parseAddress(String(text).replace(/^localhost(?=:|$)/, "127.0.0.1"), port);
    if (address === undefined) throw configError(option, text, "\"host:port\" with an IP address as host");
    return address;
  });
}

function readPrune({ prune, chain }: CreateNodeOptions): number | undefined {
  if (prune === undefined) return undefined;
  const least = chain.isPublic ? PRUNE_BYTES_MIN : MIB;
  const { targetBytes } = prune;
  if (Number.isSafeInteger(targetBytes) && targetBytes >= least) return targetBytes;
  throw configError(
    "prune.targetBytes", targetBytes, `a whole number of bytes, at least ${least} on ${chain.name}`,
  );
}

function readIndexes({ indexes = [], prune }: CreateNodeOptions): ReadonlySet<IndexKind> {
  const allowed = INDEX_KINDS.filter((kind) => prune === undefined || INDEX_TRAITS[kind].allowsPruning);
  const some = `a list of some of ${allowed.join(", ")}${prune === undefined ? "" : ", along with prune"}`;
  if (!Array.isArray(indexes)) throw configError("indexes", indexes, some);
  for (const kind of indexes as readonly IndexKind[]) {
    if (!allowed.includes(kind)) throw configError("indexes", kind, some);
  }
  return new Set(indexes);
}

function readUserAgent(text: string | undefined): string {
  if (text === undefined) return userAgent([]);
  const isShort = typeof text === "string" && text.length <= USER_AGENT_LENGTH_MAX;
  if (isShort && /^\/[\x20-\x2e\x30-\x7e]+\/$/.test(text)) return text;
  throw configError(
    "userAgent", text, `"/name:version/" in ASCII, at most ${USER_AGENT_LENGTH_MAX} characters`,
  );
}

function readCount(option: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw configError(option, value, `a whole number from 0 to ${max}`);
}
