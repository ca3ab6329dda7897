/** `tidings peers [LEVEL]`. @module */
import { UsageError } from "./core_flags.ts";
import { EXIT } from "./exit.ts";
import { askAll } from "./ask_node.ts";
import type { NetworkFacts, PeerFacts } from "./node_facts.ts";
import { LEVEL_MAX, peersText } from "./peers_text.ts";
import { RUNNING_NODE_FLAGS } from "./find_node.ts";
import { commandHelp, type Flag, isOn, printsHelp, readFlags } from "./tidings_flags.ts";
import { showOrWatch, WATCH_FLAG } from "./watch.ts";

const FLAGS: readonly Flag[] = [
  ...RUNNING_NODE_FLAGS,
  { name: "out", help: "Only connections that this node opened" },
  { name: "outonly", help: "The same, as bitcoin-cli -netinfo has it" },
  WATCH_FLAG,
  { name: "json", help: "Print what getpeerinfo says, as one line of JSON" },
];

const HELP = commandHelp({
  usage: "tidings peers [FLAGS] [LEVEL]",
  about: `Shows the connections of a running node, of Bitcoin Core as well. LEVEL 0 counts them, 1 lists them
(the default), 2 adds addresses, 3 versions, 4 both, and a table of what each peer may do and the id of its
encrypted session, which is the same at its end unless somebody stands between. Columns are those of
bitcoin-cli -netinfo: serv has the services' first letters (l: recent blocks only, 2: v2 transport), v the
transport, mping the quickest ping, txn * no transactions wanted, hb compact blocks unannounced (. to it,
* from it), addrp and addrl addresses taken and dropped, age minutes since connected.`,
  flags: FLAGS,
  examples: [
    "tidings peers --chain devnet", "tidings peers --chain signet 4 --out", "tidings peers 2 --watch",
  ],
});

export async function peersCommand(argv: readonly string[]): Promise<number> {
  const read = readFlags(argv, FLAGS);
  if (printsHelp(read, HELP)) return EXIT.ok;
  const level = readLevel(read.words);
  const isOutboundOnly = isOn(read, "out") || isOn(read, "outonly");
  return showOrWatch(read, async () => {
    const asked = await askAll(read, ["getpeerinfo", "getnetworkinfo"]);
    if (!asked.ok) return asked.exit;
    const [peers, network] = asked.results as readonly [readonly PeerFacts[], NetworkFacts];
    if (isOn(read, "json")) return `${JSON.stringify(peers)}\n`;
    const view = { level, isOutboundOnly, now: Math.floor(Date.now() / 1000) };
    return peersText(peers, network, asked.chain, view);
  });
}

function readLevel(words: readonly string[]): number {
  const [level = "1", ...more] = words;
  if (!/^[0-9]$/.test(level) || Number(level) > LEVEL_MAX || more.length > 0) {
    throw new UsageError(`LEVEL is ${JSON.stringify(words.join(" "))}, need a number from 0 to ${LEVEL_MAX}`);
  }
  return Number(level);
}
