import type { Output, Transaction } from "../primitives/transaction.ts";
import { transactionSigopCost } from "../script/sigops.ts";
import { BLOCK_SIGOP_COST_MAX } from "./limits.ts";
import { type RuleViolation, violation } from "./rule_violation.ts";

/** Sums up what the transactions of a block cost in signature checks, while it is connected. */
export class SigopBudget {
  #spent = 0;

  /** `spent`: what each input spends; empty for the coinbase. */
  add(transaction: Transaction, spent: readonly Output[], flags: number): RuleViolation | undefined {
    this.#spent += transactionSigopCost(transaction, spent, flags);
    return this.#spent > BLOCK_SIGOP_COST_MAX ? violation("bad-blk-sigops", "too many sigops") : undefined;
  }
}
