/**
 * Changes to a block and the coins that it spends: of bytes, order and amounts. Some leave the
 * header as it was; others are mended, so that merkle root, witness commitment and work are right
 * again, and what lies deeper is reached.
 *
 * @module
 */
import { type Bytes, concatBytes, equalBytes } from "../../src/base/bytes.ts";
import { below, type Rng } from "../../src/base/rng.ts";
import { checkLoneBlock, type LoneBlock } from "../../src/chain/lone_block.ts";
import { readSpentCoins } from "../../src/chain/spent_coins.ts";
import { decodeWith } from "../../src/codec/codec.ts";
import { DecodeError } from "../../src/codec/decode_error.ts";
import {
  commitmentIndex, commitmentScript, transactionsMerkleRoot, witnessCommitment, witnessMerkleRoot,
} from "../../src/consensus/merkle.ts";
import { packSpentOutputs } from "../../src/consensus/packed_outputs.ts";
import { verifyInputs } from "../../src/consensus/verify_inputs.ts";
import { solve } from "../../src/mining/solve.ts";
import type { ChainParams } from "../../src/params/chain_params.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import type { Sats } from "../../src/primitives/amount.ts";
import { Block, blockCodec } from "../../src/primitives/block.ts";
import type { Coin } from "../../src/primitives/coin.ts";
import { hashKey } from "../../src/primitives/hash.ts";
import { BlockHeader } from "../../src/primitives/header.ts";
import { Transaction } from "../../src/primitives/transaction.ts";
import { writeSpentCoins } from "../support/write_spent_coins.ts";

/** What was changed, as far as it could be read. */
export interface Mutant {
  readonly what: string;
  readonly lone: LoneBlock | undefined;
  /** Why it could not be read. */
  readonly unreadable: string;
}

type Mutation = (rng: Rng, original: LoneBlock) => Mutant;

const REGTEST_BITS = 0x207f_ffff;

export const MUTATIONS: readonly Mutation[] = [
  function blockBytes(rng, original) {
    const [what, bytes] = changedBytes(rng, original.block.bytes);
    return readMutant(`block: ${what}`, () => ({ ...original, block: decodeWith(blockCodec, bytes) }));
  },
  function spentBytes(rng, original) {
    const [what, bytes] = changedBytes(rng, writeSpentCoins(original.spent));
    return readMutant(`spent: ${what}`, () => ({ ...original, spent: readSpentCoins(bytes) }));
  },
  function transactionOrder(rng, original) {
    const { transactions, header } = original.block;
    const [i, j] = [below(rng, transactions.length), below(rng, transactions.length)];
    return mutant(`block: transactions ${i} and ${j} swapped`, {
      ...original, block: Block.of(header, swapped(transactions, i, j)),
    });
  },
  function coinOrder(rng, original) {
    const [i, j] = [below(rng, original.spent.length), below(rng, original.spent.length)];
    return mutant(`spent: coins ${i} and ${j} swapped`,
      { ...original, spent: swapped(original.spent, i, j) });
  },
  function coinField(rng, original) {
    const at = below(rng, original.spent.length);
    const coin = original.spent[at] as Coin;
    const [what, changed] = changedCoin(rng, coin, original.height);
    const spent = original.spent.map((each, index) => (index === at ? changed : each));
    return mutant(`spent: coin ${at} ${what}`, { ...original, spent });
  },
  function outputAmount(rng, original) {
    const { transactions, header } = original.block;
    const at = below(rng, transactions.length);
    const [what, changed] = changedAmount(rng, transactions[at] as Transaction);
    const block = Block.of(header, replaced(transactions, at, changed));
    return mutant(`block: transaction ${at}: ${what}`, { ...original, block });
  },
  function mendedOrder(rng, original) {
    const { transactions } = original.block;
    const [i, j] = [1 + below(rng, transactions.length - 1), 1 + below(rng, transactions.length - 1)];
    const parts = swapped(partsOf(original), i, j);
    return mutant(`mended: transactions ${i} and ${j} swapped`, mended(original, parts));
  },
  function mendedAmount(rng, original) {
    const { transactions } = original.block;
    // The coinbase's, which nobody signs, every other time.
    const at = below(rng, 2) * below(rng, transactions.length);
    const [what, changed] = changedAmount(rng, transactions[at] as Transaction);
    const parts = partsOf(original);
    const { coins } = parts[at] as Part;
    return mutant(`mended: transaction ${at}: ${what}`,
      mended(original, replaced(parts, at, { transaction: changed, coins })));
  },
  function mendedCount(rng, original) {
    const parts = partsOf(original);
    const at = 1 + below(rng, parts.length - 1);
    const isDropped = below(rng, 2) === 0;
    const part = parts[at] as Part;
    const changed = isDropped ? parts.filter((each) => each !== part) : [...parts, part];
    return mutant(`mended: transaction ${at} ${isDropped ? "left out" : "repeated"}`,
      mended(original, changed));
  },
];

/** A transaction and the coins that it spends. */
interface Part {
  readonly transaction: Transaction;
  readonly coins: readonly Coin[];
}

export function partsOf({ block, spent }: LoneBlock): readonly Part[] {
  let at = 0;
  return block.transactions.map((transaction) => {
    const count = transaction.isCoinbase ? 0 : transaction.inputs.length;
    return { transaction, coins: spent.slice(at, (at += count)) };
  });
}

/** A block of these parts with root, commitment and work as they must be, on a chain where that is easy. */
function mended(original: LoneBlock, parts: readonly Part[]): LoneBlock {
  const { version, previous, time } = original.block.header;
  const headerOf = (merkleRoot: Bytes): BlockHeader =>
    BlockHeader.of({ version, previous, merkleRoot, time, bits: REGTEST_BITS, nonce: 0 });
  const transactions = committed(parts.map(({ transaction }) => transaction), original.block.header);
  const unsolved = Block.of(headerOf(transactionsMerkleRoot(transactions)), transactions);
  const block = solve(unsolved, 1000)?.block ?? unsolved;
  const params: ChainParams =
    { ...original.params, work: { ...original.params.work, limit: REGTEST.work.limit } };
  return { ...original, params, block, spent: parts.flatMap(({ coins }) => coins) };
}

/** With the commitment to their witnesses that the coinbase must have, if it has one. */
function committed(transactions: readonly Transaction[], header: BlockHeader): readonly Transaction[] {
  const block = Block.of(header, transactions);
  const index = commitmentIndex(block);
  const [coinbase] = transactions;
  const [reserved] = coinbase?.inputs[0]?.witness ?? [];
  if (index < 0 || coinbase === undefined || reserved === undefined) return transactions;
  const script = commitmentScript(witnessCommitment(witnessMerkleRoot(block), reserved));
  const outputs = coinbase.outputs.map((output, at) => (at === index ? { ...output, script } : output));
  return [rebuilt(coinbase, { outputs }), ...transactions.slice(1)];
}

function rebuilt(
  { version, inputs, outputs, locktime }: Transaction, parts: Partial<Transaction>,
): Transaction {
  return Transaction.of({ version, inputs, outputs, locktime, ...parts });
}

function mutant(what: string, lone: LoneBlock): Mutant {
  return { what, lone, unreadable: "" };
}

function readMutant(what: string, read: () => LoneBlock): Mutant {
  try {
    return { what, lone: read(), unreadable: "" };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { what, lone: undefined, unreadable: error.fault.kind };
  }
}

function changedBytes(rng: Rng, bytes: Bytes): readonly [what: string, bytes: Bytes] {
  const at = below(rng, bytes.length);
  const changed = bytes.slice();
  switch (below(rng, 6)) {
    case 0:
      return [`cut at ${at}`, bytes.slice(0, at)];
    case 1:
      return [`byte put in at ${at}`,
        concatBytes(bytes.subarray(0, at), Uint8Array.of(below(rng, 256)), bytes.subarray(at))];
    case 2:
      return [`byte ${at} left out`, concatBytes(bytes.subarray(0, at), bytes.subarray(at + 1))];
    case 3:
      changed[at] = below(rng, 256);
      return [`byte ${at} set`, changed];
    default:
      changed[at] = (changed[at] as number) ^ (1 << below(rng, 8));
      return [`bit of byte ${at} turned over`, changed];
  }
}

function changedCoin(rng: Rng, coin: Coin, height: number): readonly [what: string, coin: Coin] {
  switch (below(rng, 5)) {
    case 0:
      return ["is of another height", { ...coin, height: below(rng, height + 2) }];
    case 1:
      return ["is of a coinbase or not", { ...coin, isCoinbase: !coin.isCoinbase }];
    default: {
      const step = 1 + below(rng, 100_000);
      const value = (coin.value + (below(rng, 2) === 0 ? step : -step)) as Sats;
      return [`is worth ${value - coin.value} more`, { ...coin, value }];
    }
  }
}

function changedAmount(rng: Rng, transaction: Transaction): readonly [what: string,
  transaction: Transaction] {
  const { outputs } = transaction;
  const at = below(rng, outputs.length);
  const step = 1 + below(rng, below(rng, 2) === 0 ? 3 : 1_000_000);
  const change = below(rng, 2) === 0 ? step : -step;
  const changed = outputs.map((output, index) =>
    index === at ? { ...output, value: (output.value + change) as Sats } : output);
  return [`output ${at} is worth ${change} more`, rebuilt(transaction, { outputs: changed })];
}

function swapped<T>(list: readonly T[], i: number, j: number): readonly T[] {
  return replaced(replaced(list, i, list[j] as T), j, list[i] as T);
}

function replaced<T>(list: readonly T[], at: number, item: T): readonly T[] {
  return list.map((each, index) => (index === at ? item : each));
}

/** Judges mutants of one block: scripts of transactions that are as they were need not run again. */
export class MutantJudge {
  readonly #known = new Map<string, readonly Coin[]>();

  /** `original` is valid, scripts and all. */
  constructor(original: LoneBlock) {
    for (const { transaction, coins } of partsOf(original)) {
      this.#known.set(hashKey(transaction.wtxid), coins);
    }
  }

  /** The rule that is broken, or why it cannot be judged; `undefined` for what is accepted. */
  refusal({ lone, unreadable }: Mutant): string | undefined {
    if (lone === undefined) return `unreadable (${unreadable})`;
    const verdict = checkLoneBlock(lone);
    if (verdict.type === "unfit") return "unfit coins";
    if (verdict.type === "bad") return verdict.violation.rule;
    const left = partsOf(lone).slice(1).filter(({ transaction, coins }) =>
      !areSame(this.#known.get(hashKey(transaction.wtxid)), coins));
    if (left.length === 0) return undefined;
    const coins = left.flatMap((part) => part.coins);
    const job = {
      kind: "transactions" as const,
      bytes: concatBytes(...left.map(({ transaction }) => transaction.bytes)),
      spentOutputs: packSpentOutputs(coins),
      flags: verdict.connection.flags,
      inputCount: coins.length,
    };
    return verifyInputs(job, 0, job.inputCount)?.rule;
  }
}

/** As far as scripts see. */
function areSame(a: readonly Coin[] | undefined, b: readonly Coin[] | undefined): boolean {
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  return a.every((coin, at) => {
    const other = b[at] as Coin;
    return coin === other || (coin.value === other.value && equalBytes(coin.script, other.script));
  });
}
