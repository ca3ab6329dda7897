/**
 * What a worker does with a job: reads the bytes, and checks a range of its inputs.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { decodeWith } from "../codec/codec.ts";
import { DecodeError } from "../codec/decode_error.ts";
import { blockCodec } from "../primitives/block.ts";
import { type BlockLayout, layOutBlock } from "../primitives/block_layout.ts";
import { displayHash } from "../primitives/hash.ts";
import { type Input, type Transaction, transactionCodec } from "../primitives/transaction.ts";
import { SCRIPT_ERROR_TEXTS, type ScriptError } from "../script/interpreter/script_error.ts";
import { verifyInput } from "../script/interpreter/verify_input.ts";
import type { SignatureCache } from "../script/signature_cache.ts";
import { SighashContext } from "../script/sighash.ts";
import { readSpentOutput, skipSpentOutput } from "./packed_outputs.ts";
import { type RuleViolation, violation } from "./rule_violation.ts";
import type { VerifyJob } from "./verify_job.ts";

/**
 * Checks the inputs `from <= i < to` of the job, counted over all its transactions but the coinbase.
 *
 * The job was made from what was parsed before: bytes that do not parse, or counts that do not
 * agree, mean a bug or a memory fault, and are answered as "verify-job-corrupt", so that nothing is
 * accepted on their account.
 */
export function verifyInputs(
  job: VerifyJob, from: number, to: number, cache?: SignatureCache,
): RuleViolation | undefined {
  const opened = openJob(job, cache);
  return "rule" in opened ? opened : opened.verify(from, to);
}

/** A job whose bytes are read, for a worker that is given one range of it after the other. */
export function openJob(job: VerifyJob, cache?: SignatureCache): OpenJob | RuleViolation {
  try {
    const spends = readSpends(job);
    const count = spends.inputCount;
    if (count === job.inputCount) return new OpenJob(spends, job.kind, job.flags, cache);
    return corrupt(`${count} inputs, ${job.inputCount} announced`);
  } catch (error) {
    if (error instanceof DecodeError) return corrupt(error.message);
    throw error;
  }
}

/** The transactions of a job, by number, the coinbase not counted, with what they spend. */
interface Spends {
  readonly count: number;
  readonly inputCount: number;
  inputsOf(number: number): number;
  /** Made anew each time. */
  at(number: number): SighashContext;
}

export class OpenJob {
  readonly #spends: Spends;
  readonly #kind: VerifyJob["kind"];
  readonly #flags: number;
  readonly #cache: SignatureCache | undefined;

  constructor(
    spends: Spends, kind: VerifyJob["kind"], flags: number, cache: SignatureCache | undefined,
  ) {
    this.#spends = spends;
    this.#kind = kind;
    this.#flags = flags;
    this.#cache = cache;
  }

  /** As `verifyInputs`. */
  verify(from: number, to: number): RuleViolation | undefined {
    // What a block confirms is rarely asked about again, and a first sync would fill the cache in vain.
    const known = this.#cache?.open(this.#kind === "transaction");
    let first = 0;
    for (let number = 0; number < this.#spends.count && first < to; number++) {
      const inputs = this.#spends.inputsOf(number);
      const end = Math.min(to - first, inputs);
      let at = Math.max(from - first, 0);
      first += inputs;
      if (at >= end) continue;
      const spend = this.#spends.at(number);
      for (; at < end; at++) {
        const error = verifyInput(spend, at, this.#flags, known);
        if (error !== undefined) return scriptFault(this.#kind, error, spend, at);
      }
    }
    return undefined;
  }
}

function readSpends(job: VerifyJob): Spends {
  const layout = job.kind === "block" ? layOutBlock(job.bytes) : undefined;
  return layout === undefined ? new ListedSpends(job) : new BlockSpends(layout, job.spentOutputs);
}

/**
 * Of a block. Transactions are made of its bytes one at a time and forgotten before the next: all at
 * once, they would be moved about in memory while they wait.
 */
class BlockSpends implements Spends {
  readonly count: number;
  readonly inputCount: number;
  readonly #layout: BlockLayout;
  readonly #spentOutputs: Bytes;
  /** By input, the coinbase's not counted: where what it spends stands. */
  readonly #places: Int32Array;

  constructor(layout: BlockLayout, spentOutputs: Bytes) {
    this.#layout = layout;
    this.#spentOutputs = spentOutputs;
    this.count = Math.max(0, layout.transactionCount - 1);
    this.inputCount = layout.inputCount - (layout.firstInputs[1] ?? 0);
    this.#places = new Int32Array(this.inputCount);
    const reader = new ByteReader(spentOutputs);
    for (let i = 0; i < this.inputCount; i++) {
      this.#places[i] = reader.offset;
      skipSpentOutput(reader);
    }
    reader.end();
  }

  inputsOf(number: number): number {
    const { firstInputs } = this.#layout;
    return (firstInputs[number + 2] as number) - (firstInputs[number + 1] as number);
  }

  at(number: number): SighashContext {
    const { bytes, firstInputs, starts } = this.#layout;
    const transaction = transactionCodec.decode(new ByteReader(bytes, starts[number + 1]));
    const first = (firstInputs[number + 1] as number) - (firstInputs[1] as number);
    const outputs = new ByteReader(this.#spentOutputs, this.#places[first]);
    return new SighashContext(transaction, transaction.inputs.map(() => readSpentOutput(outputs)));
  }
}

/** Of what is short, or cannot be read. */
class ListedSpends implements Spends {
  readonly #spends: readonly SighashContext[];
  readonly inputCount: number;

  constructor(job: VerifyJob) {
    const outputs = new ByteReader(job.spentOutputs);
    this.#spends = jobTransactions(job).map((transaction) => {
      return new SighashContext(transaction, transaction.inputs.map(() => readSpentOutput(outputs)));
    });
    outputs.end();
    this.inputCount = this.#spends.reduce((sum, { spent }) => sum + spent.length, 0);
  }

  get count(): number {
    return this.#spends.length;
  }

  inputsOf(number: number): number {
    return this.at(number).spent.length;
  }

  at(number: number): SighashContext {
    return this.#spends[number] as SighashContext;
  }
}

function jobTransactions({ kind, bytes }: VerifyJob): readonly Transaction[] {
  if (kind === "block") return decodeWith(blockCodec, bytes).transactions.slice(1);
  const reader = new ByteReader(bytes);
  const transactions: Transaction[] = [];
  do transactions.push(transactionCodec.decode(reader)); while (reader.remaining > 0);
  return transactions;
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
