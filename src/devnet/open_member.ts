/**
 * Opens one node of a devnet.
 *
 * @module
 */
import { join } from "node:path";
import { isTidingsError } from "../api/errors.ts";
import { openForUser } from "../api/open_for_user.ts";
import { DebugLog, QUIET_LOG } from "../io/debug_log.ts";
import { SMALL_STORE } from "../io/disk_store.ts";
import type { ListenAddress } from "../io/listener.ts";
import type { OpenNodeOptions, RunningNode } from "../io/node_host.ts";
import type { VerifyPool } from "../io/verify_pool.ts";
import { userAgent } from "../io/version.ts";
import { defaultNodeOptions, type NodeOptions } from "../node/node_options.ts";
import { REGTEST } from "../params/regtest.ts";
import { parseHost } from "../primitives/host_text.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { DevnetNode, type Member } from "./devnet_node.ts";
import { LOOPBACK, type NodePorts } from "./ports.ts";
import type { PlannedNode } from "./topology.ts";

const MIB = 1024 * 1024;
/** Coins of a devnet are few, and its nodes many. */
const COINS_CACHE_BYTES = 16 * MIB;
const BLOCK_FILE_BYTES = 16 * MIB;
/** Small, so that a devnet that runs for a day really prunes; the last 288 blocks stay in any case. */
const PRUNE_TARGET_BYTES = 4 * MIB;
const PRUNED_BLOCK_FILE_BYTES = MIB;

export interface MemberSettings {
  readonly planned: PlannedNode;
  /** Folder of the whole network; the node's is in it, by its name. */
  readonly folder: string;
  readonly ports: NodePorts;
  /** The one address that it is given; the first node has none. */
  readonly seedAddress: NetworkAddress | undefined;
  readonly pool: VerifyPool;
}

/** Ports that are taken since they were looked at give way to free ones. */
export async function openMember(settings: MemberSettings): Promise<Member> {
  const { planned, folder } = settings;
  const dataDir = join(folder, planned.name);
  const cookieFile = join(dataDir, REGTEST.folder, ".cookie");
  const plan = (available: NodePorts): OpenNodeOptions => openPlan(settings, dataDir, cookieFile, available);
  const running = await openOnPorts(settings.ports, plan);
  const ports = { p2pPort: portOf(running.addresses), rpcPort: portOf(running.rpc?.addresses) };
  const info = { ...planned, ...ports, dataDir, cookieFile };
  return { node: new DevnetNode(running, info), running };
}

async function openOnPorts(
  ports: NodePorts, plan: (ports: NodePorts) => OpenNodeOptions,
): Promise<RunningNode> {
  try {
    return await openForUser(plan(ports));
  } catch (error) {
    if (!isTidingsError(error, "LISTEN_FAILED") || error.data.port === 0) throw error;
    const { port } = error.data;
    const orFree = (wanted: number): number => (wanted === port ? 0 : wanted);
    return openOnPorts({ p2p: orFree(ports.p2p), rpc: orFree(ports.rpc) }, plan);
  }
}

function openPlan(
  settings: MemberSettings, dataDir: string, cookieFile: string, { p2p, rpc }: NodePorts,
): OpenNodeOptions {
  const networkDir = join(dataDir, REGTEST.folder);
  return {
    options: (bound) => nodeOptions(settings, bound),
    dataDir: networkDir,
    stores: { coins: SMALL_STORE, index: SMALL_STORE },
    listen: [{ host: LOOPBACK, port: p2p }],
    logger: () => new DebugLog({ ...QUIET_LOG, path: join(networkDir, "debug.log") }),
    rpc: { listen: [{ host: LOOPBACK, port: rpc }], cookieFile },
    pool: settings.pool,
  };
}

function nodeOptions({ planned, seedAddress }: MemberSettings, bound: readonly ListenAddress[]): NodeOptions {
  const isPruned = planned.role === "pruned";
  return {
    ...defaultNodeOptions(REGTEST),
    userAgent: userAgent([planned.name]),
    advertise: bound.flatMap(({ host, port }) => parseHost(host, port) ?? []),
    addNodes: seedAddress === undefined ? [] : [{ address: seedAddress }],
    localPeers: true,
    coinsCacheBytes: COINS_CACHE_BYTES,
    pruneTarget: isPruned ? PRUNE_TARGET_BYTES : undefined,
    blockFileBytes: isPruned ? PRUNED_BLOCK_FILE_BYTES : BLOCK_FILE_BYTES,
  };
}

function portOf(addresses: readonly ListenAddress[] | undefined): number {
  return addresses?.[0]?.port ?? 0;
}
