/** `tidings rpc METHOD …`. @module */
import { ALL_METHODS } from "../rpc/all_methods.ts";
import { type JsonValue, writeJson } from "../rpc/json.ts";
import { RPC_CODE } from "../rpc/rpc_error.ts";
import { plainErrorText, reportFailure } from "./call_failure.ts";
import { UsageError } from "./core_flags.ts";
import { EXIT } from "./exit.ts";
import { callWithin, RUNNING_NODE_FLAGS } from "./find_node.ts";
import { didYouMean } from "./nearest.ts";
import { callRpc } from "./rpc_client.ts";
import { readParameters } from "./rpc_parameters.ts";
import { commandHelp, type Flag, isOn, printsHelp, readFlags } from "./tidings_flags.ts";

const FLAGS: readonly Flag[] = [
  ...RUNNING_NODE_FLAGS,
  { name: "json", help: "Print the result as one line of JSON, texts too" },
];

const HELP = commandHelp({
  usage: "tidings rpc [FLAGS] METHOD [VALUE | NAME=VALUE …]",
  about: `Calls a method of a running node, of Bitcoin Core as well, and prints what it answers. Flags come
before the method. tidings rpc help lists the methods. Exit codes: the RPC error's code without its sign,
2 for wrong usage, 3 when no node answers, 4 when it is not ready yet.`,
  flags: FLAGS,
  examples: [
    "tidings rpc --chain regtest getblockchaininfo",
    "tidings rpc --chain regtest --datadir ./node1 getblock HASH verbosity=2",
    "tidings rpc --rpc 18453 --cookie ./node2/regtest/.cookie getpeerinfo",
  ],
});

export async function rpcCommand(argv: readonly string[]): Promise<number> {
  const read = readFlags(argv, FLAGS, true);
  if (printsHelp(read, HELP)) return EXIT.ok;
  const [method, ...words] = read.words;
  if (method === undefined) throw new UsageError("need a METHOD; tidings rpc help lists them");
  const params = readParameters(method, words);
  const placed = await callWithin(read, (target) => callRpc(target, method, params));
  if (placed.outcome.type !== "result") {
    return reportFailure(placed, (code, message) => errorText(code, message, method));
  }
  process.stdout.write(resultText(placed.outcome.value, isOn(read, "json")));
  return EXIT.ok;
}

function resultText(value: JsonValue, asJson: boolean): string {
  if (asJson) return `${writeJson(value)}\n`;
  if (value === null) return "";
  return `${typeof value === "string" ? value : writeJson(value, 2)}\n`;
}

function errorText(code: number, message: string, method: string): string {
  if (code !== RPC_CODE.methodNotFound) return plainErrorText(code, message);
  const names = Array.from(ALL_METHODS.all, ({ name }) => name);
  return `error ${code}: unknown method ${JSON.stringify(method)}.${didYouMean(method, names)}  ` +
    `(tidings rpc help lists ${names.length} methods)`;
}
