import { writeJson } from "../rpc/json.ts";
import { RPC_CODE } from "../rpc/rpc_error.ts";
import { reportFailure } from "./call_failure.ts";
import { callRpc } from "./rpc_client.ts";
import { callWithin, targetOf } from "./find_node.ts";
import type { ReadFlags } from "./tidings_flags.ts";

export type Asked =
  | { readonly ok: true; readonly chain: string; readonly results: readonly unknown[] }
  /** What was wrong has been said. */
  | { readonly ok: false; readonly exit: number };

/**
 * Calls methods without parameters, one after the other, for results that are only shown: numbers as
 * JavaScript has them. Of `optional` ones those have no result that the node does not know.
 */
export async function askAll(
  read: ReadFlags, methods: readonly string[], optional: readonly string[] = [],
): Promise<Asked> {
  const [first = "", ...rest] = methods;
  const placed = await callWithin(read, (target) => callRpc(target, first, []));
  if (placed.outcome.type !== "result") return { ok: false, exit: reportFailure(placed) };
  const { place } = placed;
  const results = [plain(placed.outcome.value)];
  for (const method of [...rest, ...optional]) {
    const outcome = await callRpc(targetOf(place), method, []);
    const isUnknown = outcome.type === "error" && outcome.code === RPC_CODE.methodNotFound;
    if (isUnknown && optional.includes(method)) results.push(undefined);
    else if (outcome.type !== "result") return { ok: false, exit: reportFailure({ place, outcome }) };
    else results.push(plain(outcome.value));
  }
  return { ok: true, chain: place.chain, results };
}

function plain(value: Parameters<typeof writeJson>[0]): unknown {
  return JSON.parse(writeJson(value));
}
