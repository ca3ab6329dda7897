/** Finds a node that runs, for all commands that talk to one, and calls it. @module */
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
