/**
 * From settings to what a node is told at its start, with Bitcoin Core's words for what cannot be.
 *
 * @module
 */
import type { NodeOptions } from "../node/node_options.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { checkNumbers } from "./check_numbers.ts";
import { planConnections } from "./connection_plan.ts";
import { UsageError } from "./core_flags.ts";
import { readAsmapFile } from "./discovery_plan.ts";
import { planIndexes } from "./index_plan.ts";
import { planLan } from "./lan_plan.ts";
import { planListen } from "./listen_plan.ts";
import { planNetworks } from "./network_plan.ts";
import { OPTIONS } from "./options.ts";
import { applyInteractions } from "./parameter_interaction.ts";
import { planPeers } from "./peer_plan.ts";
import { planPolicy } from "./policy_plan.ts";
import { checkPorts } from "./read_place.ts";
import { readAssumeValid, readInteger, readMinimumWork, readThreads } from "./read_setting.ts";
import type { Settings } from "./settings.ts";
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

/** Everything about a run that its settings decide. */
export interface NodePlan {
  readonly options: NodeOptions;
  /** What is listened on; empty for nothing. */
  readonly listen: readonly ListenAddress[];
  readonly networks: NetworkPlan;
  /** What its operator should know before it starts. */
  readonly warnings: readonly string[];
  /** Options of Bitcoin Core that are on and have no effect, each with the reason, for the log. */
  readonly withoutEffect: readonly string[];
  /** What the log says of settings that follow from others. */
  readonly interactions: readonly string[];
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

/**
 * Puts into the settings what follows from others.
 *
 * @throws {UsageError} when they contradict each other, or are out of their ranges
 */
export async function planNode(settings: Settings, params: ChainParams): Promise<NodePlan> {
  const withoutEffect = findAbsent(settings);
  const noNumbers = checkNumbers(settings);
  checkPorts(settings);
  const interactions = applyInteractions(settings);
  const listen = await planListen(settings, params);
  const networks = await planNetworks(settings, params, listen);
  const pruneTarget = readPrune(settings);
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
    ...planConnections(settings, params, networks.settings),
    ...planPeers(settings),
    localPeers: false,
    pruneTarget,
    ...planIndexes(settings, pruneTarget !== undefined),
    blockFileBytes: settings.flag("fastprune") ? FAST_PRUNE_FILE_BYTES : BLOCK_FILE_BYTES,
    coinsCacheBytes: Math.max(4, readInteger(settings, "dbcache", 450)) * MIB,
    coinsBatchBytes: Math.max(1, readInteger(settings, "dbbatchsize", 32 * MIB)),
    minimumChainWork: readMinimumWork(settings, params.minimumChainWork),
    assumeValid: readAssumeValid(settings, params.assumeValid),
    maxTipAge: readInteger(settings, "maxtipage", 24 * 60 * 60),
    mempoolMaxBytes: readInteger(settings, "maxmempool", 300) * MB,
    ...planPolicy(settings, params),
    mockTime: readInteger(settings, "mocktime", 0),
  };
  return {
    options,
    listen: listen.addresses,
    networks: networks.plan,
    warnings: [...noNumbers, ...listen.warnings, ...networks.warnings],
    withoutEffect, interactions,
    lan: planLan(settings, params),
    asmapFile: readAsmapFile(settings),
    verify: readVerify(settings),
    files: planBlockFiles(settings, options),
  };
}

/**
 * Options that are on and have no effect, each with the reason.
 *
 * @throws {UsageError} for one that promises something which is not there
 */
function findAbsent(settings: Settings): readonly string[] {
  return OPTIONS.flatMap(({ name, absence }) => {
    const text = settings.text(name);
    if (absence === undefined || text === undefined || text === "0") return [];
    const given = text === "" ? `-${name}` : `-${name}=${text}`;
    if (!absence.isHarmless) throw new UsageError(`${given} cannot be had: ${absence.why}.`);
    return [`${given} has no effect: ${absence.why}`];
  });
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

function readVerify(settings: Settings): VerifyPlan {
  // The other half would be for whole scripts, which the mempool itself remembers.
  const signatureCacheBytes = Math.max(0, readInteger(settings, "maxsigcachesize", 32) * MIB) / 2;
  return { threads: readThreads(settings), signatureCacheBytes };
}
