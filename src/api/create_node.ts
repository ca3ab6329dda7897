import type { CreateNodeOptions } from "./create_node_options.ts";
import { TidingsNode } from "./node.ts";
import { planNode } from "./node_plan.ts";
import { openForUser } from "./open_for_user.ts";

/**
 * Starts a node in this process, and resolves when it can be used.
 *
 * @throws {TidingsError} CONFIG, LISTEN_FAILED, STORE_UNUSABLE, NODE_FAILED
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
