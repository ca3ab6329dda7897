/** `tidings rpc METHOD …`. @module */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { splitHostPort } from "../primitives/host_text.ts";
import { ALL_METHODS } from "../rpc/all_methods.ts";
import { type JsonValue, writeJson } from "../rpc/json.ts";
import { RPC_CODE } from "../rpc/rpc_error.ts";
import { chooseChain } from "./choose_chain.ts";
import { UsageError } from "./core_flags.ts";
import { defaultDataDir } from "./default_data_dir.ts";
import { EXIT } from "./exit.ts";
import { didYouMean } from "./nearest.ts";
import { callRpc, type RpcOutcome, type RpcTarget } from "./rpc_client.ts";
import { nodeFlag } from "./node_flags.ts";
import { readParameters } from "./rpc_parameters.ts";
import { Settings } from "./settings.ts";
import { commandHelp, type Flag, isOn, lastText, type ReadFlags, readFlags } from "./tidings_flags.ts";
import { VERSION } from "../io/version.ts";

const FLAGS: readonly Flag[] = [
  nodeFlag("chain"),
  { name: "datadir", value: "DIR", help: `Its data directory (default: ${defaultDataDir()})` },
  { name: "rpc", value: "[HOST:]PORT", help: "Where it answers (default: the chain's port on 127.0.0.1)" },
  { name: "cookie", value: "FILE",
    help: "The file with its password (default: .cookie in the data directory)" },
  { name: "user", value: "USER:PASSWORD", help: "Go in with this instead" },
  { name: "wait", value: "SECONDS", help: "If it does not answer yet, try for so long" },
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

/** How often a node that does not answer is tried, in milliseconds. */
const RETRY_INTERVAL = 250;

interface Place {
  readonly chain: string;
  readonly host: string;
  readonly port: number;
  readonly cookieFile: string;
  /** `undefined` when there is no cookie, and nothing else was given. */
  readonly auth: string | undefined;
}

export async function rpcCommand(argv: readonly string[]): Promise<number> {
  const read = readFlags(argv, FLAGS, true);
  if (isOn(read, "help") || isOn(read, "version")) {
    process.stdout.write(isOn(read, "help") ? HELP : `tidings ${VERSION}\n`);
    return EXIT.ok;
  }
  const [method, ...words] = read.words;
  if (method === undefined) throw new UsageError("need a METHOD; tidings rpc help lists them");
  const params = readParameters(method, words);
  const { place, outcome } = await callWithin(read, (target) => callRpc(target, method, params));
  return report(outcome, place, method, isOn(read, "json"));
}

async function callWithin(
  read: ReadFlags, call: (target: RpcTarget) => Promise<RpcOutcome>,
): Promise<{ readonly place: Place; readonly outcome: RpcOutcome }> {
  const until = performance.now() + 1000 * readWait(read);
  for (;;) {
    const place = findPlace(read);
    // Without a password the call is made all the same, to tell whether somebody is there.
    const outcome = await call({ host: place.host, port: place.port, auth: place.auth ?? ":" });
    const isEarly = outcome.type === "unreachable" || outcome.type === "unauthorized" ||
      (outcome.type === "error" && outcome.code === RPC_CODE.inWarmup);
    if (!isEarly || performance.now() > until) return { place, outcome };
    await delay(RETRY_INTERVAL);
  }
}

function readWait(read: ReadFlags): number {
  const text = lastText(read, "wait");
  if (text === undefined) return 0;
  const match = /^([0-9]+(?:\.[0-9]+)?)s?$/.exec(text);
  if (match === null) throw new UsageError(`--wait ${text}: need seconds`);
  return Number(match[1]);
}

function findPlace(read: ReadFlags): Place {
  const settings = new Settings();
  const chain = lastText(read, "chain");
  if (chain !== undefined) settings.commandLine.add("chain", chain);
  const params = chooseChain(settings);
  const dataDir = lastText(read, "datadir") ?? defaultDataDir();
  const cookieFile = lastText(read, "cookie") ?? join(dataDir, params.folder, ".cookie");
  const given = lastText(read, "rpc") ?? String(params.rpcPort);
  const place = splitHostPort(/^[0-9]+$/.test(given) ? `127.0.0.1:${given}` : given, params.rpcPort);
  if (place === undefined) throw new UsageError(`--rpc ${given}: need [HOST:]PORT`);
  return { ...place, chain: params.name, cookieFile, auth: lastText(read, "user") ?? readCookie(cookieFile) };
}

function readCookie(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}

function report(outcome: RpcOutcome, place: Place, method: string, asJson: boolean): number {
  switch (outcome.type) {
    case "result":
      process.stdout.write(resultText(outcome.value, asJson));
      return EXIT.ok;
    case "error":
      process.stderr.write(`${errorText(outcome.code, outcome.message, method)}\n`);
      return errorExit(outcome.code);
    case "unreachable":
      process.stderr.write(unreachableText(place, outcome.reason));
      return EXIT.cannotConnect;
    case "unauthorized":
      process.stderr.write(unauthorizedText(place));
      return EXIT.failed;
    case "not-json-rpc":
      process.stderr.write(
        `tidings: ${place.host}:${place.port} answered with status ${outcome.status}, and no JSON-RPC: ` +
        `${outcome.body.slice(0, 200)}\n  another program may have this port: --rpc names another\n`);
      return EXIT.failed;
  }
}

function resultText(value: JsonValue, asJson: boolean): string {
  if (asJson) return `${writeJson(value)}\n`;
  if (value === null) return "";
  return `${typeof value === "string" ? value : writeJson(value, 2)}\n`;
}

function errorText(code: number, message: string, method: string): string {
  if (code !== RPC_CODE.methodNotFound) return `error ${code}: ${message}`;
  const names = Array.from(ALL_METHODS.all, ({ name }) => name);
  return `error ${code}: unknown method ${JSON.stringify(method)}.${didYouMean(method, names)}  ` +
    `(tidings rpc help lists ${names.length} methods)`;
}

/** Codes from -1 to -125 have an exit code each. */
function errorExit(code: number): number {
  if (code === RPC_CODE.inWarmup) return EXIT.notReady;
  return code < 0 && code >= -125 ? -code : EXIT.failed;
}

function unreachableText({ chain, host, port, cookieFile, auth }: Place, reason: string): string {
  const cookie = auth === undefined ? "not found" : "found";
  return `tidings: no node answered on ${host}:${port} (${chain}): ${reason}\n` +
    `  tried cookie  ${cookieFile}  (${cookie})\n` +
    `  start one:    tidings node --chain ${chain}\n` +
    "  or name it:   tidings rpc --chain NAME --datadir DIR --rpc [HOST:]PORT …\n";
}

function unauthorizedText({ chain, host, port, cookieFile, auth }: Place): string {
  const what = auth === undefined ? "there is no cookie" : "the password is not its own";
  return `tidings: the node on ${host}:${port} (${chain}) did not let us in: ${what}\n` +
    `  tried cookie  ${cookieFile}\n` +
    "  name the data directory it was started with, or a user:\n" +
    "                tidings rpc --datadir DIR …   tidings rpc --user USER:PASSWORD …\n";
}
