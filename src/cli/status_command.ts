/** `tidings status`. @module */
import { setTimeout as delay } from "node:timers/promises";
import { askAll } from "./ask_node.ts";
import { UsageError } from "./core_flags.ts";
import { EXIT } from "./exit.ts";
import { type Answers, type ChainFacts, type NodeStatus, nodeStatus } from "./node_status.ts";
import { RUNNING_NODE_FLAGS } from "./running_node.ts";
import { type Pace, statusText } from "./status_text.ts";
import { commandHelp, type Flag, isOn, type ReadFlags, readFlags } from "./tidings_flags.ts";
import { VERSION } from "../io/version.ts";

const FLAGS: readonly Flag[] = [
  ...RUNNING_NODE_FLAGS,
  { name: "json", help: "Print it as one line of JSON" },
];

const HELP = commandHelp({
  usage: "tidings status [FLAGS]",
  about: `Tells whether a running node, of Bitcoin Core as well, is connected, reachable and synced. While it syncs
the rate is taken over a second. Exit codes: 0 when it answers, 2 for wrong usage, 3 when no node answers,
4 when it is not ready yet.`,
  flags: FLAGS,
  examples: ["tidings status --chain signet", "tidings status --chain devnet:bob", "tidings status --json"],
});

const METHODS = [
  "getblockchaininfo", "getnetworkinfo", "getpeerinfo", "getmempoolinfo", "getindexinfo", "uptime",
] as const;

/** Milliseconds over which the rate of a sync is taken. */
const PACE_INTERVAL = 1_000;

export async function statusCommand(argv: readonly string[]): Promise<number> {
  const read = readFlags(argv, FLAGS);
  if (isOn(read, "help") || isOn(read, "version")) {
    process.stdout.write(isOn(read, "help") ? HELP : `tidings ${VERSION}\n`);
    return EXIT.ok;
  }
  if (read.words.length > 0) throw new UsageError(`status takes flags only, found ${read.words.join(" ")}`);
  const asked = await askAll(read, METHODS);
  if (!asked.ok) return asked.exit;
  const [chain, network, peers, mempool, indexes, uptime] = asked.results;
  const status = nodeStatus(
    { chain, network, peers, mempool, indexes, uptime } as Answers, Math.floor(Date.now() / 1000));
  process.stdout.write(isOn(read, "json")
    ? `${JSON.stringify(status)}\n`
    : statusText(status, await takePace(read, status)));
  return EXIT.ok;
}

/** `undefined` when there is nothing to wait for. */
async function takePace(read: ReadFlags, { sync, height, progress }: NodeStatus): Promise<Pace | undefined> {
  if (sync !== "blocks") return undefined;
  const start = performance.now();
  await delay(PACE_INTERVAL);
  const asked = await askAll(read, ["getblockchaininfo"]);
  if (!asked.ok) return undefined;
  const [later] = asked.results as readonly [ChainFacts];
  return {
    blocks: later.blocks - height,
    progress: later.verificationprogress - progress,
    seconds: (performance.now() - start) / 1000,
  };
}
