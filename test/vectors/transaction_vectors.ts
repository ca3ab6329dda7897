/**
 * Bitcoin Core's tx_valid.json and tx_invalid.json: `[[[txid, index, script, amount?]…], hex, flags]`.
 *
 * In `tx_valid` the flags are those to leave out: the transaction passes under all others, and fails
 * with any one of them put back. In `tx_invalid` they are those to apply: it fails under them, and passes
 * with any one of them left out; `BADTX` fails without a look at scripts.
 *
 * @module
 */
import { fromHex } from "../../src/base/bytes.ts";
import { decodeWith } from "../../src/codec/codec.ts";
import { checkTransaction } from "../../src/consensus/transaction_rules.ts";
import type { Sats } from "../../src/primitives/amount.ts";
import { displayHash } from "../../src/primitives/hash.ts";
import { type Transaction, transactionCodec } from "../../src/primitives/transaction.ts";
import * as flag from "../../src/script/flags.ts";
import { verifyInput } from "../../src/script/interpreter/verify_input.ts";
import { SighashContext } from "../../src/script/sighash.ts";
import { scriptFromText } from "../support/script_text.ts";
import { flagsOf, type Verdict } from "../support/spend_script.ts";
import {
  areMostly, isHexText, isText, jsonRows, type Mismatch, need, type VectorCase, type VectorContent,
  type VectorFormat,
} from "./vector_format.ts";

export const VALID_TRANSACTIONS: VectorFormat = {
  name: "valid transactions",
  isFormatOf: (content) => isTransactions(content) && areSaidValid(content),
  cases: (content, everyFlag) => casesOf(content, (fields) => checkValid(fields, everyFlag)),
};

export const INVALID_TRANSACTIONS: VectorFormat = {
  name: "invalid transactions",
  isFormatOf: (content) => isTransactions(content) && !areSaidValid(content),
  cases: (content, everyFlag) => casesOf(content, (fields) => checkInvalid(fields, everyFlag)),
};

/** Not for its scripts. */
const BAD_TRANSACTION = "BADTX";
const ALL_FLAGS = 2 ** flag.VERIFY_FLAG_NAMES.length - 1;
const EACH_FLAG = flag.VERIFY_FLAG_NAMES.map((_, bit) => 1 << bit);

const isComment = (fields: readonly unknown[]): boolean => !Array.isArray(fields[0]);

function isTransactions(content: VectorContent): boolean {
  return areMostly(content, ([spent, hex, flags, ...more]) => {
    const isSpent = Array.isArray(spent) && spent.every(Array.isArray);
    return isSpent && isHexText(hex) && isText(flags) && more.length === 0;
  }, isComment);
}

/** By what the file says of itself, or by what its rows can only mean. */
function areSaidValid(content: VectorContent): boolean {
  const rows = jsonRows(content) ?? [];
  const comments = rows.filter(({ fields }) => isComment(fields)).map(({ fields }) => String(fields[0]));
  const said = comments.map((text) => /which are (in)?valid/.exec(text)).find((match) => match !== null);
  if (said !== undefined && said !== null) return said[1] === undefined;
  const cases = rows.map(({ fields }) => fields).filter((fields) => !isComment(fields));
  if (cases.some((fields) => fields[2] === BAD_TRANSACTION)) return false;
  const count = (check: (fields: readonly unknown[]) => Mismatch | undefined): number =>
    cases.filter((fields) => passes(() => check(fields))).length;
  return count((fields) => checkValid(fields, false)) >= count((fields) => checkInvalid(fields, false));
}

function passes(check: () => Mismatch | undefined): boolean {
  try {
    return check() === undefined;
  } catch {
    return false;
  }
}

function casesOf(
  content: VectorContent, check: (fields: readonly unknown[]) => Mismatch | undefined,
): readonly VectorCase[] {
  return (jsonRows(content) ?? [])
    .filter(({ fields }) => !isComment(fields))
    .map(({ row, fields }) => ({ row, check: () => check(fields) }));
}

function checkValid(fields: readonly unknown[], everyFlag: boolean): Mismatch | undefined {
  const { transaction, context, flags: excluded } = readRow(fields);
  const broken = checkTransaction(transaction);
  if (broken !== undefined) return { expected: "a valid transaction", found: broken.rule };
  const applied = trimmed(ALL_FLAGS & ~excluded);
  const error = firstError(context(), applied);
  if (error !== "OK") return { expected: `OK under ${shown(applied)}`, found: error };
  if (!everyFlag) return undefined;
  for (const each of EACH_FLAG.filter((bit) => (applied & bit) !== 0)) {
    const fewer = trimmed(applied & ~each);
    const found = firstError(context(), fewer);
    if (found !== "OK") return { expected: `OK without ${shown(each)} too`, found };
  }
  for (const each of EACH_FLAG.filter((bit) => (excluded & bit) !== 0)) {
    const more = ALL_FLAGS & ~trimmed(excluded & ~each);
    // What is left out with it, as CLEANSTACK needs WITNESS, cannot be put back alone.
    if (trimmed(more) === more && firstError(context(), more) === "OK") {
      return { expected: `an error with ${shown(each)} put back`, found: "OK" };
    }
  }
  return undefined;
}

function checkInvalid(fields: readonly unknown[], everyFlag: boolean): Mismatch | undefined {
  const { transaction, context, flags: applied, isBad } = readRow(fields);
  const broken = checkTransaction(transaction);
  if (isBad !== (broken !== undefined)) {
    return isBad ? { expected: "a transaction that breaks a rule", found: "none broken" } :
      { expected: "a transaction that fails for its scripts", found: broken?.rule ?? "" };
  }
  if (isBad) return undefined;
  const error = firstError(context(), applied);
  if (error === "OK") return { expected: `an error under ${shown(applied)}`, found: "OK" };
  if (!everyFlag) return undefined;
  for (const each of EACH_FLAG) {
    const found = firstError(context(), filled(applied | each));
    if (found === "OK") return { expected: `an error with ${shown(each)} too`, found };
  }
  for (const each of EACH_FLAG.filter((bit) => (applied & bit) !== 0)) {
    const found = firstError(context(), trimmed(applied & ~each));
    if (found !== "OK") return { expected: `OK without ${shown(each)}`, found };
  }
  return undefined;
}

/** Without flags that need others which are off. */
function trimmed(flags: number): number {
  let rest = flags;
  if (!(rest & flag.VERIFY_P2SH)) rest &= ~flag.VERIFY_WITNESS;
  if (!(rest & flag.VERIFY_WITNESS)) rest &= ~flag.VERIFY_CLEANSTACK;
  return rest;
}

/** With the flags that others need. */
function filled(flags: number): number {
  let more = flags;
  if (more & flag.VERIFY_CLEANSTACK) more |= flag.VERIFY_WITNESS;
  if (more & flag.VERIFY_WITNESS) more |= flag.VERIFY_P2SH;
  return more;
}

function shown(flags: number): string {
  return flag.verifyFlagNames(flags).join(",") || "NONE";
}

interface TransactionRow {
  readonly transaction: Transaction;
  /** Throws when an output that it spends is not given. */
  readonly context: () => SighashContext;
  readonly flags: number;
  readonly isBad: boolean;
}

function readRow([outputs, hex, names]: readonly unknown[]): TransactionRow {
  const transaction = decodeWith(transactionCodec, fromHex(need(hex, isHexText, "a transaction in hex")));
  const isBad = names === BAD_TRANSACTION;
  let made: SighashContext | undefined;
  const context = (): SighashContext =>
    (made ??= contextOf(transaction, need(outputs, Array.isArray, "a list of outputs") as OutputRow[]));
  return { transaction, context, flags: isBad ? 0 : flagsOf(need(names, isText, "flags")), isBad };
}

type OutputRow = readonly [txid: string, index: number, script: string, amount?: number];

function contextOf(transaction: Transaction, outputs: readonly OutputRow[]): SighashContext {
  const spent = transaction.inputs.map(({ prevout }) => {
    const found = outputs.find(([txid, index]) =>
      txid === displayHash(prevout.txid) && (index | 0) === (prevout.index | 0));
    if (found === undefined) {
      throw new RangeError(`need the output ${displayHash(prevout.txid)}:${prevout.index}, which is spent`);
    }
    return { script: scriptFromText(found[2]), value: (found[3] ?? 0) as Sats };
  });
  return new SighashContext(transaction, spent);
}

function firstError(context: SighashContext, flags: number): Verdict {
  for (let at = 0; at < context.spent.length; at++) {
    const error = verifyInput(context, at, flags);
    if (error !== undefined) return error;
  }
  return "OK";
}
