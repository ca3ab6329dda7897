/**
 * What a block must obey besides its header: by itself, and given the headers before it. What
 * needs the coins it spends is checked when it is connected (chain/).
 *
 * @module
 */
import { equalBytes } from "../base/bytes.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { Block } from "../primitives/block.ts";
import { displayHash } from "../primitives/hash.ts";
import { type Input, type Transaction, WITNESS_SCALE_FACTOR } from "../primitives/transaction.ts";
import { pushNumber } from "../script/script.ts";
import { legacySigops } from "../script/sigops.ts";
import type { HeaderContext } from "./header_context.ts";
import { checkProofOfWork } from "./header_rules.ts";
import { BLOCK_SIGOP_COST_MAX, BLOCK_WEIGHT_MAX, MERKLE_NODE_BYTES } from "./limits.ts";
import { isFinal } from "./locktime.ts";
import { checkMerkleRoot, checkWitnessCommitment } from "./merkle.ts";
import { isPlainlyFinal, isPlainlyGood } from "./plain_block.ts";
import { type RuleViolation, violation } from "./rule_violation.ts";
import { isSignetSolution } from "./signet.ts";
import { checkTransaction } from "./transaction_rules.ts";

export interface BlockFault extends RuleViolation {
  /** The parts are not those that the header commits to: another block with its hash may be good. */
  readonly mutated: boolean;
}

/** Rules that need nothing but the block (Bitcoin Core: validation.cpp, CheckBlock, in its order). */
export function checkBlock(block: Block, params: ChainParams): BlockFault | undefined {
  return (
    fault(checkProofOfWork(block.header, params)) ??
    checkSigner(block, params) ??
    mutation(checkMerkleRoot(block)) ??
    checkContents(block)
  );
}

/** BIP325: on a signet, someone must have signed for the block. */
function checkSigner(block: Block, { deployments, genesis }: ChainParams): BlockFault | undefined {
  const { signetChallenge } = deployments;
  if (signetChallenge === undefined || equalBytes(block.hash, genesis.hash)) return undefined;
  if (isSignetSolution(block, signetChallenge)) return undefined;
  const found = violation("bad-signet-blksig", "signet block signature validation failure");
  // The header is not to blame for a signature that was lost on the way.
  return { ...found, mutated: checkMerkleRoot(block) !== undefined };
}

/** The same but for work and signature: for a block that is not solved yet. */
export function checkBlockBody(block: Block): BlockFault | undefined {
  return mutation(checkMerkleRoot(block)) ?? checkContents(block);
}

function checkContents(block: Block): BlockFault | undefined {
  // Nearly always; otherwise which rule is broken, if any, is for the others to say.
  return isPlainlyGood(block.layout) ? undefined : checkContentsByTheRules(block);
}

/** Rules about the transactions, in their order; what `isPlainlyGood` answers quickly. */
export function checkContentsByTheRules(block: Block): BlockFault | undefined {
  const shape = checkLength(block) ?? checkCoinbasePlace(block);
  const found = shape ?? checkTransactions(block) ?? checkLegacySigops(block);
  return found === undefined ? undefined : { ...found, mutated: mayHideNodes(block) };
}

/**
 * Two hashes of the merkle tree's next level may pass for a transaction of 64 bytes, so that the root
 * is right and the transactions are not those of the header. One that passes for a coinbase takes
 * more work than there is (Bitcoin Core: validation.cpp, IsBlockMutated).
 */
function mayHideNodes({ coinbase, transactions }: Block): boolean {
  return coinbase?.isCoinbase !== true && transactions.some(({ baseSize }) => baseSize === MERKLE_NODE_BYTES);
}

function checkLength(block: Block): RuleViolation | undefined {
  const isLong = block.baseSize * WITNESS_SCALE_FACTOR > BLOCK_WEIGHT_MAX;
  const isEmpty = block.transactionCount === 0;
  return isEmpty || isLong ? violation("bad-blk-length", "size limits failed") : undefined;
}

function checkCoinbasePlace({ transactions }: Block): RuleViolation | undefined {
  const [first, ...others] = transactions;
  if (first?.isCoinbase !== true) return violation("bad-cb-missing", "first tx is not coinbase");
  const isMultiple = others.some((transaction) => transaction.isCoinbase);
  return isMultiple ? violation("bad-cb-multiple", "more than one coinbase") : undefined;
}

function checkTransactions({ transactions }: Block): RuleViolation | undefined {
  for (const transaction of transactions) {
    const found = checkTransaction(transaction);
    if (found === undefined) continue;
    const txid = displayHash(transaction.txid);
    return violation(found.rule, `Transaction check failed (tx hash ${txid}) ${found.detail}`);
  }
  return undefined;
}

/** Less than the true cost, which needs the scripts that are spent: chain/ sums it at connecting. */
function checkLegacySigops({ transactions }: Block): RuleViolation | undefined {
  let count = 0;
  for (const transaction of transactions) count += legacySigops(transaction);
  const isGood = count * WITNESS_SCALE_FACTOR <= BLOCK_SIGOP_COST_MAX;
  return isGood ? undefined : violation("bad-blk-sigops", "out-of-bounds SigOpCount");
}

/** `block`, which passed `checkBlock`, on top of `previous` (validation.cpp, ContextualCheckBlock). */
export function checkBlockInContext(
  block: Block,
  previous: HeaderContext,
  params: ChainParams,
): BlockFault | undefined {
  const height = previous.height + 1;
  const { deployments } = params;
  // BIP113: from CSV on, the block's own time no longer counts.
  const time = height >= deployments.csvHeight ? previous.medianTimePast : block.header.time;
  return (
    fault(checkFinality(block, height, time)) ??
    fault(height >= deployments.bip34Height ? checkCoinbaseHeight(block, height) : undefined) ??
    mutation(checkWitnessCommitment(block, height >= deployments.segwitHeight)) ??
    fault(checkWeight(block))
  );
}

function checkFinality(block: Block, height: number, time: number): RuleViolation | undefined {
  if (isPlainlyFinal(block.layout, height, time)) return undefined;
  const { transactions } = block;
  const isGood = transactions.every((transaction) => isFinal(transaction, height, time));
  return isGood ? undefined : violation("bad-txns-nonfinal", "non-final transaction");
}

/** BIP34. */
function checkCoinbaseHeight({ coinbase }: Block, height: number): RuleViolation | undefined {
  const expected = pushNumber(height);
  const { scriptSig } = (coinbase as Transaction).inputs[0] as Input;
  const isMatch = equalBytes(scriptSig.subarray(0, expected.length), expected);
  return isMatch ? undefined : violation("bad-cb-height", "block height mismatch in coinbase");
}

/** After the witnesses, since a stranger could have filled them up without changing the hash. */
function checkWeight(block: Block): RuleViolation | undefined {
  if (block.weight <= BLOCK_WEIGHT_MAX) return undefined;
  return violation("bad-blk-weight", "ContextualCheckBlock : weight limit failed");
}

function fault(found: RuleViolation | undefined): BlockFault | undefined {
  return found === undefined ? undefined : { ...found, mutated: false };
}

function mutation(found: RuleViolation | undefined): BlockFault | undefined {
  return found === undefined ? undefined : { ...found, mutated: true };
}
