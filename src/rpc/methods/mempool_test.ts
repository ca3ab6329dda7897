/** Whether transactions would be admitted, without admitting them. @module */
import { describeViolation } from "../../consensus/rule_violation.ts";
import { feeAt } from "../../mempool/fee_rate.ts";
import type { Admission, MempoolEntry } from "../../mempool/mempool.ts";
import { checkPackage } from "../../mempool/package_rules.ts";
import { displayHash } from "../../primitives/hash.ts";
import { SATS_PER_COIN } from "../../primitives/amount.ts";
import type { Transaction } from "../../primitives/transaction.ts";
import { runCommand } from "../command_fault.ts";
import { coins, type JsonValue } from "../json.ts";
import { type Call, type Method, result } from "../method.ts";
import { readText } from "../object_fields.ts";
import { optional, required } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import type { TestedTransactionJson } from "../schema.ts";
import { amount, boolean, hex, list, number, object, optional as maybe, text } from "../shape.ts";
import { parseTransaction } from "../transaction_hex.ts";

/** Bitcoin Core's MAX_PACKAGE_COUNT. */
const TRANSACTIONS_MAX = 25;

const testmempoolaccept: Method = {
  name: "testmempoolaccept",
  category: "rawtransactions",
  about: "Says of each transaction whether the mempool would admit it, and if not, why.\n\n" +
    "Several are judged one by one, against the mempool as it is: none may spend from another.\n" +
    "After the first that would be refused, nothing is said of those that follow.",
  parameters: [
    required("rawtxs", "array", `The transactions, 1 to ${TRANSACTIONS_MAX}`,
      { inner: [required("rawtx", "hex", "A transaction's bytes")] }),
    optional("maxfeerate", "amount",
      "Refuses a fee rate above this, in coins per 1,000 virtual bytes; 0 for any", { fallback: "0.10" }),
  ],
  results: result(list(object({
    txid: hex("The transaction's id"),
    wtxid: hex("Its hash with the witness"),
    "package-error": maybe(text("What is wrong with the transactions together")),
    allowed: maybe(boolean("Whether it would be admitted; absent when it was not judged")),
    vsize: maybe(number("Virtual bytes by which its fee is judged")),
    fees: maybe(object({
      base: amount("Its fee in coins"),
      "effective-feerate": amount("Coins per 1,000 virtual bytes by which it is judged"),
      "effective-includes": list(hex("Hash with the witness of a transaction that counts in this")),
    })),
    "reject-reason": maybe(text("The rule that it breaks")),
    "reject-details": maybe(text("The rule, and what was found")),
  }))),
  async run({ host, args }) {
    const values = args.array("rawtxs");
    if (values.length < 1 || values.length > TRANSACTIONS_MAX) {
      throw new RpcError(RPC_CODE.invalidParameter,
        `Array must contain between 1 and ${TRANSACTIONS_MAX} transactions.`);
    }
    const maxFeeRate = args.amount("maxfeerate");
    if (maxFeeRate >= SATS_PER_COIN) {
      throw new RpcError(RPC_CODE.invalidParameter,
        "Fee rates larger than or equal to 1BTC/kvB are not accepted");
    }
    const transactions = values.map(readTransaction);
    const fault = transactions.length > 1 ? checkPackage(transactions) : undefined;
    if (fault !== undefined) {
      const error = { "package-error": describeViolation(fault) };
      return transactions.map((transaction) => ({ ...ids(transaction), ...error }));
    }
    refuseFamilies(transactions);
    return testAll(host, transactions, maxFeeRate);
  },
};

function readTransaction(value: JsonValue): Transaction {
  const given = readText(value);
  const transaction = parseTransaction(given);
  if (transaction !== undefined) return transaction;
  throw new RpcError(RPC_CODE.deserialization,
    `TX decode failed: ${given} Make sure the tx has at least one input.`);
}

/** What spends from another of them cannot be judged by the mempool as it is. */
function refuseFamilies(transactions: readonly Transaction[]): void {
  const given = new Set(transactions.map(({ txid }) => displayHash(txid)));
  const isFamily = transactions.some(({ inputs }) =>
    inputs.some(({ prevout }) => given.has(displayHash(prevout.txid))));
  if (isFamily) {
    throw new RpcError(RPC_CODE.misc, "Transactions that spend from each other cannot be tested together");
  }
}

/**
 * One result a transaction. When one fails, those around it are left without a verdict, as Bitcoin
 * Core does.
 */
async function testAll(
  host: Call["host"], transactions: readonly Transaction[], maxFeeRate: number,
): Promise<readonly TestedTransactionJson[]> {
  const results: TestedTransactionJson[] = [];
  for (const [at, transaction] of transactions.entries()) {
    const { admission } = await runCommand(host, { type: "test-transaction", transaction }, "admission");
    const result = { ...ids(transaction), ...verdict(admission, maxFeeRate) };
    if (admission.type !== "accepted") return transactions.map((each, i) => (i === at ? result : ids(each)));
    results.push(result);
  }
  const end = results.findIndex(({ allowed }) => allowed === false);
  return end < 0 ? results : results.map((each,
    i) => (i <= end ? each : ids(transactions[i] as Transaction)));
}

function ids({ txid, wtxid }: Transaction): TestedTransactionJson {
  return { txid: displayHash(txid), wtxid: displayHash(wtxid) };
}

type Verdict = Omit<TestedTransactionJson, "txid" | "wtxid">;

function verdict(admission: Admission, maxFeeRate: number): Verdict {
  switch (admission.type) {
    case "accepted":
      return accepted(admission.entry, maxFeeRate);
    case "known":
      return refused("txn-already-in-mempool", "txn-already-in-mempool");
    case "missing-inputs":
      return { allowed: false, "reject-reason": "missing-inputs" };
    case "rejected":
      return refused(admission.violation.rule, describeViolation(admission.violation));
  }
}

function refused(rule: string, details: string): Verdict {
  return { allowed: false, "reject-reason": rule, "reject-details": details };
}

function accepted({ fee, vsize, transaction }: MempoolEntry, maxFeeRate: number): Verdict {
  if (maxFeeRate > 0 && fee > feeAt(maxFeeRate, vsize)) {
    return { allowed: false, "reject-reason": "max-fee-exceeded" };
  }
  return {
    allowed: true,
    vsize,
    fees: {
      base: coins(fee),
      "effective-feerate": coins(Math.floor((fee * 1_000) / vsize)),
      "effective-includes": [displayHash(transaction.wtxid)],
    },
  };
}

export const mempoolTestMethods: readonly Method[] = [testmempoolaccept];
