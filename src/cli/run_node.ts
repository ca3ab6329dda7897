/** A node in the foreground, from its settings to its end. @module */
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { DebugLog } from "../io/debug_log.ts";
import { DataDirError } from "../io/data_dir.ts";
import { ListenError } from "../io/listener.ts";
import { coreLine, terminalLine } from "../io/log_entry.ts";
import { openNode, type RunningNode } from "../io/node_host.ts";
import { VerifyPool } from "../io/verify_pool.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { toHex } from "../base/bytes.ts";
import { displayHash } from "../primitives/hash.ts";
import { chooseChain } from "./choose_chain.ts";
import type { ConfigNotes } from "./conf_file.ts";
import { UsageError } from "./core_flags.ts";
import { type LogPlan, planLog } from "./log_plan.ts";
import { type NodePlan, planNode } from "./node_plan.ts";
import { OPTIONS } from "./options.ts";
import { planRpc, type RpcPlan } from "./rpc_plan.ts";
import type { Settings } from "./settings.ts";
import { VERSION } from "../io/version.ts";

/** What a run is made from, settled before anything is opened. */
export interface RunPlan {
  readonly params: ChainParams;
  readonly networkDir: string;
  readonly node: NodePlan;
  readonly rpc: RpcPlan | undefined;
  readonly log: LogPlan;
  readonly pidFile: string | undefined;
  readonly startupNotify: string | undefined;
  readonly notes: ConfigNotes;
}

/** @throws {UsageError} when the settings cannot be followed */
export async function planRun(settings: Settings, dataDir: string, notes: ConfigNotes): Promise<RunPlan> {
  const params = chooseChain(settings);
  settings.network = params.name;
  const networkDir = join(dataDir, params.folder);
  const perNetwork = OPTIONS.filter((option) => option.isPerNetwork).map(({ name }) => name);
  for (const name of settings.misplaced(perNetwork)) {
    notes.warnings.push(
      `Warning: Config setting for -${name} only applied on ${params.name} network when in ` +
      `[${params.name}] section.`);
  }
  return {
    params, networkDir, notes,
    node: await planNode(settings, params),
    rpc: planRpc(settings, params, networkDir),
    log: planLog(settings, networkDir),
    pidFile: readPidFile(settings, networkDir),
    startupNotify: settings.text("startupnotify"),
  };
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
  const node = await open(plan, form);
  const stop = (): void => node.requestStop();
  for (const signal of STOP_SIGNALS) process.on(signal, stop);
  if (plan.startupNotify !== undefined && plan.startupNotify !== "") notify(plan.startupNotify);
  await node.stopping;
  await node.close();
  for (const signal of STOP_SIGNALS) process.off(signal, stop);
  return node.failure;
}

const STOP_SIGNALS = ["SIGINT", "SIGTERM"] as const;

async function open(plan: RunPlan, form: ConsoleForm): Promise<RunningNode> {
  const { node, rpc } = plan;
  const pool = node.threads === undefined ? undefined
    : new VerifyPool({ threads: node.threads, report: () => {} });
  try {
    return await openNode({
      options: node.options,
      dataDir: plan.networkDir,
      listen: node.listen,
      logger: () => openLog(plan, form),
      ...(plan.pidFile === undefined ? {} : { pidFile: plan.pidFile }),
      ...(rpc === undefined ? {} : { rpc: rpc.options }),
      ...(pool === undefined ? {} : { pool }),
    });
  } catch (error) {
    await pool?.close();
    throw startError(error);
  }
}

/** What the operator can mend is said in words; what is our mistake stays what it is. */
export function startError(error: unknown): unknown {
  const isForOperator = error instanceof DataDirError || error instanceof ListenError ||
    (error instanceof Error && OPERATOR_ERRORS.has(error.name));
  return isForOperator ? new UsageError((error as Error).message) : error;
}

const OPERATOR_ERRORS: ReadonlySet<string> = new Set(["ChainDataError", "SignatureBackendError", "StoreCorruptError"]);

function openLog({ log, params, notes, node, rpc, networkDir }: RunPlan, form: ConsoleForm): DebugLog {
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
  for (const line of notes.log) logger.warning(line);
  for (const line of [...notes.warnings.map((text) => text.replace(/^Warning: /, "")),
    ...(rpc?.warnings ?? [])]) {
    logger.warning(line);
  }
  if (node.options.loopbackOnly !== undefined) logger.warning(`Careful: ${node.options.loopbackOnly}`);
  return logger;
}

/** Runs a shell command and forgets it. */
function notify(command: string): void {
  const child = spawn(command, { shell: true, stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}
