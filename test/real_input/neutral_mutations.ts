/**
 * Which changes to a block and its coins break no rule, and why: by arguments of their own, and not by
 * the code that judges blocks.
 *
 * @module
 */
import { type Bytes, equalBytes, toHex } from "../../src/base/bytes.ts";
import type { LoneBlock } from "../../src/chain/lone_block.ts";
import { scriptFlagsAt } from "../../src/consensus/deployments.ts";
import type { Coin } from "../../src/primitives/coin.ts";
import { type Input, SEQUENCE_FINAL, type Transaction } from "../../src/primitives/transaction.ts";
import type { SignatureChecker } from "../../src/script/interpreter/script_state.ts";
import { verifyScript } from "../../src/script/interpreter/verify_script.ts";
import { partsOf } from "./block_mutations.ts";

const MONEY_MAX = 21e14;
const NOT_RELATIVE = 0x8000_0000;
const BY_TIME = 0x0040_0000;

/** Why `changed` is as good as `original`; `undefined` when it must be refused. */
export function whyNeutral(original: LoneBlock, changed: LoneBlock): string | undefined {
  const reasons = new Set<string>();
  if (!equalBytes(original.block.bytes, changed.block.bytes)) {
    // Unless all that depends on it was mended, for a chain of easy work, nothing may be changed.
    if (original.params === changed.params) return undefined;
    const why = whyNeutralBlock(original, changed);
    if (why === undefined) return undefined;
    reasons.add(why);
  } else if (original.spent.length !== changed.spent.length) return undefined;
  else {
    const places = inputPlaces(changed);
    for (const [at, coin] of changed.spent.entries()) {
      const before = original.spent[at] as Coin;
      if (isSameCoin(before, coin)) continue;
      const why = whyNeutralCoin(before, coin, places[at] as InputPlace, changed);
      if (why === undefined) return undefined;
      for (const each of why) reasons.add(each);
    }
  }
  if (!sumsHold(changed)) return undefined;
  return reasons.size === 0 ? "nothing is changed" : [...reasons].join(", ");
}

interface InputPlace {
  readonly transaction: Transaction;
  readonly input: Input;
  /** The block itself makes what it spends. */
  readonly isInside: boolean;
}

function inputPlaces({ block }: LoneBlock): readonly InputPlace[] {
  const made = new Set(block.transactions.map(({ txid }) => toHex(txid)));
  return block.transactions.slice(1).flatMap((transaction) =>
    transaction.inputs.map((input) =>
      ({ transaction, input, isInside: made.has(toHex(input.prevout.txid)) })));
}

function whyNeutralCoin(
  before: Coin, coin: Coin, { transaction, input, isInside }: InputPlace,
    { block, height, params }: LoneBlock,
): readonly string[] | undefined {
  const reasons: string[] = [];
  const { sequence } = input;
  const isSameScript = equalBytes(before.script, coin.script);
  if (isInside) {
    // The block says itself what it makes; only the height may be left open.
    const isOpen = isSameScript && before.value === coin.value && before.isCoinbase === coin.isCoinbase;
    return isOpen &&
      (coin.height === 0 || coin.height === height) ? ["a coin's height that the block gives itself"] :
      undefined;
  }
  if (coin.height >= height) return undefined;
  if (!isSameScript) {
    const flags = scriptFlagsAt(height, block.hash, params);
    if (signsAllScripts(transaction) || !needsNoSignature(coin.script, input, flags)) return undefined;
    reasons.push("a script that is satisfied without a signature");
  }
  if (before.value !== coin.value) {
    // Signatures in witnesses sign amounts, taproot's those of all inputs; older ones do not.
    if (transaction.hasWitness || coin.value < 0 || coin.value > MONEY_MAX) return undefined;
    reasons.push("an amount that no signature signs, and sums that hold");
  }
  if (coin.isCoinbase && height - coin.height < params.money.coinbaseMaturity) return undefined;
  if (before.isCoinbase !== coin.isCoinbase) reasons.push("a coin old enough to be a coinbase's or not");
  if (before.height !== coin.height) {
    const hasLock = height >= params.deployments.csvHeight && transaction.version >= 2 &&
      (sequence & NOT_RELATIVE) === 0;
    const isPassed = !hasLock || (sequence & BY_TIME) !== 0 || coin.height + (sequence & 0xffff) <= height;
    if (!isPassed) return undefined;
    reasons.push(hasLock ? "a coin's height below a lock that has passed" : "a coin's height that nothing asks for");
  }
  return reasons;
}

/** A spend by key of a taproot output signs the scripts of all outputs that its transaction spends. */
function signsAllScripts({ inputs }: Transaction): boolean {
  return inputs.some(({ scriptSig, witness: [first] }) =>
    scriptSig.length === 0 && (first?.length === 64 || first?.length === 65));
}

/** A witness program of a later version, or a script that has lost its check: no signature is looked at. */
function needsNoSignature(script: Bytes, { scriptSig, witness, sequence }: Input, flags: number): boolean {
  const checker: SignatureChecker = {
    checkEcdsa: () => false,
    checkSchnorr: () => "SCHNORR_SIG",
    checkLockTime: () => sequence !== SEQUENCE_FINAL,
    checkSequence: () => false,
  };
  return verifyScript({ scriptSig, witness: witness.slice(), script, flags, checker }) === undefined;
}

/** A block whose header was mended: parts in another order, fewer of them, or another reward. */
function whyNeutralBlock(original: LoneBlock, changed: LoneBlock): string | undefined {
  const before = new Set(original.block.transactions.slice(1).map(({ wtxid }) => toHex(wtxid)));
  const [, ...after] = changed.block.transactions;
  // Each signs what it is, and is listed once.
  if (!after.every(({ wtxid }) => before.has(toHex(wtxid)))) return undefined;
  if (new Set(after.map(({ wtxid }) => toHex(wtxid))).size !== after.length) return undefined;
  const made = new Set(original.block.transactions.map(({ txid }) => toHex(txid)));
  const seen = new Set<string>();
  for (const { txid, inputs } of changed.block.transactions) {
    const isEarly =
      inputs.some(({ prevout }) => made.has(toHex(prevout.txid)) && !seen.has(toHex(prevout.txid)));
    if (isEarly) return undefined;
    seen.add(toHex(txid));
  }
  if (after.length < before.size) {
    return "a transaction left out that nothing spends, and whose fee is not claimed";
  }
  const isReordered =
    after.some(({ wtxid }, at) => !equalBytes(wtxid, original.block.transactions[at + 1]?.wtxid ?? wtxid));
  return isReordered
    ? "transactions in another order, parents before children"
    : "a reward no higher than allowed";
}

/** Each transaction makes no more than it spends, and the coinbase no more than subsidy and fees. */
function sumsHold(lone: LoneBlock): boolean {
  let reward = Math.floor(50e8 / 2 ** Math.floor(lone.height / lone.params.money.subsidyHalvingInterval));
  let claimed = 0;
  for (const { transaction, coins } of partsOf(lone)) {
    const made = sum(transaction.outputs.map(({ value }) => value));
    if (transaction.outputs.some(({ value }) => value < 0 || value > MONEY_MAX)) return false;
    if (transaction.isCoinbase) claimed = made;
    else {
      const spent = sum(coins.map(({ value }) => value));
      if (spent < made || spent > MONEY_MAX) return false;
      reward += spent - made;
    }
  }
  return claimed <= reward;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function isSameCoin(a: Coin, b: Coin): boolean {
  return a.value === b.value && a.height === b.height && a.isCoinbase === b.isCoinbase &&
    equalBytes(a.script, b.script);
}
