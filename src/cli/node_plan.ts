/**
 * From settings to what a node is told at its start, with Bitcoin Core's words for what cannot be.
 *
 * @module
 */
import { lookup } from "node:dns/promises";
import { seconds } from "../base/time.ts";
import { loopbackOnlyReason } from "../node/loopback_only.ts";
import type { NodeOptions } from "../node/node_options.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { parseWhitebind, parseWhitelist } from "../peer/permissions.ts";
import { parseHost, splitHostPort } from "../primitives/host_text.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { UsageError } from "./core_flags.ts";
import { readIndexes } from "./index_plan.ts";
import { OPTIONS } from "./options.ts";
import { readBlockLimits, readMinRelayFeeRate, readRelayPolicy } from "./policy_plan.ts";
import { readAssumeValid, readInteger, readMinimumWork, readPort, readThreads } from "./read_setting.ts";
import { settingText, type Settings } from "./settings.ts";
import type { Reindex } from "../io/reindex_mark.ts";
import type { VerifyPlan } from "../io/verify_pool.ts";
import { userAgent } from "../io/version.ts";

const MIB = 1024 * 1024;
const MB = 1_000_000;
/** Bitcoin Core's MAX_SUBVERSION_LENGTH. */
const USER_AGENT_LENGTH_MAX = 256;
const PRUNE_MIB_MIN = 550;
const BLOCK_FILE_BYTES = 128 * MIB;
const FAST_PRUNE_FILE_BYTES = 64 * 1024;

/** An address to listen on. */
export interface Bind {
  readonly host: string;
  readonly port: number;
}

/** Everything about a run that its settings decide. */
export interface NodePlan {
  readonly options: NodeOptions;
  /** What is listened on; empty for nothing. */
  readonly listen: readonly Bind[];
  readonly verify: VerifyPlan;
  readonly files: BlockFilesPlan;
}

/** What is done with block files at the start. */
export interface BlockFilesPlan {
  readonly reindex: Reindex | undefined;
  readonly loadBlocks: readonly string[];
  readonly stopAfterImport: boolean;
  /** When the block index cannot be used. */
  readonly reindexesOnFailure: boolean;
}

/** @throws {UsageError} when the settings contradict each other, or are out of their ranges */
export async function planNode(settings: Settings, params: ChainParams): Promise<NodePlan> {
  refuseAbsent(settings);
  const listen = planListen(settings, params);
  const { rules, bindRules } = readWhitelists(settings);
  const pruneTarget = readPrune(settings);
  const relayPolicy = readRelayPolicy(settings);
  const options: NodeOptions = {
    params,
    userAgent: readUserAgent(settings),
    advertise: readAdvertised(settings, params),
    listen: listen.length > 0,
    connectOnly: await readConnect(settings, params),
    addNodes: await readAddresses(settings, "addnode", params.port),
    maxConnections: readMaxConnections(settings),
    peerTimeout: readPeerTimeout(settings),
    blocksOnly: settings.flag("blocksonly"),
    peerBloomFilters: settings.flag("peerbloomfilters"),
    permissionRules: rules,
    bindPermissionRules: bindRules,
    localPeers: false,
    loopbackOnly: loopbackOnlyReason(params),
    pruneTarget,
    ...readIndexes(settings, pruneTarget !== undefined),
    blockFileBytes: settings.flag("fastprune") ? FAST_PRUNE_FILE_BYTES : BLOCK_FILE_BYTES,
    coinsCacheBytes: Math.max(4, readInteger(settings, "dbcache", 450)) * MIB,
    coinsBatchBytes: Math.max(1, readInteger(settings, "dbbatchsize", 32 * MIB)),
    minimumChainWork: readMinimumWork(settings, params.minimumChainWork),
    assumeValid: readAssumeValid(settings, params.assumeValid),
    checksAnew: settings.flag("reindex-chainstate"),
    maxTipAge: readInteger(settings, "maxtipage", 24 * 60 * 60),
    mempoolMaxBytes: readInteger(settings, "maxmempool", 300) * MB,
    minRelayFeeRate: readMinRelayFeeRate(settings, relayPolicy),
    acceptNonstandard: readAcceptNonstandard(settings, params),
    relayPolicy,
    blockLimits: readBlockLimits(settings, params),
    mockTime: readInteger(settings, "mocktime", 0),
  };
  return { options, listen, verify: readVerify(settings), files: planBlockFiles(settings, options) };
}

/** @throws {UsageError} for an option that is not there yet and is not switched off */
function refuseAbsent(settings: Settings): void {
  for (const { name, absence } of OPTIONS) {
    if (absence === undefined || absence.isHarmless) continue;
    const value = settings.value(name);
    if (value === undefined || value === false || value === "0") continue;
    throw new UsageError(`-${name}=${settingText(value)} cannot be had: ${absence.why}.`);
  }
}

// What is listened on

function planListen(settings: Settings, params: ChainParams): readonly Bind[] {
  const port = readPort(settings, "port", params.port);
  const given = [...settings.list("bind"), ...settings.list("whitebind")];
  if (given.length > 0 && !settings.flag("listen", true)) {
    throw new UsageError("Cannot set -bind or -whitebind together with -listen=0");
  }
  const binds = settings.list("bind").map((text) => readBind(text, port));
  const whitebinds =
    settings.list("whitebind").map((text) => readBind(text.slice(text.indexOf("@") + 1), port));
  if (given.length > 0) return [...binds, ...whitebinds];
  if (!listensByDefault(settings)) return [];
  if (loopbackOnlyReason(params) !== undefined) return [{ host: "127.0.0.1", port }];
  return [{ host: "0.0.0.0", port }, { host: "::", port }];
}

/** Whoever dials only some, or nobody, is not dialled either, unless told otherwise. */
function listensByDefault(settings: Settings): boolean {
  if (settings.isSet("listen")) return settings.flag("listen");
  const dialsAll = settings.list("connect").length === 0 && !settings.isNegated("connect");
  return dialsAll && readMaxConnections(settings) > 0;
}

/** `host[:port][=onion]` */
function readBind(text: string, defaultPort: number): Bind {
  const parts = splitHostPort(text.replace(/=onion$/, ""), defaultPort);
  const host = parts?.host === "localhost" ? "127.0.0.1" : parts?.host;
  if (parts === undefined || host === undefined || parseHost(host, parts.port) === undefined) {
    throw new UsageError(`Cannot resolve -bind address: '${text}'`);
  }
  return { host, port: parts.port };
}

function readAdvertised(settings: Settings, params: ChainParams): readonly NetworkAddress[] {
  const port = readPort(settings, "port", params.port);
  return settings.list("externalip").map((text) => {
    const parts = splitHostPort(text, port);
    const address = parts === undefined ? undefined : parseHost(parts.host, parts.port);
    if (address === undefined) throw new UsageError(`Cannot resolve -externalip address: '${text}'`);
    return address;
  });
}

// Whom it talks to

async function readConnect(
  settings: Settings, params: ChainParams,
): Promise<readonly NetworkAddress[] | undefined> {
  const texts = settings.list("connect");
  if (settings.isNegated("connect") || (texts.length === 1 && texts[0] === "0")) return [];
  if (texts.length === 0) return undefined;
  return readAddresses(settings, "connect", params.port);
}

async function readAddresses(
  settings: Settings, name: string, port: number,
): Promise<readonly NetworkAddress[]> {
  return Promise.all(settings.list(name).map((text) => resolveAddress(text, name, port)));
}

async function resolveAddress(text: string, name: string, defaultPort: number): Promise<NetworkAddress> {
  const parts = splitHostPort(text, defaultPort);
  if (parts === undefined) throw new UsageError(`Cannot resolve -${name} address: '${text}'`);
  const address = parseHost(parts.host, parts.port);
  if (address !== undefined) return address;
  try {
    const found = parseHost((await lookup(parts.host)).address, parts.port);
    if (found !== undefined) return found;
  } catch {
    // Said below.
  }
  throw new UsageError(`Cannot resolve -${name} address: '${text}'`);
}

function readWhitelists(settings: Settings) {
  const forceRelay = settings.flag("whitelistforcerelay");
  const usual = { relay: settings.flag("whitelistrelay", true) || forceRelay, forceRelay };
  const rules = settings.list("whitelist").map((text) => accepted(parseWhitelist(text, usual)));
  const bindRules = settings.list("whitebind").map((text) => accepted(parseWhitebind(text, usual)));
  return { rules, bindRules };
}

function accepted<Rule>(parse: { ok: true; rule: Rule } | { ok: false; error: string }): Rule {
  if (!parse.ok) throw new UsageError(parse.error);
  return parse.rule;
}

function readMaxConnections(settings: Settings): number {
  const count = readInteger(settings, "maxconnections", 125);
  if (count < 0) throw new UsageError("-maxconnections must be greater or equal than zero");
  return count;
}

function readPeerTimeout(settings: Settings): NodeOptions["peerTimeout"] {
  const length = readInteger(settings, "peertimeout", 60);
  if (length <= 0) throw new UsageError("peertimeout must be a positive integer.");
  return seconds(length);
}

function readUserAgent(settings: Settings): string {
  const comments = settings.list("uacomment");
  for (const comment of comments) {
    if (!/^[a-zA-Z0-9 .,;\-_?@]*$/.test(comment)) {
      throw new UsageError(`User Agent comment (${comment}) contains unsafe characters.`);
    }
  }
  const text = userAgent(comments);
  if (text.length > USER_AGENT_LENGTH_MAX) {
    throw new UsageError(`Total length of network version string (${text.length}) exceeds maximum length ` +
      `(${USER_AGENT_LENGTH_MAX}). Reduce the number or size of uacomments.`);
  }
  return text;
}

// What it keeps and checks

function readPrune(settings: Settings): number | undefined {
  const mib = readInteger(settings, "prune", 0);
  if (mib < 0) throw new UsageError("Prune cannot be configured with a negative value.");
  if (mib === 0) return undefined;
  if (mib === 1) return 0;
  if (mib < PRUNE_MIB_MIN) {
    throw new UsageError(
      `Prune configured below the minimum of ${PRUNE_MIB_MIN} MiB.  Please use a higher number.`);
  }
  return mib * MIB;
}

function planBlockFiles(settings: Settings, { pruneTarget }: NodeOptions): BlockFilesPlan {
  const isPruning = pruneTarget !== undefined;
  const [all, chainstate] = [settings.flag("reindex"), settings.flag("reindex-chainstate")];
  if (chainstate && !all && isPruning) {
    throw new UsageError(
      "Prune mode is incompatible with -reindex-chainstate. Use full -reindex instead.");
  }
  return {
    reindex: all || chainstate ? { what: all ? "all" : "chainstate", isPruning } : undefined,
    loadBlocks: settings.list("loadblock"),
    stopAfterImport: settings.flag("stopafterblockimport"),
    reindexesOnFailure: settings.list("test").includes("reindex_after_failure_noninteractive_yes"),
  };
}

function readAcceptNonstandard(settings: Settings, params: ChainParams): boolean {
  const accepts = settings.flag("acceptnonstdtxn", params.acceptsNonstandard);
  if (accepts && params.name === "main") {
    throw new UsageError("acceptnonstdtxn is not currently supported for main chain");
  }
  return accepts;
}

function readVerify(settings: Settings): VerifyPlan {
  // The other half would be for whole scripts, which the mempool itself remembers.
  const signatureCacheBytes = Math.max(0, readInteger(settings, "maxsigcachesize", 32) * MIB) / 2;
  return { threads: readThreads(settings), signatureCacheBytes };
}
