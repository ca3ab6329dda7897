/** `tidings import FILE…`. @module */
import { mkdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { openNode, type RunningNode } from "../io/node_host.ts";
import { silentLogger } from "../base/logger.ts";
import { displayHash } from "../primitives/hash.ts";
import { chooseChain } from "./choose_chain.ts";
import { UsageError } from "./core_flags.ts";
import { defaultDataDir } from "./default_data_dir.ts";
import { EXIT } from "./exit.ts";
import { filesToImport } from "./import_files.ts";
import { importFiles } from "./importer.ts";
import { applyNodeFlags, nodeFlag } from "./node_flags.ts";
import { planNode } from "./node_plan.ts";
import { chooseSignatures, startError } from "./run_node.ts";
import { Settings } from "./settings.ts";
import { commandHelp, type Flag, printsHelp, type ReadFlags, readFlags } from "./tidings_flags.ts";

const FLAGS: readonly Flag[] = [
  "chain", "datadir", "assumevalid", "minimumchainwork", "prune", "dbcache", "par", "crypto",
].map(nodeFlag);

const HELP = commandHelp({
  usage: "tidings import FILE… [FLAGS]",
  about: `Reads blocks and headers into a data directory, checks them as if they came from a peer, and prints
the tip. FILE is a list of headers (*.headers), a block (*.block), a file of blocks (*.blk, blk*.dat), or a
folder of such files, Bitcoin Core's blocks folder with its xor.dat among them. The first one refused ends
it with exit code 1, naming the rule and where in the file it was broken.`,
  flags: FLAGS,
  examples: [
    "tidings import mainnet-1-255.blk --chain main --datadir ./main --minimumchainwork 0 --assumevalid 0",
    "tidings import ~/.bitcoin/blocks --chain main --datadir ./main",
  ],
});

export async function importCommand(argv: readonly string[]): Promise<number> {
  const read = readFlags(argv, FLAGS);
  if (printsHelp(read, HELP)) return EXIT.ok;
  const files = readFiles(read.words);
  const node = await openForImport(read);
  try {
    const refusal = await importFiles(node, files);
    if (refusal !== undefined) process.stderr.write(`tidings import: refused ${refusal}\n`);
    process.stdout.write(`${tipText(node)}\n`);
    return refusal === undefined ? EXIT.ok : EXIT.failed;
  } finally {
    await node.close();
  }
}

function readFiles(paths: readonly string[]): readonly string[] {
  if (paths.length === 0) throw new UsageError("need a FILE");
  return paths.flatMap((path) => {
    if (statSync(path, { throwIfNoEntry: false }) === undefined) {
      throw new UsageError(`${path} does not exist`);
    }
    const files = filesToImport(path);
    if (files.length === 0) throw new UsageError(`${path} holds no blk*.dat files`);
    return files;
  });
}

/** A node without peers. */
async function openForImport(read: ReadFlags): Promise<RunningNode> {
  const settings = new Settings();
  applyNodeFlags(read, settings);
  settings.commandLine.add("connect", "0");
  settings.commandLine.add("listen", "0");
  chooseSignatures(settings);
  const params = chooseChain(settings);
  const { options, verify } = await planNode(settings, params);
  const dataDir = join(resolve(settings.text("datadir") || defaultDataDir()), params.folder);
  process.umask(0o077);
  mkdirSync(dataDir, { recursive: true });
  try {
    return await openNode({ options, dataDir, listen: [], logger: silentLogger, verify });
  } catch (error) {
    throw startError(error);
  }
}

function tipText({ core: { chain } }: RunningNode): string {
  const { headers } = chain;
  const describe = (id: typeof chain.tip): string =>
    `${displayHash(headers.hash(id))} height=${headers.height(id)}`;
  const ahead = chain.bestHeader === chain.tip ? "" : `\nbest header ${describe(chain.bestHeader)}`;
  return `tip ${describe(chain.tip)}${ahead}`;
}
