/**
 * One node with all that it needs of this machine: what `createNode`, the devnet and `tidingsd` start.
 *
 * @module
 */
import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Asmap } from "../addrbook/asmap.ts";
import type { Logger } from "../base/logger.ts";
import type { Rng } from "../base/rng.ts";
import { hashCoins } from "../chain/coins_hash.ts";
import { type CoinsSnapshot, scanCoins } from "../chain/coins_scan.ts";
import { ANCHORS_FILE } from "../connections/anchors.ts";
import type { Command, CommandResult } from "../node/command.ts";
import type { NodeEvent } from "../node/event.ts";
import { NodeCore } from "../node/node_core.ts";
import type { NodeOptions } from "../node/node_options.ts";
import { formatHostPort } from "../primitives/host_text.ts";
import type { SnapshotDesk } from "../rpc/snapshot_desk.ts";
import { BlockImport } from "./block_import.ts";
import { readMask } from "./block_mask.ts";
import type { DataDirOptions } from "./data_dir.ts";
import { DebugLog } from "./debug_log.ts";
import { descriptorLimit, fitConnections, requireDescriptors } from "./descriptor_limit.ts";
import { DiskSnapshots } from "./disk_snapshots.ts";
import { NodeDriver } from "./driver.ts";
import { errorText } from "./errno.ts";
import type { PastEvents } from "./event_ring.ts";
import { joinLan } from "./lan.ts";
import type { LanPlan } from "./lan_discovery.ts";
import { LagAlarm } from "./lag_alarm.ts";
import type { ListenAddress } from "./listener.ts";
import { readHostFiles } from "./host_files.ts";
import { installNodeCrypto } from "./node_crypto.ts";
import { MuHashThread } from "./muhash_thread.ts";
import { type NodeDisk, openDisk, openIndexes, openSnapshotCoins, readIndex } from "./node_disk.ts";
import { NodeRpc, type NodeRpcOptions } from "./node_rpc.ts";
import { type NetworkPlan, NodeNetworks, PLAIN_NETWORKS } from "./networks/node_networks.ts";
import { PeerListener } from "./peer_listener.ts";
import { Resources } from "./resources.ts";
import { removeRunFile, writePidFile } from "./run_files.ts";
import { SecureRng } from "./secure_rng.ts";
import { SystemClock } from "./system_clock.ts";
import { defaultThreads, type VerifyPlan, VerifyPool } from "./verify_pool.ts";

export interface OpenNodeOptions {
  /** What the core is told; a function gets the addresses on which the node listens. */
  readonly options: NodeOptions | ((bound: readonly ListenAddress[]) => NodeOptions);
  /** The network's folder; `undefined` keeps everything in memory. */
  readonly dataDir: string | undefined;
  readonly stores?: DataDirOptions;
  /** Files to take blocks from, when the node runs (`-loadblock`). */
  readonly loadBlocks?: readonly string[];
  /** Stop once the blocks of all files, and of our own in a reindex, are taken. */
  readonly stopAfterImport?: boolean;
  /** Where to look for nodes of the same network by multicast DNS; left out, nowhere. */
  readonly lan?: LanPlan;
  /** A map of autonomous systems (`-asmap`), relative to the network's folder. */
  readonly asmapFile?: string | undefined;
  /** In place of the file: a map that has been read. */
  readonly asmap?: Asmap | undefined;
  /** Empty: no listening. */
  readonly listen: readonly ListenAddress[];
  /** Left out: no proxy, no router. */
  readonly networks?: NetworkPlan;
  /** A function is called once the directory is ours, and makes the log inside it. */
  readonly logger: Logger | (() => Logger);
  /** Absolute path of the file that tells our process number. */
  readonly pidFile?: string;
  readonly rpc?: NodeRpcOptions;
  /** Shared by the nodes of a process; left out, the node has one of its own, made as `verify` says. */
  readonly pool?: VerifyPool;
  readonly verify?: VerifyPlan;
  readonly rng?: Rng;
}

interface RunningNodeParts extends Pick<RunningNode, "core" | "addresses" | "rpc"> {
  readonly disk: Pick<NodeDisk, "coins" | "snapshot">;
  readonly resources: Resources;
  makeDriver(failed: (error: Error) => void): NodeDriver;
  makeSnapshots(node: RunningNode): SnapshotDesk;
}

/** A node that runs until `close`. */
export class RunningNode {
  readonly core: NodeCore;
  readonly driver: NodeDriver;
  /** Where it listens for peers. */
  readonly addresses: readonly ListenAddress[];
  readonly rpc: NodeRpc | undefined;
  /** Snapshots of the coins, in files. */
  readonly snapshots: SnapshotDesk;
  /** Resolves when someone has asked the node to stop, or it cannot go on: then `close` it. */
  readonly stopping: Promise<void>;
  readonly #disk: Pick<NodeDisk, "coins" | "snapshot">;
  readonly #resources: Resources;
  readonly #requestStop: () => void;
  #failure: Error | undefined;
  #closed: Promise<void> | undefined;

  /** For `openNode`. */
  constructor({ core, addresses, rpc, disk, resources, makeDriver, makeSnapshots }: RunningNodeParts) {
    this.core = core;
    this.addresses = addresses;
    this.rpc = rpc;
    this.#disk = disk;
    this.#resources = resources;
    let requestStop = (): void => {};
    this.stopping = new Promise((resolve) => {
      requestStop = resolve;
    });
    this.#requestStop = requestStop;
    this.driver = makeDriver((error) => this.fail(error));
    this.snapshots = makeSnapshots(this);
  }

  /** Why the node could not go on. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  command(command: Command): Promise<CommandResult> {
    return this.driver.command(command);
  }

  /** Calls `listener` for every event from now on; returns how to stop that. */
  listen(listener: (event: NodeEvent) => void): () => void {
    return this.driver.listen(listener);
  }

  /** Events after number `seq` that are still kept. */
  eventsSince(seq: number): PastEvents {
    return this.driver.eventsSince(seq);
  }

  /** All unspent coins as of a tip that was there after the call; `undefined` once the node is stopping. */
  async scanCoins(): Promise<CoinsSnapshot | undefined> {
    for (;;) {
      const flushed = await this.command({ type: "flush" });
      if (!flushed.ok) return undefined;
      const { coins, snapshot: { coins: snapshotCoins } } = this.#disk;
      const store = this.core.chain.coinsStore === "snapshot" ? snapshotCoins : coins;
      const snapshot = await scanCoins(store);
      if (snapshot !== undefined) return snapshot;
    }
  }

  requestStop(): void {
    this.#requestStop();
  }

  /** It cannot go on. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#requestStop();
  }

  /** Lets go of peers and callers, writes what is only in memory, and closes everything. */
  close(): Promise<void> {
    this.requestStop();
    this.#closed ??= this.#resources.close();
    return this.#closed;
  }
}

/**
 * Opens the data directory, restores the chain, and starts the node.
 *
 * @throws {DescriptorError} when the process may open too few files
 * @throws {DataDirError} when the directory cannot be used
 * @throws {ChainDataError} when what it holds cannot be used
 * @throws {ListenError} when an address for peers or for RPC cannot be had
 */
export async function openNode(options: OpenNodeOptions): Promise<RunningNode> {
  installNodeCrypto();
  const resources = new Resources();
  try {
    return await open(options, resources);
  } catch (error) {
    await resources.close();
    throw error;
  }
}

async function open(wanted: OpenNodeOptions, resources: Resources): Promise<RunningNode> {
  requireDescriptors(wanted.listen.length, descriptorLimit());
  const disk = await openDisk(wanted.dataDir, wanted.stores);
  resources.add(() => disk.close());
  const logger = openLog(wanted.logger, resources);
  await openPidFile(wanted.pidFile, resources);
  const listener = await PeerListener.bind(wanted.listen);
  resources.add(() => listener.close());
  for (const { host, port } of listener.addresses) logger.info(`Bound to ${formatHostPort(host, port)}`);
  const rpc = wanted.rpc === undefined ? undefined : await NodeRpc.start(wanted.rpc, logger);
  if (rpc !== undefined) resources.add(() => rpc.close());
  rpc?.say("Loading block index…");
  const pool = wanted.pool ?? ownPool(wanted.verify, logger, resources);
  const asked = typeof wanted.options === "function" ? wanted.options(listener.addresses) : wanted.options;
  const options = withinDescriptors(asked, wanted.listen.length, logger);
  const indexes = await openIndexes(disk, options.indexes, wanted.dataDir, logger);
  for (const text of disk.mended) logger.warning(text);
  await openSnapshotCoins(disk, options.params, logger);
  const isImporting = disk.isReindexing || (wanted.loadBlocks ?? []).length > 0;
  const muhash = new MuHashThread((error) => logger.error(error.message));
  resources.add(() => muhash.close());
  const rng = wanted.rng ?? new SecureRng();
  const core = new NodeCore({
    clock: new SystemClock(),
    rng,
    logger,
    files: disk.files,
    index: disk.index,
    coins: disk.coins,
    snapshotCoins: disk.snapshot.coins,
    indexes,
    restored: { ...await readIndex(disk), isLoadingBlocks: isImporting },
    ...await readHostFiles(disk, {
      dataDir: wanted.dataDir,
      magic: options.params.magic,
      asmapFile: wanted.asmapFile,
      asmap: wanted.asmap,
    }, logger),
    savedAnchors: await disk.takeSmall(ANCHORS_FILE),
  }, options);
  if (logger instanceof DebugLog) logger.mockTime = () => core.clock.mockTime;
  const networks = new NodeNetworks(wanted.networks ?? PLAIN_NETWORKS, {
    logger, rng, loadSmall: (name) => disk.loadSmall(name), save: (name, bytes) => disk.save(name, bytes),
  });
  const node = new RunningNode({
    core, rpc, disk, resources,
    addresses: listener.addresses,
    makeDriver: (failed) => new NodeDriver({
      core, logger, listener, failed, networks,
      stores: { ...disk, indexes, snapshotCoins: disk.snapshot.coins },
      hashCoins: (isStopped) => hashCoins(disk.coins, isStopped),
      multiplyCoins: (change) => muhash.make(change),
      verify: (job) => pool.verify(job),
      load: ({ name, offset, length }) => disk.load(name, offset, length),
      save: (name, bytes) => disk.save(name, bytes),
      append: (name, bytes) => disk.append(name, bytes),
    }),
    makeSnapshots: (running) =>
      new DiskSnapshots(running, logger, wanted.dataDir ?? ".", disk.snapshot.coins),
  });
  let imported = Promise.resolve();
  // Once the driver is closed it is told so, and ends.
  resources.add(() => imported);
  resources.add(() => node.driver.close());
  // Before all else, so that callers are answered while the node still runs; a second close does nothing.
  if (rpc !== undefined) resources.add(() => rpc.close());
  const lagAlarm = new LagAlarm(logger);
  resources.add(async () => lagAlarm.close());
  node.driver.start();
  if (rpc !== undefined) {
    // Callers may look for what the start has saved.
    await node.driver.saved();
    await rolledForward(node);
  }
  rpc?.open(node, logger);
  if (wanted.lan !== undefined) resources.add(await joinLan(wanted.lan, node, logger));
  if (isImporting) imported = importBlocks(wanted, disk, node, logger);
  return node;
}

/** Callers may wait so long to be shown the tip that they were told of before. */
const ROLL_FORWARD_WAIT_MS = 10_000;
const ROLL_FORWARD_POLL_MS = 20;

/** The chain is where it was before a crash, or a short one is connected anew; a long one is seen growing. */
async function rolledForward({ core: { chain }, stopping }: RunningNode): Promise<void> {
  let isStopping = false;
  void stopping.then(() => {
    isStopping = true;
  });
  const deadline = performance.now() + ROLL_FORWARD_WAIT_MS;
  while (chain.isRollingForward && !isStopping && performance.now() < deadline) {
    await delay(ROLL_FORWARD_POLL_MS);
  }
}

/** Goes on beside everything else. */
async function importBlocks(
  wanted: OpenNodeOptions, disk: NodeDisk, node: RunningNode, logger: Logger,
): Promise<void> {
  const folder = wanted.dataDir;
  const plan = {
    ownFolder: disk.isReindexing && folder !== undefined ? path.join(folder, "blocks") : undefined,
    mask: folder === undefined ? undefined : readMask(folder),
    files: wanted.loadBlocks ?? [],
  };
  try {
    const isAll = await new BlockImport(node, logger).run(plan, () => disk.reindexed());
    if (!isAll || wanted.stopAfterImport !== true) return;
    logger.info("Stopping after block import");
    node.requestStop();
  } catch (error) {
    node.fail(new Error(`Cannot read the block files: ${errorText(error)}`, { cause: error }));
  }
}

function withinDescriptors(options: NodeOptions, binds: number, logger: Logger): NodeOptions {
  const { connections, warning } = fitConnections(options.maxConnections, binds, descriptorLimit());
  if (warning !== undefined) logger.warning(warning);
  return { ...options, maxConnections: connections };
}

function openLog(logger: Logger | (() => Logger), resources: Resources): Logger {
  if (typeof logger !== "function") return logger;
  const log = logger();
  if (log instanceof DebugLog) resources.add(async () => log.close());
  return log;
}

async function openPidFile(file: string | undefined, resources: Resources): Promise<void> {
  if (file === undefined) return;
  await writePidFile(file);
  resources.add(() => removeRunFile(file));
}

function ownPool(verify: VerifyPlan | undefined, logger: Logger, resources: Resources): VerifyPool {
  const report = (error: Error): void => logger.error(error.message);
  const pool = new VerifyPool({ threads: defaultThreads(), ...verify, report });
  resources.add(() => pool.close());
  return pool;
}
