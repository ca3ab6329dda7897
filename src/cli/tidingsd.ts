/** `tidingsd`: one node, with Bitcoin Core's flags and configuration file. @module */
import { REBUILD } from "../chain/restore.ts";
import { type ConfigNotes, readConfigFiles } from "./conf_file.ts";
import { chainName } from "./choose_chain.ts";
import { readCoreFlags, UsageError } from "./core_flags.ts";
import { chooseDataDir } from "./data_place.ts";
import { readEnvironment } from "./node_flags.ts";
import { coreOptionHelp } from "./option_help.ts";
import { planRun, runNode } from "./run_node.ts";
import { Settings } from "./settings.ts";
import { VERSION } from "../io/version.ts";

/** Runs until it is asked to stop, and sets the exit code: 1 when it could not start, or go on. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    process.exitCode = await run(argv);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    // Bitcoin Core asks whether to rebuild where it can ask; where not, it says this much.
    const isQuestion = error.message.endsWith(REBUILD);
    process.stderr.write(isQuestion ? `${error.message}\n` : `Error: ${error.message}\n`);
    process.exitCode = 1;
  }
}

async function run(argv: readonly string[]): Promise<number> {
  const settings = new Settings();
  readCoreFlags(argv, settings);
  readEnvironment(process.env, settings);
  if (printsAndExits(settings)) return 0;
  const { dataDir, notes } = readSettings(settings);
  const plan = await planRun(settings, dataDir, notes);
  for (const line of notes.warnings) process.stderr.write(`${line}\n`);
  const failure = await runNode(plan, "lines");
  if (failure === undefined) return 0;
  process.stderr.write(
    `Error: A fatal internal error occurred, see debug.log for details: ${failure.message}\n`);
  return 1;
}

/** Takes in the configuration files, which may name another data directory, as the command line may. */
export function readSettings(settings: Settings): { readonly dataDir: string; readonly notes: ConfigNotes } {
  const dataDir = chooseDataDir(settings);
  const notes = readConfigFiles(settings, { dataDir, network: () => chainName(settings) });
  settings.network = chainName(settings);
  return { dataDir: chooseDataDir(settings), notes };
}

function printsAndExits(settings: Settings): boolean {
  if (settings.flag("version")) {
    process.stdout.write(`Tidings daemon version v${VERSION} tidingsd\n\nMIT license; see LICENSE.\n`);
    return true;
  }
  const withTests = settings.flag("help-debug");
  if (!withTests && !["?", "h", "help"].some((name) => settings.flag(name))) return false;
  process.stdout.write(`Tidings daemon version v${VERSION} tidingsd\n\n` +
    "tidingsd runs one node of a peer-to-peer network for blockchains. Its flags, its configuration " +
      "file and its\n" +
    "answers to JSON-RPC are Bitcoin Core's.\n\nUsage: tidingsd [options]\n\n" + coreOptionHelp(withTests));
  return true;
}
