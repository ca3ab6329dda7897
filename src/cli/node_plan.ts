/**
 * From settings to what a node is told at its start, with Bitcoin Core's words for what cannot be.
 *
 * @module
 */
import { seconds } from "../base/time.ts";
import { Networks, type NetworkSettings } from "../connections/networks.ts";
import type { SeedNode } from "../node/discovery_options.ts";
import type { NodeOptions } from "../node/node_options.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { parseWhitebind, parseWhitelist } from "../peer/permissions.ts";
import { parseDestination } from "../primitives/host_text.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { UsageError } from "./core_flags.ts";
import { readAsmapFile, readDiscovery } from "./discovery_plan.ts";
import { readIndexes } from "./index_plan.ts";
import { planLan } from "./lan_plan.ts";
import { planListen } from "./listen_plan.ts";
import { planNetworks } from "./network_plan.ts";
import { OPTIONS } from "./options.ts";
import { readPeerOptions } from "./peer_plan.ts";
import { readBlockLimits, readMinRelayFeeRate, readRelayPolicy } from "./policy_plan.ts";
import { checkPorts } from "./read_place.ts";
import { readAssumeValid, readInteger, readMinimumWork, readThreads } from "./read_setting.ts";
import { settingText, type Settings } from "./settings.ts";
import type { LanPlan } from "../io/lan_discovery.ts";
import type { ListenAddress } from "../io/listener.ts";
import type { NetworkPlan } from "../io/networks/node_networks.ts";
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
  readonly listen: readonly ListenAddress[];
  readonly networks: NetworkPlan;
  /** What its operator should know before it starts. */
  readonly warnings: readonly string[];
  /** Where nodes of the same network are looked for by multicast DNS. */
  readonly lan: LanPlan | undefined;
  /** The file of `-asmap`, relative to the network's folder. */
  readonly asmapFile: string | undefined;
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
  checkPorts(settings);
  const listen = await planListen(settings, params);
  const networks = await planNetworks(settings, params, listen);
  const { rules, bindRules } = readWhitelists(settings);
  const pruneTarget = readPrune(settings);
  const relayPolicy = readRelayPolicy(settings);
  const asReached = (address: NetworkAddress): NetworkAddress =>
    new Networks(networks.settings).asReached(address);
  const options: NodeOptions = {
    params,
    userAgent: readUserAgent(settings),
    advertise: listen.advertise,
    foundAddresses: listen.foundAddresses,
    discovers: listen.discovers,
    listenPort: listen.listenPort,
    listen: listen.addresses.length > 0,
    onionBinds: listen.onionBinds,
    networks: networks.settings,
    privateBroadcast: networks.privateBroadcast,
    connectOnly: readConnect(settings, params.port)?.map(asReached),
    addNodes: readDestinations(settings, "addnode", params.port).map(asReached),
    discovery: readDiscovery(
      settings, readSeedNodes(settings, params), dialsOthers(settings, networks.settings)),
    banSeconds: readInteger(settings, "bantime", 24 * 60 * 60),
    maxConnections: readMaxConnections(settings),
    inboundRelayPercent: readInboundRelayPercent(settings),
    networkActive: settings.flag("networkactive", true),
    peerTimeout: readPeerTimeout(settings),
    v2Transport: settings.flag("v2transport", true),
    blocksOnly: settings.flag("blocksonly"),
    peerBloomFilters: settings.flag("peerbloomfilters"),
    ...readPeerOptions(settings),
    permissionRules: rules,
    bindPermissionRules: bindRules,
    localPeers: false,
    pruneTarget,
    ...readIndexes(settings, pruneTarget !== undefined),
    blockFileBytes: settings.flag("fastprune") ? FAST_PRUNE_FILE_BYTES : BLOCK_FILE_BYTES,
    coinsCacheBytes: Math.max(4, readInteger(settings, "dbcache", 450)) * MIB,
    coinsBatchBytes: Math.max(1, readInteger(settings, "dbbatchsize", 32 * MIB)),
    minimumChainWork: readMinimumWork(settings, params.minimumChainWork),
    assumeValid: readAssumeValid(settings, params.assumeValid),
    maxTipAge: readInteger(settings, "maxtipage", 24 * 60 * 60),
    mempoolMaxBytes: readInteger(settings, "maxmempool", 300) * MB,
    minRelayFeeRate: readMinRelayFeeRate(settings, relayPolicy),
    acceptNonstandard: readAcceptNonstandard(settings, params),
    relayPolicy,
    blockLimits: readBlockLimits(settings, params),
    mockTime: readInteger(settings, "mocktime", 0),
  };
  return {
    options,
    listen: listen.addresses,
    networks: networks.plan,
    warnings: [...listen.warnings, ...networks.warnings],
    lan: planLan(settings, params),
    asmapFile: readAsmapFile(settings),
    verify: readVerify(settings),
    files: planBlockFiles(settings, options),
  };
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

// Whom it talks to

function readConnect(settings: Settings, port: number): readonly NetworkAddress[] | undefined {
  const texts = settings.list("connect");
  if (settings.isNegated("connect") || (texts.length === 1 && texts[0] === "0")) return [];
  return texts.length === 0 ? undefined : readDestinations(settings, "connect", port);
}

/** Names stay names: they are looked up when they are dialled, by the proxy if there is one. */
function readDestinations(settings: Settings, name: string, port: number): readonly NetworkAddress[] {
  return settings.list(name).map((text) => {
    const address = parseDestination(text, port);
    if (address === undefined) throw new UsageError(`Cannot resolve -${name} address: '${text}'`);
    return address;
  });
}

function readSeedNodes(settings: Settings, { port }: ChainParams): readonly SeedNode[] {
  const texts = settings.list("seednode");
  const addresses = readDestinations(settings, "seednode", port);
  return addresses.map((address, i) => ({ address, text: texts[i] as string }));
}

/** Whether it chooses whom to dial where DNS seeds have addresses. */
function dialsOthers(settings: Settings, { reachable }: NetworkSettings): boolean {
  const isChoosing = settings.list("connect").length === 0 && !settings.isNegated("connect");
  return isChoosing && readMaxConnections(settings) > 0 && (reachable.has("ipv4") || reachable.has("ipv6"));
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

function readInboundRelayPercent(settings: Settings): number {
  const percent = readInteger(settings, "inboundrelaypercent", 100);
  if (percent < 0 || percent > 100) throw new UsageError("-inboundrelaypercent must be from 0 to 100");
  return percent;
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
