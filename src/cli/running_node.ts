/** Finds a node that runs, and calls it: for all commands that talk to one. @module */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { registeredNodes } from "../devnet/registration.ts";
import { splitHostPort } from "../primitives/host_text.ts";
import { RPC_CODE } from "../rpc/rpc_error.ts";
import { chooseChain } from "./choose_chain.ts";
import { UsageError } from "./core_flags.ts";
import { defaultDataDir } from "./default_data_dir.ts";
import { devnetHome } from "./devnet_home.ts";
import { EXIT } from "./exit.ts";
import { nodeFlag } from "./node_flags.ts";
import type { RpcOutcome, RpcTarget } from "./rpc_client.ts";
import { Settings } from "./settings.ts";
import { type Flag, lastText, type ReadFlags } from "./tidings_flags.ts";

/** What tells which node is meant. */
export const RUNNING_NODE_FLAGS: readonly Flag[] = [
  { ...nodeFlag("chain"), help: `${nodeFlag("chain").help}; devnet, or devnet:NAME, is a node of one` },
  { name: "datadir", value: "DIR", help: `Its data directory (default: ${defaultDataDir()})` },
  { name: "rpc", value: "[HOST:]PORT", help: "Where it answers (default: the chain's port on 127.0.0.1)" },
  { name: "cookie", value: "FILE",
    help: "The file with its password (default: .cookie in the data directory)" },
  { name: "user", value: "USER:PASSWORD", help: "Go in with this instead" },
  { name: "wait", value: "SECONDS", help: "If it does not answer yet, try for so long" },
];

/** How often a node that does not answer is tried, in milliseconds. */
const RETRY_INTERVAL = 250;

export interface NodePlace {
  readonly chain: string;
  readonly host: string;
  readonly port: number;
  readonly cookieFile: string;
  /** `undefined` when there is no cookie, and nothing else was given. */
  readonly auth: string | undefined;
}

export interface PlacedOutcome {
  readonly place: NodePlace;
  readonly outcome: RpcOutcome;
}

/**
 * Makes `call`, again and again while the node does not answer and `--wait` allows it.
 *
 * @throws {UsageError} when the flags name no node
 */
export async function callWithin(
  read: ReadFlags, call: (target: RpcTarget) => Promise<RpcOutcome>,
): Promise<PlacedOutcome> {
  const until = performance.now() + 1000 * readWait(read);
  for (;;) {
    const place = findPlace(read);
    const outcome = await call(targetOf(place));
    const isEarly = outcome.type === "unreachable" || outcome.type === "unauthorized" ||
      (outcome.type === "error" && outcome.code === RPC_CODE.inWarmup);
    if (!isEarly || performance.now() > until) return { place, outcome };
    await delay(RETRY_INTERVAL);
  }
}

/** Without a password the call is made all the same, to tell whether somebody is there. */
export function targetOf({ host, port, auth }: NodePlace): RpcTarget {
  return { host, port, auth: auth ?? ":" };
}

/** Says on standard error why a call gave no result. Returns what to exit with. */
export function reportFailure(
  { place, outcome }: PlacedOutcome, errorText: (code: number, message: string) => string = plainErrorText,
): number {
  switch (outcome.type) {
    case "result":
      return EXIT.ok;
    case "error":
      process.stderr.write(`${errorText(outcome.code, outcome.message)}\n`);
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

export function plainErrorText(code: number, message: string): string {
  return `error ${code}: ${message}`;
}

function readWait(read: ReadFlags): number {
  const text = lastText(read, "wait");
  if (text === undefined) return 0;
  const match = /^([0-9]+(?:\.[0-9]+)?)s?$/.exec(text);
  if (match === null) throw new UsageError(`--wait ${text}: need seconds`);
  return Number(match[1]);
}

function findPlace(read: ReadFlags): NodePlace {
  const chain = lastText(read, "chain");
  const devnet = /^devnet(?::(.+))?$/.exec(chain ?? "");
  if (devnet !== null) return findInDevnet(devnet[1]);
  const settings = new Settings();
  if (chain !== undefined) settings.commandLine.add("chain", chain);
  const params = chooseChain(settings);
  const dataDir = lastText(read, "datadir") ?? defaultDataDir();
  const cookieFile = lastText(read, "cookie") ?? join(dataDir, params.folder, ".cookie");
  const given = lastText(read, "rpc") ?? String(params.rpcPort);
  const place = splitHostPort(/^[0-9]+$/.test(given) ? `127.0.0.1:${given}` : given, params.rpcPort);
  if (place === undefined) throw new UsageError(`--rpc ${given}: need [HOST:]PORT`);
  return { ...place, chain: params.name, cookieFile, auth: lastText(read, "user") ?? readCookie(cookieFile) };
}

/** `name`: of the node; the first when it is left out. */
function findInDevnet(name: string | undefined): NodePlace {
  const nodes = registeredNodes(devnetHome());
  const node = name === undefined ? nodes[0] : nodes.find((each) => each.name === name);
  if (node === undefined) {
    const known = nodes.map((each) => each.name).join(", ");
    throw new UsageError(nodes.length === 0
      ? "no devnet is running here; start one with: tidings devnet"
      : `the devnet has no node ${JSON.stringify(name)}, but ${known}`);
  }
  const { rpcPort: port, cookieFile } = node;
  return { chain: `devnet:${node.name}`, host: "127.0.0.1", port, cookieFile, auth: readCookie(cookieFile) };
}

function readCookie(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** Codes from -1 to -125 have an exit code each. */
function errorExit(code: number): number {
  if (code === RPC_CODE.inWarmup) return EXIT.notReady;
  return code < 0 && code >= -125 ? -code : EXIT.failed;
}

function unreachableText({ chain, host, port, cookieFile, auth }: NodePlace, reason: string): string {
  const cookie = auth === undefined ? "not found" : "found";
  const [first] = registeredNodes(devnetHome());
  const devnet = first === undefined ? "" : "  found a devnet: --chain devnet, or --chain devnet:NAME\n";
  return `tidings: no node answered on ${host}:${port} (${chain}): ${reason}\n` +
    `  tried cookie  ${cookieFile}  (${cookie})\n${devnet}` +
    `  start one:    tidings node --chain ${chain}\n` +
    "  or name it:   --chain NAME --datadir DIR --rpc [HOST:]PORT\n";
}

function unauthorizedText({ chain, host, port, cookieFile, auth }: NodePlace): string {
  const what = auth === undefined ? "there is no cookie" : "the password is not its own";
  return `tidings: the node on ${host}:${port} (${chain}) did not let us in: ${what}\n` +
    `  tried cookie  ${cookieFile}\n` +
    "  name the data directory it was started with, or a user:\n" +
    "                --datadir DIR   --user USER:PASSWORD\n";
}
