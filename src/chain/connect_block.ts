/**
 * What connecting a block asks of the coins it spends, and does to the coins there are; and the
 * way back.
 *
 * The rules come in Bitcoin Core's order (validation.cpp, ConnectBlock), since the first one that
 * is broken is the one that is named. Scripts are checked elsewhere.
 *
 * @module
 */
import { scriptFlagsAt } from "../consensus/deployments.ts";
import { checkSequenceLocks } from "../consensus/locktime.ts";
import { packSpentOutputs } from "../consensus/packed_outputs.ts";
import { type RuleViolation, violation } from "../consensus/rule_violation.ts";
import { SigopBudget } from "../consensus/sigops.ts";
import { blockSubsidy } from "../consensus/subsidy.ts";
import { checkInputs, outputTotal } from "../consensus/transaction_rules.ts";
import { isMoney, type Sats } from "../primitives/amount.ts";
import type { Block } from "../primitives/block.ts";
import type { Coin } from "../primitives/coin.ts";
import { displayHash } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { isUnspendable } from "../script/script.ts";
import { CoinChanges, type CoinsView } from "./coin_changes.ts";
import { openConnector, type PlainConnector } from "./connect_plainly.ts";
import type { Connection, ConnectPlace } from "./connection.ts";
import { encodeUndo } from "./undo_codec.ts";

export type { Connection, ConnectPlace } from "./connection.ts";

export type ConnectVerdict =
  | { readonly type: "good"; readonly connection: Connection }
  | { readonly type: "bad"; readonly violation: RuleViolation };

export function connectBlock(block: Block, place: ConnectPlace): ConnectVerdict {
  const connecting = new BlockConnecting(block, place);
  for (;;) {
    const verdict = connecting.step();
    if (verdict !== "more") return verdict;
  }
}

/** The same in steps, none of them long. The coins may not change meanwhile, but for where they are kept. */
export class BlockConnecting {
  readonly #block: Block;
  readonly #place: ConnectPlace;
  readonly #connector: PlainConnector | undefined;

  constructor(block: Block, place: ConnectPlace) {
    this.#block = block;
    this.#place = place;
    this.#connector = openConnector(block, place);
  }

  step(): ConnectVerdict | "more" {
    const connection = this.#connector?.step();
    if (connection === "more") return "more";
    // What is wrong with it is found out at once: each such block cost its maker the work of a good one.
    if (connection === undefined) return connectByTheRules(this.#block, this.#place);
    return { type: "good", connection };
  }
}

/** Finds out which rule is broken first, if one is. */
export function connectByTheRules(block: Block, place: ConnectPlace): ConnectVerdict {
  const { params, previous } = place;
  const height = previous.height + 1;
  const flags = scriptFlagsAt(height, block.hash, params);
  const changes = new CoinChanges(place.coins);
  const spent: Coin[] = [];
  let fees = 0;
  const sigops = new SigopBudget();
  if (place.forbidsOverwrite && overwritesCoins(block, changes)) {
    return bad("bad-txns-BIP30", "tried to overwrite transaction");
  }
  for (const transaction of block.transactions) {
    const coins: Coin[] = [];
    if (!transaction.isCoinbase) {
      const found = spendInputs(transaction, changes, place, coins);
      if ("rule" in found) return { type: "bad", violation: found };
      fees += found.fee;
      if (!isMoney(fees)) {
        return bad("bad-txns-accumulated-fee-outofrange", "accumulated fee in the block out of range");
      }
      if (!meetsSequenceLocks(transaction, coins, place)) {
        const txid = displayHash(transaction.txid);
        return bad("bad-txns-nonfinal", `contains a non-BIP68-final transaction ${txid}`);
      }
      for (const coin of coins) spent.push(coin);
    }
    const overspent = sigops.add(transaction, coins, flags);
    if (overspent !== undefined) return { type: "bad", violation: overspent };
    addOutputs(transaction, height, changes);
  }
  const reward = blockSubsidy(height, params) + fees;
  const [coinbase] = block.transactions;
  const paid = coinbase === undefined ? 0 : outputTotal(coinbase);
  if (paid > reward) {
    return bad("bad-cb-amount", `coinbase pays too much (actual=${paid} vs limit=${reward})`);
  }
  return { type: "good", connection: connectionOf(changes, spent, flags) };
}

function connectionOf(changes: CoinChanges, spent: readonly Coin[], flags: number): Connection {
  return {
    changes, spent, flags,
    spentCount: spent.length,
    get spentOutputs() {
      return packSpentOutputs(spent);
    },
    get undo() {
      return encodeUndo(spent);
    },
  };
}

function bad(rule: string, detail: string): ConnectVerdict {
  return { type: "bad", violation: violation(rule, detail) };
}

function overwritesCoins({ transactions }: Block, coins: CoinsView): boolean {
  return transactions.some(({ txid, outputs }) =>
    outputs.some((_, index) => coins.get({ txid, index }) !== undefined)
  );
}

/** Spends its inputs, puts their coins into `coins`, and tells what is left as fee. */
function spendInputs(
  transaction: Transaction,
  changes: CoinChanges,
  { params, previous }: ConnectPlace,
  coins: Coin[],
): { readonly fee: Sats } | RuleViolation {
  const inTransaction = () => `in transaction ${displayHash(transaction.txid)}`;
  for (const { prevout } of transaction.inputs) {
    const coin = changes.take(prevout);
    if (coin === undefined) {
      const detail = `CheckTxInputs: inputs missing/spent ${inTransaction()}`;
      return violation("bad-txns-inputs-missingorspent", detail);
    }
    coins.push(coin);
  }
  const verdict = checkInputs(transaction, coins, previous.height + 1, params.money.coinbaseMaturity);
  if ("rule" in verdict) return violation(verdict.rule, `${verdict.detail} ${inTransaction()}`);
  return verdict;
}

/** BIP68, from the height at which it was buried on. */
function meetsSequenceLocks(
  transaction: Transaction,
  coins: readonly Coin[],
  { params, previous }: ConnectPlace,
): boolean {
  const height = previous.height + 1;
  if (height < params.deployments.csvHeight || transaction.version < 2) return true;
  const coinHeights = coins.map((coin) => coin.height);
  const medianTimePastAt = (at: number) => previous.ancestor(at).medianTimePast;
  return checkSequenceLocks(transaction, coinHeights, height, previous.medianTimePast, medianTimePastAt);
}

function addOutputs(transaction: Transaction, height: number, changes: CoinChanges): void {
  const { txid, isCoinbase } = transaction;
  transaction.outputs.forEach(({ value, script }, index) => {
    // What nobody can ever spend takes no place among the coins.
    if (!isUnspendable(script)) changes.add({ txid, index }, { value, script, height, isCoinbase });
  });
}

/**
 * The changes that take `block` away again; `spent` as `connectBlock` gave it. `undefined` when
 * the two do not belong together.
 */
export function disconnectBlock(
  block: Block,
  spent: readonly Coin[],
  coins: CoinsView,
): CoinChanges | undefined {
  const changes = new CoinChanges(coins);
  let left = spent.length;
  for (const transaction of block.transactions.toReversed()) {
    const { txid } = transaction;
    transaction.outputs.forEach(({ script }, index) => {
      if (!isUnspendable(script)) changes.spend({ txid, index });
    });
    if (transaction.isCoinbase) continue;
    for (const { prevout } of transaction.inputs.toReversed()) {
      const coin = spent[--left];
      if (coin === undefined) return undefined;
      changes.add(prevout, coin);
    }
  }
  return left === 0 ? changes : undefined;
}

/** The changes that connecting `block` makes, without asking any rule: it was connected before. */
export function replayBlock(block: Block, height: number, coins: CoinsView): CoinChanges {
  const changes = new CoinChanges(coins);
  for (const transaction of block.transactions) {
    if (!transaction.isCoinbase) for (const { prevout } of transaction.inputs) changes.spend(prevout);
    addOutputs(transaction, height, changes);
  }
  return changes;
}
