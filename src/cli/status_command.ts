/** `tidings status`. @module */
import { setTimeout as delay } from "node:timers/promises";
import { askAll } from "./ask_node.ts";
import { UsageError } from "./core_flags.ts";
import { EXIT } from "./exit.ts";
import { RUNNING_NODE_FLAGS } from "./find_node.ts";
import { type Answers, type NodeStatus, nodeStatus } from "./node_status.ts";
import { type Pace, statusText } from "./status_text.ts";
import { commandHelp, type Flag, isOn, printsHelp, type ReadFlags, readFlags } from "./tidings_flags.ts";
import { showOrWatch, WATCH_FLAG } from "./watch.ts";

const FLAGS: readonly Flag[] = [
  ...RUNNING_NODE_FLAGS,
  WATCH_FLAG,
  { name: "json", help: "Print it as one line of JSON" },
];

const HELP = commandHelp({
  usage: "tidings status [FLAGS]",
  about: `Tells whether a running node, of Bitcoin Core as well, is connected, reachable and synced. While it
syncs, the rate is taken over a second or more. Exit codes: 0 when it answers, 2 for wrong usage, 3 when no
node answers, 4 when it is not ready yet.`,
  flags: FLAGS,
  examples: [
    "tidings status --chain signet", "tidings status --chain devnet:bob --watch", "tidings status --json",
  ],
});

const METHODS = [
  "getblockchaininfo", "getnetworkinfo", "getpeerinfo", "getmempoolinfo", "getindexinfo", "uptime",
] as const;
/** Tidings' own. */
const OPTIONAL_METHODS = ["getreachability"] as const;

/** Milliseconds over which the rate of a sync is taken at least. */
const PACE_INTERVAL = 1_000;

/** A status, and when it was. */
interface Look {
  readonly status: NodeStatus;
  /** Milliseconds. */
  readonly at: number;
}

export async function statusCommand(argv: readonly string[]): Promise<number> {
  const read = readFlags(argv, FLAGS);
  if (printsHelp(read, HELP)) return EXIT.ok;
  if (read.words.length > 0) throw new UsageError(`status takes flags only, found ${read.words.join(" ")}`);
  let before: Look | undefined;
  return showOrWatch(read, async () => {
    const first = await look(read);
    if (typeof first === "number") return first;
    if (isOn(read, "json")) return `${JSON.stringify(first.status)}\n`;
    const isSyncing = first.status.sync === "blocks";
    const next = isSyncing && before === undefined ? await lookLater(read) : first;
    if (typeof next === "number") return next;
    const text = statusText(next.status, isSyncing ? paceBetween(before ?? first, next) : undefined);
    before = next;
    return text;
  });
}

/** What to exit with when there is no answer. */
async function look(read: ReadFlags): Promise<Look | number> {
  const asked = await askAll(read, METHODS, OPTIONAL_METHODS);
  if (!asked.ok) return asked.exit;
  const [chain, network, peers, mempool, indexes, uptime, reachability] = asked.results;
  const answers = { chain, network, peers, mempool, indexes, uptime, reachability } as Answers;
  return { status: nodeStatus(answers, Math.floor(Date.now() / 1000)), at: performance.now() };
}

async function lookLater(read: ReadFlags): Promise<Look | number> {
  await delay(PACE_INTERVAL);
  return look(read);
}

function paceBetween(before: Look, after: Look): Pace {
  return {
    blocks: after.status.height - before.status.height,
    progress: after.status.progress - before.status.progress,
    seconds: (after.at - before.at) / 1000,
  };
}
