/**
 * One flipped bit in any file of a data directory: the start finds it and names the file and what to do,
 * or mends it; or it is found, and named, when what the file holds is used. What was said to do helps.
 *
 * TIDINGS_FLIPS says how many bits are flipped in each kind of file, TIDINGS_SEED which.
 *
 * @module
 */
import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Logger, silentLogger } from "../../src/base/logger.ts";
import { below, type Rng, seededRng } from "../../src/base/rng.ts";
import { UsageError } from "../../src/cli/core_flags.ts";
import { startError } from "../../src/cli/run_node.ts";
import { openNode, type RunningNode } from "../../src/io/node_host.ts";
import type { Reindex } from "../../src/io/reindex_mark.ts";
import { VerifyPool } from "../../src/io/verify_pool.ts";
import { defaultNodeOptions } from "../../src/node/node_options.ts";
import { type BlockNode, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone } from "../support/blocks.ts";
import { coinDigest } from "../support/coin_digest.ts";
import { testSeed, testSize } from "../support/environment.ts";
import { tempDir } from "../support/temp_dir.ts";

const FLIPS = testSize("TIDINGS_FLIPS", 1);
const SEED = testSeed(1);
const PARAMS = QUICK_MATURITY;
const BLOCKS = 60;
/** So that there are tables, and not logs alone. */
const STORE = { writeBufferBytes: 64 * 1024, cacheBytes: 64 * 1024 };

const root = tempDir();
const template = join(root, "template");
const pool = new VerifyPool({ threads: 0, report: (error) => assert.fail(error) });
const chain: BlockNode[] = [];
let expected = "";

/** What became of a flip. */
type Outcome = "made no difference" | "was mended" | "was refused at the start" | "was found in use";
const outcomes = new Map<string, number>();

const KINDS: readonly { readonly name: string; readonly files: RegExp }[] = [
  { name: "block files", files: /^blocks\/blk\d+\.dat$/ },
  { name: "undo files", files: /^blocks\/rev\d+\.dat$/ },
  { name: "the mask of block files", files: /^blocks\/xor\.dat$/ },
  { name: "the format", files: /^blocks\/format$/ },
  ...["blocks/index", "chainstate"].flatMap((store) => [
    { name: `tables of ${store}`, files: new RegExp(`^${store}/\\d+\\.ldb$`) },
    { name: `logs of ${store}`, files: new RegExp(`^${store}/\\d+\\.log$`) },
    { name: `the manifest of ${store}`, files: new RegExp(`^${store}/MANIFEST-\\d+$`) },
    { name: `CURRENT of ${store}`, files: new RegExp(`^${store}/CURRENT$`) },
    { name: `what LevelDB says of ${store}`, files: new RegExp(`^${store}/LOG`) },
  ]),
  { name: "addresses of peers", files: /^peers\.dat$/ },
  { name: "bans", files: /^banlist\.json$/ },
];

before(async () => {
  const tree = new BlockTree(PARAMS);
  chain.push(...tree.grow(tree.genesis, 3));
  for (let at = 0; chain.length < BLOCKS; at++) {
    const spend = spendAnyone([coinbaseOf(chain[at] as BlockNode)], 0, 60);
    chain.push(tree.extend(chain.at(-1) as BlockNode, { transactions: [spend] }));
  }
  // Three times, so that there is something in tables and something in logs.
  for (const share of [0.5, 0.8, 1]) {
    const node = await open(template);
    await feed(node, chain.slice(0, share * chain.length));
    if (share === 1) expected = await coinDigest(node);
    await node.close();
  }
});

after(() => pool.close());

function open(folder: string, logger: Logger = silentLogger, reindex?: Reindex): Promise<RunningNode> {
  return openNode({
    options: { ...defaultNodeOptions(PARAMS), connectOnly: [], blockFileBytes: 60_000 },
    dataDir: folder, listen: [], logger, pool,
    stores: { index: STORE, coins: STORE, ...(reindex === undefined ? {} : { reindex }) },
  });
}

async function feed(node: RunningNode, blocks: readonly BlockNode[]): Promise<void> {
  for (const { block } of blocks) await node.command({ type: "submit-block", block });
  await node.command({ type: "settle" });
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(folder, name)).isFile() && statSync(join(folder, name)).size > 0).sort();
}

function flip(file: string, rng: Rng): string {
  const bytes = readFileSync(file);
  const at = below(rng, bytes.length);
  const bit = below(rng, 8);
  bytes[at] = (bytes[at] as number) ^ (1 << bit);
  writeFileSync(file, bytes);
  return `bit ${bit} of byte ${at} of ${bytes.length}`;
}

async function outcomeOf(folder: string, file: string): Promise<Outcome> {
  const lines: string[] = [];
  const line = (text: string) => void lines.push(text);
  const logger: Logger = { ...silentLogger, warning: line, error: line };
  let node: RunningNode;
  try {
    node = await open(folder, logger);
  } catch (error) {
    const shown = startError(error);
    assert.ok(shown instanceof UsageError, `it would end in a stack trace: ${(error as Error).stack}`);
    await mend(folder, shown.message, file);
    return "was refused at the start";
  }
  const found = await use(node);
  lines.push(...found.lines);
  await node.close();
  if (found.isRight) return lines.length === 0 ? "made no difference" : "was mended";
  assert.ok(lines.length > 0, "something is wrong, and nothing was said");
  await mend(folder, lines.join("\n"), file);
  return "was found in use";
}

/** Looks at everything there is. */
async function use(node: RunningNode): Promise<{ readonly isRight: boolean; readonly lines: readonly string[] }> {
  const failures: string[] = [];
  const tried = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      failures.push((error as Error).message);
      return undefined;
    }
  };
  await node.command({ type: "settle" });
  const before = await tried(coinDigest(node));
  const check = await tried(node.command({ type: "check-chain", level: 4, depth: 0 }));
  const isGood = check?.ok === true && check.value.type === "chain-check" && check.value.isGood;
  if (before === expected && isGood) return { isRight: true, lines: failures };
  // What was lost with the end of a log is downloaded again.
  await feed(node, chain);
  if (node.failure !== undefined) failures.push(node.failure.message);
  const again = isGood ? await tried(coinDigest(node)) : undefined;
  return { isRight: again === expected, lines: failures };
}

/** Does what the message says, and finds everything as it was. */
async function mend(folder: string, message: string, file: string): Promise<void> {
  const name = file.replace(/^(blocks\/index|chainstate)\/.*/, "$1");
  assert.ok(message.includes(name) || message.includes(folder) || /coin database/.test(message),
    `the message does not name ${name}: ${message}`);
  if (file === "blocks/format") {
    writeFileSync(join(folder, file), "tidings data format 2\n");
    return;
  }
  if (file === "blocks/xor.dat" || file === "peers.dat") rmSync(join(folder, file));
  const what = /-reindex-chainstate/.test(message) ? "chainstate" : "all";
  const node = await open(folder, silentLogger, { what, isPruning: false });
  while (node.core.chain.isLoadingBlocks) await new Promise((resolve) => setTimeout(resolve, 2));
  await feed(node, chain);
  assert.equal(await coinDigest(node), expected, `after -reindex (${what}): ${message}`);
  await node.close();
}

for (const { name, files } of KINDS) {
  test(`seed ${SEED}: a flipped bit in ${name} is found and named, mended, or makes no difference`,
    async () => {
    const rng = seededRng(SEED + name.length * 7919);
    const chosen = filesIn(template).filter((file) => files.test(file));
    assert.ok(chosen.length > 0, `there are ${name}`);
    for (let run = 0; run < FLIPS; run++) {
      const folder = join(root, "copy");
      cpSync(template, folder, { recursive: true });
      const file = chosen[below(rng, chosen.length)] as string;
      const where = flip(join(folder, file), rng);
      try {
        const outcome = await outcomeOf(folder, file);
        const key = `${name}: ${outcome}`;
        outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
      } catch (error) {
        throw new Error(`${file}, ${where}: ${(error as Error).stack}`);
      }
      rmSync(folder, { recursive: true });
    }
  });
}

after(() => {
  for (const [key, count] of outcomes) process.stdout.write(`# ${key}: ${count}\n`);
});
