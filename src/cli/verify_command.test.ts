import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sharedPath, skipWithoutShared } from "../../test/support/paths.ts";
import { signedBlock } from "../../test/support/signed_block.ts";
import { tempDir } from "../../test/support/temp_dir.ts";
import { writeSpentCoins } from "../../test/support/write_spent_coins.ts";
import { type Bytes, concatBytes } from "../base/bytes.ts";
import { VerifyPool } from "../io/verify_pool.ts";
import { MAIN } from "../params/main.ts";
import { TESTNET3 } from "../params/testnet3.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Coin } from "../primitives/coin.ts";
import { UsageError } from "./core_flags.ts";
import { verifyBlock, type VerifyReport } from "./verify_block.ts";
import { verifyCommand } from "./verify_command.ts";

const root = tempDir();
const pool = new VerifyPool({ threads: 0, report: (error) => assert.fail(error) });
const { block, spent, height, params } = signedBlock();
let files = 0;

function file(bytes: Bytes): string {
  const path = join(root, String(files++));
  writeFileSync(path, bytes);
  return path;
}

function verify(
  blockBytes: Bytes, spentBytes: Bytes, at: number | undefined = height,
): Promise<VerifyReport> {
  const [blockPath, spentPath] = [file(blockBytes), file(spentBytes)];
  return verifyBlock({ blockPath, spentPath, params, height: at, pool, now: 1_900_000_000 });
}

const GOOD_SPENT = writeSpentCoins(spent);

test("a valid block is reported with what it is, and what is left open", async () => {
  const report = await verify(block.bytes, GOOD_SPENT, undefined);
  assert.equal(report.violation, undefined);
  assert.deepEqual([report.height, report.transactions, report.inputs],
    [height, block.transactions.length, spent.length]);
  assert.ok(report.open.length >= 4);
});

test("a script that fails is the rule that is broken", async () => {
  const coins = spent.map((coin, at): Coin => (at === 0 ? { ...coin, script: Uint8Array.of(0x00) } : coin));
  const { violation } = await verify(block.bytes, writeSpentCoins(coins));
  assert.match(violation?.rule ?? "", /^block-script-verify-flag-failed/);
});

test("a bug in the rules is what fails, also when the scripts fail after it", async () => {
  const [blockPath, spentPath] = [file(block.bytes), file(GOOD_SPENT)];
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", note);
  const failing = {
    verify: async () => Promise.reject(new Error("the scripts, later")),
    help: () => {
      throw new Error("the rules, at once");
    },
  };
  const request = { blockPath, spentPath, params, height, pool: failing, now: 1_900_000_000 };
  await assert.rejects(verifyBlock(request));
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", note);
  assert.deepEqual(unhandled, []);
});

test("a file that is no block, or no coins, is refused in words", async () => {
  const short = block.bytes.subarray(0, -1);
  await assert.rejects(verify(short, GOOD_SPENT), /does not hold a block: Cannot decode at byte \d+: end of data: need/);
  const long = concatBytes(block.bytes, Uint8Array.of(0));
  await assert.rejects(verify(long, GOOD_SPENT), /does not hold a block: .*1 bytes remain after the end/);
  await assert.rejects(verify(block.bytes, GOOD_SPENT.subarray(0, -1)), /does not hold spent coins: /);
  const fewer = writeSpentCoins(spent.slice(1));
  await assert.rejects(verify(block.bytes, fewer),
    /does not fit the block: \d+ coins, where the block spends \d+/);
  const request = { blockPath: join(root, "absent"), spentPath: root, params, height, pool, now: 0 };
  await assert.rejects(verifyBlock(request), /Cannot read .*absent: ENOENT/);
  await assert.rejects(verifyBlock({ ...request, blockPath: file(MAIN.genesis.bytes), params: MAIN,
    height: undefined,
    spentPath: file(new Uint8Array(0)) }), /need --height: the coinbase of .* does not say it/);
});

/** What the command prints and ends with. */
async function run(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const writers = [[process.stdout, out], [process.stderr, err]] as const;
  const originals = writers.map(([stream]) => stream.write);
  for (const [stream, list] of writers) {
    const write = stream.write.bind(stream);
    // The test runner's own reports are not text, and go on.
    stream.write = (text: string | Uint8Array): boolean =>
      typeof text === "string" ? list.push(text) > 0 : write(text);
  }
  try {
    return { code: await verifyCommand(words), out: out.join(""), err: err.join("") };
  } finally {
    writers.forEach(([stream], at) => void (stream.write = originals[at] as typeof stream.write));
  }
}

const blockFile = file(MAIN.genesis.bytes);
const spentFile = file(new Uint8Array(0));

test("the command exits with 0 for a valid block alone, and prints JSON when it is asked to", async () => {
  // The genesis block stands in for any other: at another height only its subsidy and rules differ.
  const valid = await run(blockFile, "--spent", spentFile, "--chain", "main", "--height", "5", "--par", "1");
  assert.equal(valid.code, 0, valid.out + valid.err);
  assert.match(valid.out, /: valid\nblock 0{10}.* height 5 of main: 1 transactions, 0 inputs\n/);
  assert.match(valid.out, /Not shown by one block alone:\n {2}the chain below: /);
  const invalid = await run(blockFile, "--spent", spentFile, "--height", "210000", "--json");
  assert.equal(invalid.code, 1);
  const { valid: isValid, rule, chain, notShown } = JSON.parse(invalid.out);
  assert.deepEqual([isValid, rule, chain, Array.isArray(notShown)], [false, "bad-cb-amount", "main", true]);
  const unfit = await run(blockFile, "--spent", file(GOOD_SPENT), "--height", "5", "--json");
  assert.equal(unfit.code, 1);
  assert.match(unfit.err, /^tidings verify: .* does not fit the block: /);
  assert.equal(JSON.parse(unfit.out).valid, false);
});

test("a command line that is wrong says what it needs", async () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /need one FILE.block/],
    [[blockFile, blockFile, "--spent", spentFile], /need one FILE.block/],
    [[blockFile], /need --spent/],
    [[blockFile, "--spent", spentFile, "--chain", "moon"], /Unknown chain moon/],
    [[blockFile, "--spent", spentFile, "--height", "-1"], /need a whole number/],
    [[blockFile, "--spent", spentFile, "--height", "0"], /genesis block is given/],
    [[blockFile, "--spent", spentFile, "--par", "x"], /--par x: need a whole number/],
    [[blockFile, "--spend", spentFile], /unknown flag --spend.*--spent/],
  ];
  for (const [words, message] of wrong) {
    await assert.rejects(run(...words), (error) => error instanceof UsageError &&
      message.test(error.message));
  }
  assert.equal((await run("--help")).code, 0);
});

for (const [name, chain, at] of [["testnet3-1087400", TESTNET3, 1_087_400]] as const) {
  test(`${name} is valid, and its coinbase says its height`, { skip: skipWithoutShared }, async () => {
    const [blockPath, spentPath] =
      [sharedPath("blocks", `${name}.block`), sharedPath("blocks", `${name}.spent`)];
    const inThreads = new VerifyPool({ threads: 2, report: (error) => assert.fail(error) });
    const request =
      { blockPath, spentPath, params: chain, height: undefined, pool: inThreads, now: 1_900_000_000 };
    const report = await verifyBlock(request);
    await inThreads.close();
    assert.deepEqual([report.violation, report.height], [undefined, at]);
  });
}

test("amounts that no rule allows are named", async () => {
  const coins = spent.map((coin, at): Coin => (at === 0 ? { ...coin, value: 21e14 + 1 as Sats } : coin));
  const { violation } = await verify(block.bytes, writeSpentCoins(coins));
  assert.equal(violation?.rule, "bad-txns-inputvalues-outofrange");
});
