import { DataDirError } from "../io/data_dir.ts";
import { ListenError } from "../io/listener.ts";
import { openNode, type OpenNodeOptions, type RunningNode } from "../io/node_host.ts";
import { TidingsError } from "./errors.ts";
import { TidingsNode } from "./node.ts";
import { type CreateNodeOptions, planNode } from "./node_plan.ts";

/**
 * Starts a node in this process, and resolves when it can be used.
 *
 * @throws {TidingsError} CONFIG, LISTEN_FAILED, STORE_UNUSABLE
 * @throws the signal's reason, when it is aborted first
 */
export async function createNode(options: CreateNodeOptions): Promise<TidingsNode> {
  const plan = planNode(options);
  const { signal } = options;
  signal?.throwIfAborted();
  const node = new TidingsNode(await openForUser(plan));
  if (signal === undefined) return node;
  if (signal.aborted) {
    await node.close();
    throw signal.reason;
  }
  const abort = (): void => void node.close();
  signal.addEventListener("abort", abort, { once: true });
  void node.closed.catch(() => {}).then(() => signal.removeEventListener("abort", abort));
  return node;
}

/** As `openNode`, with what can go wrong in the library's words. */
export async function openForUser(plan: OpenNodeOptions): Promise<RunningNode> {
  try {
    return await openNode(plan);
  } catch (error) {
    throw openError(error, plan.dataDir ?? "memory");
  }
}

function openError(error: unknown, path: string): unknown {
  if (error instanceof ListenError) {
    const { host, port, reason } = error;
    const hint = reason === "port-in-use" ? "Another program has it: give another port, or 0 for a free one" : undefined;
    return new TidingsError("LISTEN_FAILED", `Cannot listen on ${host}:${port}: ${reason}`, { host, port, reason },
      { cause: error, ...(hint === undefined ? {} : { hint }) });
  }
  const reason = error instanceof DataDirError ? error.code : dataFault(error);
  if (reason === undefined) return error;
  return new TidingsError("STORE_UNUSABLE", (error as Error).message, { path, reason }, { cause: error });
}

function dataFault(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return error.name === "ChainDataError" || error.name === "StoreCorruptError" ? "damaged" : undefined;
}
