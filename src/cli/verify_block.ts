/**
 * One block in a file, verified in full against the coins that it spends.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import type { Bytes } from "../base/bytes.ts";
import { checkLoneBlock, heightInCoinbase, type LoneBlock, type LoneVerdict } from "../chain/lone_block.ts";
import { openQuestions } from "../chain/open_questions.ts";
import { readSpentCoins } from "../chain/spent_coins.ts";
import { decodeWith } from "../codec/codec.ts";
import { DecodeError } from "../codec/decode_error.ts";
import { scriptFlagsAt } from "../consensus/deployments.ts";
import { packSpentOutputs } from "../consensus/packed_outputs.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { VerifyPool } from "../io/verify_pool.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { type Block, blockCodec } from "../primitives/block.ts";
import { displayHash } from "../primitives/hash.ts";

export interface VerifyRequest {
  readonly blockPath: string;
  readonly spentPath: string;
  readonly params: ChainParams;
  /** As the coinbase says, when it is not given. */
  readonly height: number | undefined;
  readonly pool: ScriptPool;
  /** Unix seconds. */
  readonly now: number;
}

export type ScriptPool = Pick<VerifyPool, "verify" | "help">;

/** Milliseconds. */
export interface VerifyTimes {
  /** Reading and decoding both files. */
  readonly read: number;
  /** All rules but the scripts, which the workers check meanwhile. */
  readonly rules: number;
  /** What the scripts took longer, with this thread's help. */
  readonly scripts: number;
}

export interface VerifyReport {
  readonly hash: string;
  readonly height: number;
  readonly transactions: number;
  readonly inputs: number;
  /** The rule that is broken, if any is. */
  readonly violation: RuleViolation | undefined;
  readonly times: VerifyTimes;
  /** What one block alone cannot show. */
  readonly open: readonly string[];
}

/** What was given is not a block and the coins that it spends; the message is for the user. */
export class VerifyInputError extends Error {
  override readonly name = "VerifyInputError";
}

/** @throws {VerifyInputError} */
export async function verifyBlock(request: VerifyRequest): Promise<VerifyReport> {
  const start = performance.now();
  const lone = readLoneBlock(request);
  const read = performance.now();
  const [ofScripts, { verdict, checked }] =
    await Promise.all([checkScripts(lone, request.pool), checkRules(lone, request.pool)]);
  const violation = firstViolation(verdict, ofScripts, request);
  const times = { read: read - start, rules: checked - read, scripts: performance.now() - checked };
  const { block, height, spent } = lone;
  return {
    hash: displayHash(block.hash),
    height,
    transactions: block.transactionCount,
    inputs: spent.length,
    violation,
    times,
    open: openQuestions(lone),
  };
}

/** What is found counts only when all other rules are kept, and the coins are those that the block spends. */
async function checkScripts(
  { block, height, spent, params }: LoneBlock, pool: ScriptPool,
): Promise<RuleViolation | undefined> {
  if (spent.length === 0) return undefined;
  return pool.verify({
    kind: "block",
    bytes: block.bytes,
    spentOutputs: packSpentOutputs(spent),
    flags: scriptFlagsAt(height, block.hash, params),
    inputCount: spent.length,
  });
}

/** All other rules; then this thread takes its share of the scripts. */
async function checkRules(
  lone: LoneBlock, pool: ScriptPool,
): Promise<{ readonly verdict: LoneVerdict; readonly checked: number }> {
  const verdict = checkLoneBlock(lone);
  const checked = performance.now();
  if (verdict.type === "good") pool.help();
  return { verdict, checked };
}

function firstViolation(
  verdict: LoneVerdict, ofScripts: RuleViolation | undefined, { spentPath }: VerifyRequest,
): RuleViolation | undefined {
  switch (verdict.type) {
    case "bad":
      return verdict.violation;
    case "unfit":
      throw new VerifyInputError(`${spentPath} does not fit the block: ${verdict.why}`);
    case "good":
      return ofScripts;
  }
}

function readLoneBlock({ blockPath, spentPath, params, height: given, now }: VerifyRequest): LoneBlock {
  const block = decodeFile(blockPath, "a block", (bytes) => decodeWith(blockCodec, bytes));
  const spent = decodeFile(spentPath, "spent coins", readSpentCoins);
  return { block, spent, height: given ?? heightOf(block, blockPath, params), params, now };
}

function heightOf(block: Block, path: string, params: ChainParams): number {
  const height = heightInCoinbase(block, params);
  if (height !== undefined) return height;
  throw new VerifyInputError(`need --height: the coinbase of ${path} does not say it (BIP34)`);
}

function decodeFile<T>(path: string, what: string, decode: (bytes: Bytes) => T): T {
  const bytes = readBytes(path);
  try {
    return decode(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new VerifyInputError(`${path} does not hold ${what}: ${error.message}`);
  }
}

function readBytes(path: string): Bytes {
  try {
    const file = readFileSync(path);
    return new Uint8Array(file.buffer, file.byteOffset, file.length);
  } catch (error) {
    throw new VerifyInputError(`Cannot read ${path}: ${(error as Error).message}`);
  }
}
