/**
 * One block without the chain before it, checked against the coins that it spends.
 *
 * Where a rule asks for what is not here, the answer is the most lenient that any chain could give:
 * what is refused breaks a rule on every chain, and what is left open is listed (`openQuestions`).
 *
 * @module
 */
import { type Bytes, equalBytes, NO_BYTES } from "../base/bytes.ts";
import { wordAt } from "../base/salted_hash.ts";
import { checkBlock, checkBlockInContext } from "../consensus/block_rules.ts";
import type { HeaderContext } from "../consensus/header_context.ts";
import { checkHeaderTime, checkHeaderVersion } from "../consensus/header_rules.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { Block } from "../primitives/block.ts";
import { type BlockLayout, valueAt } from "../primitives/block_layout.ts";
import type { Coin } from "../primitives/coin.ts";
import { displayHash, HASH_BYTES } from "../primitives/hash.ts";
import { pushNumber, ScriptCursor, smallNumber } from "../script/script.ts";
import { decodeNumber, NUMBER_BYTES_MAX } from "../script/script_number.ts";
import { connectBlock, type Connection } from "./connect_block.ts";
import { BlockIds, GivenCoins } from "./given_coins.ts";
import { UNKNOWN_HEIGHT } from "./spent_coins.ts";

export interface LoneBlock {
  readonly block: Block;
  /** One for each input of each transaction but the coinbase, in order; outputs of the block itself too. */
  readonly spent: readonly Coin[];
  /** From 1 on: the genesis block is given, not checked. */
  readonly height: number;
  readonly params: ChainParams;
  /** Unix seconds. */
  readonly now: number;
}

/** What the coinbase says (BIP34); `undefined` for a block from before it had to, or that does not. */
export function heightInCoinbase(
  { coinbase, header }: Block, { deployments }: ChainParams,
): number | undefined {
  const cursor = new ScriptCursor(coinbase?.inputs[0]?.scriptSig ?? NO_BYTES);
  // Coinbases of version 1 begin with other numbers.
  if (header.version === 1 || !cursor.next()) return undefined;
  const { opcode, data } = cursor;
  const height = smallNumber(opcode) ?? (data.length <= NUMBER_BYTES_MAX ? decodeNumber(data) : 0);
  if (height < Math.max(deployments.bip34Height, 1)) return undefined;
  return equalBytes(cursor.script.subarray(0, cursor.offset), pushNumber(height)) ? height : undefined;
}

/** All but the scripts. */
export type LoneVerdict =
  | { readonly type: "good"; readonly connection: Connection }
  | { readonly type: "bad"; readonly violation: RuleViolation }
  /** The coins are not those that the block spends: it cannot be judged by them. */
  | { readonly type: "unfit"; readonly why: string };

/** In the order in which a block of a chain is checked. */
export function checkLoneBlock(lone: LoneBlock): LoneVerdict {
  const { block, height, params, now } = lone;
  const previous = lenientContext(lone);
  const found = checkBlock(block, params) ?? checkHeaderTime(block.header, now) ??
    checkHeaderVersion(block.header.version, height, params) ?? checkBlockInContext(block, previous, params);
  if (found !== undefined) return { type: "bad", violation: found };
  const { layout } = block;
  const inputs = layout.inputCount - (layout.firstInputs[1] as number);
  if (inputs !== lone.spent.length) {
    return { type: "unfit", why: `${lone.spent.length} coins, where the block spends ${inputs}` };
  }
  const coins = new GivenCoins(layout, lone.spent);
  const why = sortCoins(lone, coins);
  if (why !== undefined) return { type: "unfit", why };
  // Whether what it makes was there already, only a chain could tell.
  return connectBlock(block, { params, previous, coins, forbidsOverwrite: false }) satisfies LoneVerdict;
}

/** Adds to `coins` those that the block does not make itself. Says which of all cannot be right, if any. */
function sortCoins({ block, height, spent }: LoneBlock, coins: GivenCoins): string | undefined {
  const { bytes, firstInputs, outPoints } = block.layout;
  const made = new BlockIds(block);
  for (const [at, coin] of spent.entries()) {
    const outPoint = outPoints[(firstInputs[1] as number) + at] as number;
    const maker = made.find(bytes, outPoint);
    const index = wordAt(bytes, outPoint + HASH_BYTES) >>> 0;
    const why = maker < 0 ? whyNotOlder(coin, height)
      : whyNotOutput(block.layout, maker, index, coin, height);
    if (why !== undefined) return `coin ${at} (${nameOf(bytes, outPoint, index)}) ${why}`;
    if (maker < 0) coins.add(at);
  }
  return undefined;
}

/** Says why it cannot be a coin of a chain that ends below `height`. */
function whyNotOlder(coin: Coin, height: number): string | undefined {
  if (coin.height < height) return undefined;
  return `is of height ${coin.height}, which is not below the block's`;
}

/** Says in what a coin differs from the output of the block itself that it stands for. */
function whyNotOutput(
  layout: BlockLayout, maker: number, index: number, coin: Coin, height: number,
): string | undefined {
  const { bytes, firstOutputs, scriptEnds, scripts, values } = layout;
  const output = (firstOutputs[maker] as number) + index;
  // There is none, which is the block's fault.
  if (output >= (firstOutputs[maker + 1] as number)) return undefined;
  const value = valueAt(bytes, values[output] as number);
  if (coin.value !== value) return `is worth ${coin.value}, where the block makes it ${value}`;
  const script = bytes.subarray(scripts[output], scriptEnds[output]);
  if (!equalBytes(coin.script, script)) return "has another script than the block gives it";
  // The rules that are kept so far leave the first transaction to make coins, and no other.
  if (coin.isCoinbase !== (maker === 0)) return "is of another kind of transaction than in the block";
  const isOther = coin.height !== UNKNOWN_HEIGHT && coin.height !== height;
  return isOther ? `is of height ${coin.height}, where it is made by this very block` : undefined;
}

function nameOf(bytes: Bytes, outPoint: number, index: number): string {
  return `${displayHash(bytes.subarray(outPoint, outPoint + HASH_BYTES))}:${index}`;
}

/** The block before, of which nothing is known but what the rules leave it. */
function lenientContext({ block: { header }, height, params: { genesis } }: LoneBlock): HeaderContext {
  const contextAt = (at: number, time: number): HeaderContext => ({
    height: at,
    time,
    bits: header.bits,
    version: header.version,
    medianTimePast: time,
    // As old as can be: relative locktimes by time count from it.
    ancestor: (below) => contextAt(below, genesis.header.time),
  });
  // As late as can be: a block's time is above the median before it.
  return contextAt(height - 1, header.time - 1);
}
