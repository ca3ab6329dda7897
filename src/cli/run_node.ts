/** A node in the foreground, from its settings to its end. @module */
import { existsSync, mkdirSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { DebugLog } from "../io/debug_log.ts";
import { DataDirError } from "../io/data_dir_error.ts";
import { ListenError } from "../io/listener.ts";
import { coreLine, terminalLine } from "../io/log_entry.ts";
import { useSignatures } from "../io/node_crypto.ts";
import { openNode, type RunningNode } from "../io/node_host.ts";
import { REBUILD } from "../chain/restore.ts";
import type { Reindex } from "../io/reindex_mark.ts";
import type { NodeEvent } from "../node/event.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { toHex } from "../base/bytes.ts";
import { displayHash } from "../primitives/hash.ts";
import { chooseChain } from "./choose_chain.ts";
import type { ConfigNotes } from "./conf_file.ts";
import { diskWarning } from "./disk_warning.ts";
import { logChainSettings } from "./log_chain_settings.ts";
import { UsageError } from "./core_flags.ts";
import { type LogPlan, planLog } from "./log_plan.ts";
import { type NodePlan, planNode } from "./node_plan.ts";
import { commandFor, type NotifyPlan, planNotify, runAside, runToEnd } from "./notify.ts";
import { OPTIONS } from "./options.ts";
import { readInteger } from "./read_setting.ts";
import { planRpc, type RpcPlan } from "./rpc_plan.ts";
import type { Settings } from "./settings.ts";
import { doubleNegatives, settingLines } from "./settings_log.ts";
import { VERSION } from "../io/version.ts";

/** What a run is made from, settled before anything is opened. */
export interface RunPlan {
  readonly params: ChainParams;
  readonly networkDir: string;
  readonly node: NodePlan;
  readonly rpc: RpcPlan | undefined;
  readonly log: LogPlan;
  readonly pidFile: string | undefined;
  readonly notify: NotifyPlan;
  /** Height of the tip at which the node stops by itself; zero for never. */
  readonly stopAtHeight: number;
  readonly notes: ConfigNotes;
  /** The settings, for the log. */
  readonly settingLines: readonly string[];
}

/** @throws {UsageError} when the settings cannot be followed */
export async function planRun(settings: Settings, dataDir: string, notes: ConfigNotes): Promise<RunPlan> {
  const params = chooseChain(settings);
  settings.network = params.name;
  const networkDir = join(dataDir, params.folder);
  chooseSignatures(settings);
  notes.log.push(...doubleNegatives(settings));
  const perNetwork = OPTIONS.filter((option) => option.isPerNetwork).map(({ name }) => name);
  for (const name of settings.misplaced(perNetwork)) {
    notes.warnings.push(
      `Warning: Config setting for -${name} only applied on ${params.name} network when in ` +
      `[${params.name}] section.`);
  }
  const node = await planNode(settings, params);
  notes.warnings.push(...node.warnings.map((text) => `Warning: ${text}`));
  return {
    params, networkDir, notes, node,
    settingLines: settingLines(settings),
    rpc: planRpc(settings, params, networkDir),
    log: planLog(settings, networkDir),
    pidFile: readPidFile(settings, networkDir),
    notify: planNotify(settings),
    stopAtHeight: readInteger(settings, "stopatheight", 0),
  };
}

/** @throws {UsageError} when the one that is asked for is not there */
export function chooseSignatures(settings: Settings): void {
  try {
    useSignatures(settings.text("crypto"));
  } catch (error) {
    throw startError(error);
  }
}

function readPidFile(settings: Settings, networkDir: string): string | undefined {
  if (settings.isNegated("pid")) return undefined;
  const name = settings.text("pid") || "bitcoind.pid";
  return isAbsolute(name) ? name : join(networkDir, name);
}

/** What a person at a terminal sees, or what a program reads; nothing for a quiet run. */
export type ConsoleForm = "terminal" | "lines" | "none";

/**
 * Runs until it is asked to stop, by a signal or a caller. Returns why it could not go on, if so.
 *
 * @throws {UsageError} when it cannot start
 */
export async function runNode(plan: RunPlan, form: ConsoleForm): Promise<Error | undefined> {
  // What is written is for this user's eyes only.
  process.umask(0o077);
  mkdirSync(plan.networkDir, { recursive: true });
  await warnAtFirstStart(plan);
  const node = await open(plan, form);
  const stop = (): void => node.requestStop();
  for (const signal of STOP_SIGNALS) process.on(signal, stop);
  node.listen((event) => react(event, node, plan));
  if (plan.notify.startup !== undefined) runAside(plan.notify.startup);
  await node.stopping;
  await Promise.all(plan.notify.shutdown.map(runToEnd));
  await node.close();
  for (const signal of STOP_SIGNALS) process.off(signal, stop);
  return node.failure;
}

async function warnAtFirstStart({ node, networkDir, notes }: RunPlan): Promise<void> {
  if (existsSync(join(networkDir, "blocks"))) return;
  const warning = await diskWarning(node.options, networkDir);
  if (warning !== undefined) notes.warnings.push(warning);
}

function react(event: NodeEvent, node: RunningNode, { notify, stopAtHeight }: RunPlan): void {
  const command = commandFor(event, notify, node.core.chain.isInitialBlockDownload);
  if (command !== undefined) runAside(command);
  const isEnd = event.type === "chain:tip" && stopAtHeight > 0 && event.data.height >= stopAtHeight;
  if (isEnd) node.requestStop();
}

const STOP_SIGNALS = ["SIGINT", "SIGTERM"] as const;

async function open(plan: RunPlan, form: ConsoleForm): Promise<RunningNode> {
  const { node, rpc } = plan;
  const openWith = (reindex: Reindex | undefined): Promise<RunningNode> => {
    return openNode({
      options: node.options,
      dataDir: plan.networkDir,
      ...(reindex === undefined ? {} : { stores: { reindex } }),
      loadBlocks: node.files.loadBlocks,
      stopAfterImport: node.files.stopAfterImport,
      listen: node.listen,
      networks: node.networks,
      asmapFile: node.asmapFile,
      ...(node.lan === undefined ? {} : { lan: node.lan }),
      logger: () => openLog(plan, form),
      ...(plan.pidFile === undefined ? {} : { pidFile: plan.pidFile }),
      ...(rpc === undefined ? {} : { rpc: rpc.options }),
      verify: node.verify,
    });
  };
  try {
    return await openWith(node.files.reindex).catch((error) => {
      if (!node.files.reindexesOnFailure || !String(error).endsWith(REBUILD)) throw error;
      return openWith({ what: "all", isPruning: node.options.pruneTarget !== undefined });
    });
  } catch (error) {
    throw startError(error);
  }
}

/** What the operator can mend is said in words; what is our mistake stays what it is. */
export function startError(error: unknown): unknown {
  const isForOperator = error instanceof DataDirError || error instanceof ListenError ||
    (error instanceof Error && OPERATOR_ERRORS.has(error.name));
  return isForOperator ? new UsageError((error as Error).message) : error;
}

const OPERATOR_ERRORS: ReadonlySet<string> = new Set([
  "ChainDataError", "SignatureBackendError", "StoreCorruptError", "BlockMaskError", "DescriptorError",
]);

function openLog(plan: RunPlan, form: ConsoleForm): DebugLog {
  const { log, params, notes, node, rpc, networkDir } = plan;
  const print = form === "none" || !log.toConsole ? undefined : (entry: Parameters<typeof coreLine>[0]) => {
    process.stdout.write(form === "terminal" ? `${terminalLine(entry)}\n` : coreLine(entry, log));
  };
  const logger = new DebugLog({ ...log, print });
  logger.info(`Tidings version v${VERSION} (Node.js ${process.version}, ${process.platform} ` +
    `${process.arch})`);
  logger.info(`Using data directory ${networkDir}`);
  logger.info(`Chain ${params.name}, genesis ${displayHash(params.genesis.hash)}`);
  if (params.deployments.signetChallenge !== undefined) {
    logger.info(`Signet derived magic (message start): ${toHex(params.magic)}`);
  }
  for (const line of [...plan.settingLines, ...node.interactions]) logger.info(line);
  for (const line of [...notes.log, ...node.withoutEffect]) logger.warning(line);
  for (const line of [...notes.warnings.map((text) => text.replace(/^Warning: /, "")),
    ...(rpc?.warnings ?? [])]) {
    logger.warning(line);
  }
  logChainSettings(logger, node.options);
  return logger;
}
