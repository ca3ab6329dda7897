import type { ChainState } from "../../chain/chain_state.ts";
import { repeatsCoinbase } from "../../chain/duplicate_coinbases.ts";
import type { BlockId } from "../../chain/header_index.ts";
import { countSize } from "../../codec/byte_writer.ts";
import { blockSubsidy } from "../../consensus/subsidy.ts";
import type { Block } from "../../primitives/block.ts";
import type { Coin } from "../../primitives/coin.ts";
import { type Output, type Transaction, WITNESS_SCALE_FACTOR } from "../../primitives/transaction.ts";
import { isUnspendable } from "../../script/script.ts";
import { hashText } from "../lookup.ts";
import { hex, list, number, object, optional, type Shape } from "../shape.ts";

/** What a coin takes besides its output: outpoint, height and whether a coinbase made it. */
const COIN_OVERHEAD_BYTES = 36 + 4;

/** Of one transaction after the coinbase. */
interface Figures {
  readonly fee: number;
  /** Satoshi per virtual byte, rounded down. */
  readonly feeRate: number;
  readonly size: number;
  readonly weight: number;
  readonly out: number;
  readonly hasWitness: boolean;
}

/**
 * `getblockstats` with everything; `spent` for each transaction after the coinbase. Keys are
 * Bitcoin Core's.
 */
export function blockStats(
  chain: ChainState, id: BlockId, block: Block, spent: readonly (readonly Coin[])[],
): Readonly<Record<string, unknown>> {
  const { headers } = chain;
  const figures =
    block.transactions.slice(1).map((transaction, at) => figuresOf(transaction, spent[at] ?? []));
  const of = (what: (figures: Figures) => number): readonly number[] => figures.map(what);
  const fees = of(({ fee }) => fee);
  const rates = of(({ feeRate }) => feeRate);
  const sizes = of(({ size }) => size);
  const segwit = figures.filter(({ hasWitness }) => hasWitness);
  const totalFee = sum(fees);
  const totalSize = sum(sizes);
  const totalWeight = sum(of(({ weight }) => weight));
  const perTransaction = (total: number): number => quotient(total, figures.length);
  const coins = coinFigures(chain, id, block, spent);
  return {
    avgfee: perTransaction(totalFee),
    avgfeerate: quotient(totalFee * WITNESS_SCALE_FACTOR, totalWeight),
    avgtxsize: perTransaction(totalSize),
    blockhash: hashText(chain, id),
    feerate_percentiles: feeRatePercentiles(figures, totalWeight),
    height: headers.height(id),
    ins: coins.inputs,
    maxfee: Math.max(0, ...fees),
    maxfeerate: Math.max(0, ...rates),
    maxtxsize: Math.max(0, ...sizes),
    medianfee: truncatedMedian(fees),
    mediantime: headers.medianTimePast(id),
    mediantxsize: truncatedMedian(sizes),
    minfee: least(fees),
    minfeerate: least(rates),
    mintxsize: least(sizes),
    outs: coins.outputs,
    subsidy: blockSubsidy(headers.height(id), chain.params),
    swtotal_size: sum(segwit.map(({ size }) => size)),
    swtotal_weight: sum(segwit.map(({ weight }) => weight)),
    swtxs: segwit.length,
    time: block.header.time,
    total_out: sum(of(({ out }) => out)),
    total_size: totalSize,
    total_weight: totalWeight,
    totalfee: totalFee,
    txs: block.transactions.length,
    utxo_increase: coins.outputs - coins.inputs,
    utxo_size_inc: coins.outputBytes - coins.spentBytes,
    utxo_increase_actual: coins.made - coins.inputs,
    utxo_size_inc_actual: coins.madeBytes - coins.spentBytes,
  };
}

function figuresOf(transaction: Transaction, spent: readonly Coin[]): Figures {
  const { outputs, totalSize, weight, hasWitness } = transaction;
  const out = sum(outputs.map(({ value }) => value));
  const fee = sum(spent.map(({ value }) => value)) - out;
  return { fee, feeRate: quotient(fee * WITNESS_SCALE_FACTOR, weight), size: totalSize, weight, out,
    hasWitness };
}

interface CoinFigures {
  readonly inputs: number;
  readonly spentBytes: number;
  readonly outputs: number;
  readonly outputBytes: number;
  /** Of the outputs, what became coins. */
  readonly made: number;
  readonly madeBytes: number;
}

function coinFigures(
  chain: ChainState, id: BlockId, { transactions }: Block, spent: readonly (readonly Coin[])[],
): CoinFigures {
  const isGenesis = chain.headers.height(id) === 0;
  const outputs = transactions.flatMap((transaction) => transaction.outputs);
  const made = transactions.filter(({ isCoinbase }) =>
    !isGenesis && !(isCoinbase && repeatsCoinbase(chain.headers, id)))
    .flatMap((transaction) => transaction.outputs.filter(({ script }) => !isUnspendable(script)));
  const coins = spent.flat();
  return {
    inputs: coins.length,
    spentBytes: sum(coins.map(coinBytes)),
    outputs: outputs.length,
    outputBytes: sum(outputs.map(coinBytes)),
    made: made.length,
    madeBytes: sum(made.map(coinBytes)),
  };
}

function coinBytes({ script }: Output): number {
  return 8 + countSize(script.length) + script.length + COIN_OVERHEAD_BYTES;
}

/** At the 10th, 25th, 50th, 75th and 90th percentile of the block's weight. */
function feeRatePercentiles(figures: readonly Figures[], totalWeight: number): readonly number[] {
  const sorted = [...figures].sort((a, b) => a.feeRate - b.feeRate || a.weight - b.weight);
  return [10, 25, 50, 75, 90].map((percent) => {
    let weight = 0;
    const found = sorted.find((each) => (weight += each.weight) >= (totalWeight * percent) / 100);
    return (found ?? sorted.at(-1))?.feeRate ?? 0;
  });
}

function truncatedMedian(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : Math.trunc(((sorted[middle - 1] as number) + upper) / 2);
}

function least(values: readonly number[]): number {
  return values.length === 0 ? 0 : Math.min(...values);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function quotient(a: number, b: number): number {
  return b === 0 ? 0 : Math.trunc(a / b);
}

const ABOUT: Readonly<Record<string, string>> = {
  avgfee: "The average fee",
  avgfeerate: "The average fee rate, in satoshi per virtual byte",
  avgtxsize: "The average size of a transaction",
  blockhash: "The block's hash",
  feerate_percentiles: "",
  height: "Its height",
  ins: "Inputs, without the coinbase's",
  maxfee: "The highest fee",
  maxfeerate: "The highest fee rate",
  maxtxsize: "The largest size",
  medianfee: "The median fee, rounded down",
  mediantime: "The median time past",
  mediantxsize: "The median size, rounded down",
  minfee: "The lowest fee",
  minfeerate: "The lowest fee rate",
  mintxsize: "The smallest size",
  outs: "Outputs",
  subsidy: "New coins that the block may make",
  swtotal_size: "The sizes of all transactions with a witness",
  swtotal_weight: "Their weights",
  swtxs: "How many those are",
  time: "The block's time",
  total_out: "What all outputs but the coinbase's are worth",
  total_size: "The sizes of all transactions but the coinbase",
  total_weight: "Their weights",
  totalfee: "Their fees",
  txs: "Transactions, with the coinbase",
  utxo_increase: "Outputs less inputs",
  utxo_size_inc: "The same in bytes",
  utxo_increase_actual: "Coins made less coins spent: what cannot be spent does not count",
  utxo_size_inc_actual: "The same in bytes",
};

export const blockStatsShape: Shape =
  object(Object.fromEntries(Object.entries(ABOUT).map(([name, about]) => [name,
    optional(shapeOf(name, about))])));

function shapeOf(name: string, about: string): Shape {
  switch (name) {
    case "blockhash":
      return hex(about);
    case "feerate_percentiles":
      return list(number("Fee rate at the 10th, 25th, 50th, 75th and 90th percentile of the weight"));
    default:
      return number(about);
  }
}
