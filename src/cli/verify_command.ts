/** `tidings verify FILE.block --spent FILE.spent`. @module */
import { setFlagsFromString } from "node:v8";
import { describeViolation } from "../consensus/rule_violation.ts";
import { signatureBackend, useSignatures } from "../io/node_crypto.ts";
import { VerifyPool } from "../io/verify_pool.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { networkByName } from "../params/networks.ts";
import { UsageError } from "./core_flags.ts";
import { EXIT } from "./exit.ts";
import { applyNodeFlags, nodeFlag } from "./node_flags.ts";
import { readThreads } from "./read_setting.ts";
import { Settings } from "./settings.ts";
import { commandHelp, type Flag, isOn, lastText, printsHelp, type ReadFlags, readFlags } from "./tidings_flags.ts";
import type { VerifyReport } from "./verify_block.ts";

const FLAGS: readonly Flag[] = [
  { name: "spent", value: "FILE", help: "The coins that the block spends, in the order of its inputs" },
  nodeFlag("chain"),
  { name: "height", value: "N", help: "Of the block (default: what its coinbase says, by BIP34)" },
  nodeFlag("par"),
  nodeFlag("crypto"),
  { name: "json", help: "Print the verdict as JSON" },
];

/** The last version of V8 that the flag was looked for in: that of Node.js 24. */
const ENGINE_MAX = 13;

/** Bytes of code that a function runs before it may be compiled for speed; several times the engine's own. */
const INTERRUPT_BUDGET = 1_000_000;

const HELP = commandHelp({
  usage: "tidings verify FILE.block --spent FILE.spent [FLAGS]",
  about: `Checks one block in full, without the chain before it: its structure, merkle root, witnesses,
weight, signature operations, locktimes, amounts, subsidy and scripts, under the rules of its height. Prints the
verdict with the rule that is broken, how long it took, and what one block alone cannot show.

FILE.block is one serialised block. FILE.spent holds, for each input but the coinbase's, in order, the
output that it spends: i64 LE value in satoshi, u32 LE height that made it (0: not known), u8 coinbase
(0 or 1), CompactSize script length, script. The exit code is 0 for a valid block, 1 for any other, and 2
for a command line that is wrong.`,
  flags: FLAGS,
  examples: ["tidings verify mainnet-866342.block --spent mainnet-866342.spent --chain main --height 866342"],
});

export async function verifyCommand(argv: readonly string[]): Promise<number> {
  const read = readFlags(argv, FLAGS);
  if (printsHelp(read, HELP)) return EXIT.ok;
  const [blockPath, ...more] = read.words;
  if (blockPath === undefined || more.length > 0) throw new UsageError("need one FILE.block");
  const spentPath = lastText(read, "spent");
  if (spentPath === undefined) throw new UsageError("need --spent FILE.spent");
  const params = await chosenChain(lastText(read, "chain") ?? "main");
  const height = readHeight(read);
  const settings = new Settings();
  applyNodeFlags(read, settings);
  const threads = readThreads(settings);
  useSignatures(lastText(read, "crypto"));
  compileLess();
  // This thread takes its share of the scripts when it has done the rest.
  const report = (error: Error): void => void process.stderr.write(`${error.message}\n`);
  const pool = new VerifyPool({ threads: threads - 1, report });
  // Workers load while the rest does.
  pool.start();
  const { verifyBlock, VerifyInputError } = await import("./verify_block.ts");
  try {
    const now = Math.floor(Date.now() / 1000);
    const report = await verifyBlock({ blockPath, spentPath, params, height, pool, now });
    print(report, { path: blockPath, params, threads, isJson: isOn(read, "json") });
    return report.violation === undefined ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (!(error instanceof VerifyInputError)) throw error;
    process.stderr.write(`tidings verify: ${error.message}\n`);
    if (isOn(read, "json")) {
      process.stdout.write(`${JSON.stringify({ valid: false, error: error.message })}\n`);
    }
    return EXIT.failed;
  } finally {
    await pool.close();
  }
}

/**
 * Of the processor time of one block a quarter went to compiling for speed, in the engine of each thread,
 * what then ran for some tenths of a second.
 */
function compileLess(): void {
  // An engine that does not know a flag complains to the user.
  if (Number.parseInt(process.versions.v8, 10) > ENGINE_MAX) return;
  setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
}

/** @throws {UsageError} */
async function chosenChain(name: string): Promise<ChainParams> {
  // What reads files of chains is loaded for who has one.
  return networkByName(name) ?? (await import("./choose_chain.ts")).readChainFile(name);
}

/** @throws {UsageError} */
function readHeight(read: ReadFlags): number | undefined {
  const text = lastText(read, "height");
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,9}$/.test(text)) throw new UsageError(`--height ${text}: need a whole number`);
  const height = Number(text);
  if (height === 0) {
    throw new UsageError("--height 0: the genesis block is given with its network, not checked");
  }
  return height;
}

interface PrintOptions {
  readonly path: string;
  readonly params: ChainParams;
  readonly threads: number;
  readonly isJson: boolean;
}

function print(report: VerifyReport, { path, params, threads, isJson }: PrintOptions): void {
  const { hash, height, transactions, inputs, violation, times, open } = report;
  const total = times.read + times.rules + times.scripts;
  const rate = Math.round((1000 * inputs) / total);
  const signatures = signatureBackend();
  if (isJson) {
    const verdict =
      { valid: violation === undefined, rule: violation?.rule ?? null, detail: violation?.detail ?? null };
    const block = { chain: params.name, hash, height, transactions, inputs };
    const rounded = { read: tenths(times.read), rules: tenths(times.rules), scripts: tenths(times.scripts) };
    const pace = { ms: { ...rounded, total: tenths(total) }, inputsPerSecond: rate, threads, signatures };
    process.stdout.write(`${JSON.stringify({ ...verdict, ...block, ...pace, notShown: open })}\n`);
    return;
  }
  const verdict = violation === undefined ? "valid" : `invalid: ${describeViolation(violation)}`;
  const [read, rules, scripts] = [times.read, times.rules, times.scripts].map(tenths);
  process.stdout.write(
    `${path}: ${verdict}\n` +
      `block ${hash} height ${height} of ${params.name}: ${transactions} transactions, ${inputs} inputs\n` +
      `${rate} inputs/s: ${tenths(total)} ms (reading ${read}, rules ${rules}, scripts ${scripts}), ` +
      `${threads} ${threads === 1 ? "thread" : "threads"}, signatures by ${signatures}\n` +
      `Not shown by one block alone:\n${open.map((each) => `  ${each}\n`).join("")}`,
  );
}

function tenths(milliseconds: number): number {
  return Math.round(10 * milliseconds) / 10;
}
