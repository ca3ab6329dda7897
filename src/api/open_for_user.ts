import { DataDirError } from "../io/data_dir_error.ts";
import { DescriptorError } from "../io/descriptor_limit.ts";
import { ListenError } from "../io/listener.ts";
import { openNode, type OpenNodeOptions, type RunningNode } from "../io/node_host.ts";
import { formatHostPort } from "../primitives/host_text.ts";
import { TidingsError } from "./errors.ts";

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
    const hint =
      reason === "port-in-use" ? "Another program has it: give another port, or 0 for a free one" : undefined;
    const message = `Cannot listen on ${formatHostPort(host, port)}: ${reason}`;
    const options = { cause: error, ...(hint === undefined ? {} : { hint }) };
    return new TidingsError("LISTEN_FAILED", message, { host, port, reason }, options);
  }
  if (error instanceof DescriptorError) {
    return new TidingsError("NODE_FAILED", error.message, { reason: error.message }, { cause: error });
  }
  const reason = error instanceof DataDirError ? error.code : dataFault(error);
  if (reason === undefined) return error;
  return new TidingsError("STORE_UNUSABLE", (error as Error).message, { path, reason }, { cause: error });
}

function dataFault(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return error.name === "ChainDataError" || error.name === "StoreCorruptError" ? "damaged" : undefined;
}
