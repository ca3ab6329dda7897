/**
 * The way into the mempool, up to where scripts would be executed: the checks of admission.ts, and
 * between them those that look at what is in the pool already.
 *
 * @module
 */
import { type RuleViolation, violation } from "../consensus/rule_violation.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Coin } from "../primitives/coin.ts";
import type { OutPoint, Transaction } from "../primitives/transaction.ts";
import { type Appraisal, appraise, checkLoose, type TipView } from "./admission.ts";
import { checkCluster } from "./cluster_policy.ts";
import type { FeeDeltas } from "./fee_deltas.ts";
import { feeAt } from "./fee_rate.ts";
import type { GraphEntry, MempoolGraph } from "./graph.ts";
import type { RelayPolicy } from "./relay_policy.ts";
import { checkTruc } from "./truc_policy.ts";

export interface CoinView extends TipView {
  /** Unspent and confirmed. */
  coin(outPoint: OutPoint): Coin | undefined;
}

export interface EntranceSettings {
  /** Satoshi per 1,000 virtual bytes (`-minrelaytxfee`). */
  readonly minRelayFeeRate: Sats;
  readonly acceptNonstandard: boolean;
  readonly policy: RelayPolicy;
}

/** Everything is in order but for the scripts. */
export interface Candidate {
  readonly type: "candidate";
  /** What it spends, one for each input. */
  readonly coins: readonly Coin[];
  readonly appraisal: Appraisal;
  /** The fee by which it is judged. */
  readonly modifiedFee: number;
}

export type Refusal =
  /** Already here. */
  | { readonly type: "known" }
  /** An input is neither in the chain nor here: spent already, or its parent has not arrived. */
  | { readonly type: "missing-inputs"; readonly missing: readonly OutPoint[] }
  /** `isStripped`: it may be that only the witness was taken from it, which says nothing of its txid. */
  | { readonly type: "rejected"; readonly violation: RuleViolation; readonly isStripped?: boolean };

interface Coins {
  readonly type: "coins";
  readonly coins: readonly Coin[];
}

/** What comes back from a block is held to fewer limits. */
export type Strictness = "relay" | "reorg";

export class Entrance<E extends GraphEntry> {
  readonly #graph: MempoolGraph<E>;
  readonly #chain: CoinView;
  readonly #settings: EntranceSettings;
  readonly #deltas: FeeDeltas;
  readonly #rollingFeeRate: () => number;

  /** `rollingFeeRate`: what a full pool asks now, in satoshi per 1,000 virtual bytes. */
  constructor(
    graph: MempoolGraph<E>,
    chain: CoinView,
    settings: EntranceSettings,
    deltas: FeeDeltas,
    rollingFeeRate: () => number,
  ) {
    this.#graph = graph;
    this.#chain = chain;
    this.#settings = settings;
    this.#deltas = deltas;
    this.#rollingFeeRate = rollingFeeRate;
  }

  check(transaction: Transaction, strictness: Strictness): Candidate | Refusal {
    const chain = this.#chain;
    const { acceptNonstandard, policy } = this.#settings;
    const requireStandard = !acceptNonstandard;
    const loose = checkLoose(transaction, chain, requireStandard, policy);
    if (loose !== undefined) return rejected(loose);
    if (this.#graph.findByWtxid(transaction.wtxid) !== undefined) return { type: "known" };
    if (this.#graph.find(transaction.txid) !== undefined) {
      return rejected(violation("txn-same-nonwitness-data-in-mempool"));
    }
    const found = this.coins(transaction);
    if (found.type !== "coins") return found;
    const { coins } = found;
    const delta = this.#deltas.of(transaction.txid);
    const appraisal = appraise(transaction, coins, chain, requireStandard, { policy, delta });
    if ("rule" in appraisal) return rejected(appraisal);
    const modifiedFee = appraisal.fee + delta;
    const refusal = this.#checkPlace(transaction, appraisal, modifiedFee, strictness);
    return refusal === undefined ? { type: "candidate", coins, appraisal, modifiedFee } : rejected(refusal);
  }

  /** Whether it and one here could never both be confirmed. */
  #checkConflict({ inputs }: Transaction): RuleViolation | undefined {
    const isSpent = inputs.some(({ prevout }) => this.#graph.spender(prevout) !== undefined);
    return isSpent ? violation("bip125-replacement-disallowed") : undefined;
  }

  /** What its inputs spend, confirmed or not. */
  coins({ txid, inputs, outputs }: Transaction): Coins | Refusal {
    const coins: Coin[] = [];
    const missing: OutPoint[] = [];
    for (const { prevout } of inputs) {
      const coin = this.#poolCoin(prevout) ?? this.#chain.coin(prevout);
      if (coin === undefined) missing.push(prevout);
      else coins.push(coin);
    }
    if (missing.length === 0) return { type: "coins", coins };
    // Its own outputs are in the chain: so is the transaction, and that is why the inputs are not.
    const isConfirmed = outputs.some((_, index) => this.#chain.coin({ txid, index }) !== undefined);
    return isConfirmed ? rejected(violation("txn-already-known")) : { type: "missing-inputs", missing };
  }

  #poolCoin({ txid, index }: OutPoint): Coin | undefined {
    const output = this.#graph.find(txid)?.entry.transaction.outputs[index];
    if (output === undefined) return undefined;
    return { ...output, height: this.#chain.tipHeight + 1, isCoinbase: false };
  }

  /** Whether the pool has room for it, at what it pays. */
  #checkPlace(
    transaction: Transaction,
    { vsize }: Appraisal,
    modifiedFee: number,
    strictness: Strictness,
  ): RuleViolation | undefined {
    const parents = this.#graph.parentsOf(transaction);
    const children = this.#graph.childrenOf(transaction);
    const { policy } = this.#settings;
    if (strictness === "reorg") {
      return this.#checkConflict(transaction) ?? checkCluster(vsize, [...parents, ...children], policy);
    }
    return (
      this.#checkFee(modifiedFee, vsize) ??
      checkTruc(transaction, vsize, parents) ??
      this.#checkConflict(transaction) ??
      checkCluster(vsize, parents, policy)
    );
  }

  #checkFee(fee: number, vsize: number): RuleViolation | undefined {
    const needed = feeAt(this.#rollingFeeRate(), vsize);
    if (fee < needed) return violation("mempool min fee not met", `${fee} < ${needed}`);
    const least = feeAt(this.#settings.minRelayFeeRate, vsize);
    return fee < least ? violation("min relay fee not met", `${fee} < ${least}`) : undefined;
  }
}

export function rejected(found: RuleViolation): Refusal {
  return { type: "rejected", violation: found };
}
