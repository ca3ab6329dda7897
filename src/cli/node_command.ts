/** `tidings node`. @module */
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { UsageError } from "./core_flags.ts";
import { defaultDataDir } from "./default_data_dir.ts";
import { applyNodeFlags, NODE_FLAGS, readEnvironment } from "./node_flags.ts";
import { planRun, runNode } from "./run_node.ts";
import { Settings } from "./settings.ts";
import { commandHelp, type Flag, isOn, printsHelp, readFlags } from "./tidings_flags.ts";
import { EXIT } from "./exit.ts";
import { readSettings } from "./tidingsd.ts";

const QUIET: Flag = {
  name: "quiet",
  help: "Print nothing; debug.log in the data directory has it all",
};

const HELP = commandHelp({
  usage: "tidings node [FLAGS]",
  about: `Runs one node until Ctrl-C. Settings not given here come from TIDINGS_… in the environment, such as
TIDINGS_MAXCONNECTIONS=8, and from bitcoin.conf in the data directory. --no-NAME switches off what is on.`,
  flags: [...NODE_FLAGS, QUIET],
  examples: [
    "tidings node --chain regtest --datadir ./node1",
    "tidings node --chain regtest --datadir ./node2 --listen 18454 --rpc 18453 --addnode 127.0.0.1:18444",
    "tidings node --chain mine.chain.json --datadir ./mine",
  ],
});

export async function nodeCommand(argv: readonly string[]): Promise<number> {
  const read = readFlags(argv, [...NODE_FLAGS, QUIET]);
  if (printsHelp(read, HELP)) return EXIT.ok;
  if (read.words.length > 0) throw new UsageError(`unexpected ${JSON.stringify(read.words[0])}`);
  const settings = new Settings();
  applyNodeFlags(read, settings);
  readEnvironment(process.env, settings);
  // Where the daemon of the same name insists that it be there, this makes it.
  mkdirSync(resolve(settings.text("datadir") || defaultDataDir()), { recursive: true });
  const { dataDir, notes } = readSettings(settings);
  const plan = await planRun(settings, dataDir, notes);
  for (const line of notes.warnings) process.stderr.write(`${line}\n`);
  const form = isOn(read, "quiet") ? "none" : process.stdout.isTTY ? "terminal" : "lines";
  const failure = await runNode(plan, form);
  if (failure === undefined) return EXIT.ok;
  process.stderr.write(`tidings node: cannot go on: ${failure.message}\n`);
  return EXIT.failed;
}
