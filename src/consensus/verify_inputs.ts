/**
 * What a worker does with a job: reads the bytes, and checks a range of its inputs.
 *
 * @module
 */
import { ByteReader } from "../codec/byte_reader.ts";
import { decodeWith } from "../codec/codec.ts";
import { DecodeError } from "../codec/decode_error.ts";
import { blockCodec } from "../primitives/block.ts";
import { displayHash } from "../primitives/hash.ts";
import { type Input, type Output, type Transaction, transactionCodec } from "../primitives/transaction.ts";
import { SCRIPT_ERROR_TEXTS, type ScriptError } from "../script/interpreter/script_error.ts";
import { TransactionChecker } from "../script/interpreter/transaction_checker.ts";
import { verifyScript } from "../script/interpreter/verify_script.ts";
import { SighashContext } from "../script/sighash.ts";
import { readSpentOutput } from "./packed_outputs.ts";
import { type RuleViolation, violation } from "./rule_violation.ts";
import type { VerifyJob } from "./verify_job.ts";

/**
 * Checks the inputs `from <= i < to` of the job, counted over all its transactions but the coinbase.
 *
 * The job was made from what was parsed before: bytes that do not parse, or counts that do not
 * agree, mean a bug or a memory fault, and are answered as "verify-job-corrupt", so that nothing is
 * accepted on their account.
 */
export function verifyInputs(job: VerifyJob, from: number, to: number): RuleViolation | undefined {
  const opened = openJob(job);
  return "rule" in opened ? opened : opened.verify(from, to);
}

/** A job whose bytes are read, for a worker that is given one range of it after the other. */
export function openJob(job: VerifyJob): OpenJob | RuleViolation {
  try {
    const spends = readSpends(job);
    const count = spends.reduce((sum, { spent }) => sum + spent.length, 0);
    if (count === job.inputCount) return new OpenJob(spends, job.kind, job.flags);
    return corrupt(`${count} inputs, ${job.inputCount} announced`);
  } catch (error) {
    if (error instanceof DecodeError) return corrupt(error.message);
    throw error;
  }
}


export class OpenJob {
  readonly #spends: readonly SighashContext[];
  readonly #kind: VerifyJob["kind"];
  readonly #flags: number;

  constructor(spends: readonly SighashContext[], kind: VerifyJob["kind"], flags: number) {
    this.#spends = spends;
    this.#kind = kind;
    this.#flags = flags;
  }

  /** As `verifyInputs`. */
  verify(from: number, to: number): RuleViolation | undefined {
    let first = 0;
    for (const spend of this.#spends) {
      const end = Math.min(to - first, spend.spent.length);
      for (let at = Math.max(from - first, 0); at < end; at++) {
        const error = verifyInput(spend, at, this.#flags);
        if (error !== undefined) return scriptFault(this.#kind, error, spend, at);
      }
      first += spend.spent.length;
    }
    return undefined;
  }
}

function readSpends(job: VerifyJob): readonly SighashContext[] {
  const outputs = new ByteReader(job.spentOutputs);
  const spends = jobTransactions(job).map((transaction) => {
    return new SighashContext(transaction, transaction.inputs.map(() => readSpentOutput(outputs)));
  });
  outputs.end();
  return spends;
}

function jobTransactions({ kind, bytes }: VerifyJob): readonly Transaction[] {
  if (kind === "block") return decodeWith(blockCodec, bytes).transactions.slice(1);
  const reader = new ByteReader(bytes);
  const transactions: Transaction[] = [];
  do transactions.push(transactionCodec.decode(reader)); while (reader.remaining > 0);
  return transactions;
}

function verifyInput(spend: SighashContext, at: number, flags: number): ScriptError | undefined {
  const { scriptSig, witness } = spend.transaction.inputs[at] as Input;
  const { script } = spend.spent[at] as Output;
  return verifyScript({ scriptSig, witness, script, flags, checker: new TransactionChecker(spend, at) });
}

function scriptFault(
  kind: VerifyJob["kind"],
  error: ScriptError,
  { transaction }: SighashContext,
  at: number,
): RuleViolation {
  const place = kind === "transaction" ? "mempool" : "block";
  const { txid, index } = (transaction.inputs[at] as Input).prevout;
  const ids = `${displayHash(transaction.txid)} (wtxid ${displayHash(transaction.wtxid)})`;
  return violation(
    `${place}-script-verify-flag-failed (${SCRIPT_ERROR_TEXTS[error]})`,
    `input ${at} of ${ids}, spending ${displayHash(txid)}:${index}`,
  );
}

function corrupt(detail: string): RuleViolation {
  return violation("verify-job-corrupt", detail);
}
