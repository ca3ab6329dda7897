/** `tidings peers [LEVEL]`. @module */
import { UsageError } from "./core_flags.ts";
import { EXIT } from "./exit.ts";
import { askAll } from "./ask_node.ts";
import type { NetworkFacts, PeerFacts } from "./peer_facts.ts";
import { LEVEL_MAX, peersText } from "./peers_text.ts";
import { RUNNING_NODE_FLAGS } from "./running_node.ts";
import { commandHelp, type Flag, isOn, readFlags } from "./tidings_flags.ts";
import { VERSION } from "../io/version.ts";

const FLAGS: readonly Flag[] = [
  ...RUNNING_NODE_FLAGS,
  { name: "outonly", help: "Only connections that this node opened" },
  { name: "json", help: "Print what getpeerinfo says, as one line of JSON" },
];

const HELP = commandHelp({
  usage: "tidings peers [FLAGS] [LEVEL]",
  about: `Shows the connections of a running node, of Bitcoin Core as well. LEVEL 0 counts them, 1 lists them
(the default), 2 adds addresses, 3 versions, 4 both. Columns are those of bitcoin-cli -netinfo: serv has the
services' first letters (l: recent blocks only, 2: v2 transport), v the transport, mping the quickest ping,
txn * no transactions wanted, hb compact blocks unannounced (. to it, * from it), addrp and addrl addresses
taken and dropped, age minutes since connected.`,
  flags: FLAGS,
  examples: ["tidings peers --chain devnet", "tidings peers --chain signet 4 --outonly"],
});

export async function peersCommand(argv: readonly string[]): Promise<number> {
  const read = readFlags(argv, FLAGS);
  if (isOn(read, "help") || isOn(read, "version")) {
    process.stdout.write(isOn(read, "help") ? HELP : `tidings ${VERSION}\n`);
    return EXIT.ok;
  }
  const level = readLevel(read.words);
  const asked = await askAll(read, ["getpeerinfo", "getnetworkinfo"]);
  if (!asked.ok) return asked.exit;
  const [peers, network] = asked.results as readonly [readonly PeerFacts[], NetworkFacts];
  if (isOn(read, "json")) {
    process.stdout.write(`${JSON.stringify(peers)}\n`);
    return EXIT.ok;
  }
  const view = { level, isOutboundOnly: isOn(read, "outonly"), now: Math.floor(Date.now() / 1000) };
  process.stdout.write(peersText(peers, network, asked.chain, view));
  return EXIT.ok;
}

function readLevel(words: readonly string[]): number {
  const [level = "1", ...more] = words;
  if (!/^[0-9]$/.test(level) || Number(level) > LEVEL_MAX || more.length > 0) {
    throw new UsageError(`LEVEL is ${JSON.stringify(words.join(" "))}, need a number from 0 to ${LEVEL_MAX}`);
  }
  return Number(level);
}
