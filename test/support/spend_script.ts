import type { Bytes } from "../../src/base/bytes.ts";
import { fromHex, NO_BYTES } from "../../src/base/bytes.ts";
import type { Sats } from "../../src/primitives/amount.ts";
import {
  NULL_OUT_POINT,
  type Output,
  SEQUENCE_FINAL,
  Transaction,
} from "../../src/primitives/transaction.ts";
import { verifyFlagByName } from "../../src/script/flags.ts";
import type { ScriptError } from "../../src/script/interpreter/script_error.ts";
import { verifyInput } from "../../src/script/interpreter/verify_input.ts";
import { SighashContext } from "../../src/script/sighash.ts";

export type Verdict = ScriptError | "OK";

/** Spends an output as Bitcoin Core's script tests do: made by a transaction that has no other. */
export function spend(
  scriptSig: Bytes,
  script: Bytes,
  flags: number,
  witness: readonly Bytes[] = [],
  value = 0 as Sats,
): Verdict {
  const credit = Transaction.of({
    version: 1,
    inputs: [{ prevout: NULL_OUT_POINT, scriptSig: fromHex("0000"), sequence: SEQUENCE_FINAL, witness: [] }],
    outputs: [{ value, script }],
    locktime: 0,
  });
  const spender = Transaction.of({
    version: 1,
    inputs: [{ prevout: { txid: credit.txid, index: 0 }, scriptSig, sequence: SEQUENCE_FINAL, witness }],
    outputs: [{ value, script: NO_BYTES }],
    locktime: 0,
  });
  return verify(spender, credit.outputs, 0, flags);
}

export function verify(
  transaction: Transaction,
  spent: readonly Output[],
  index: number,
  flags: number,
): Verdict {
  return verifyInput(new SighashContext(transaction, spent), index, flags) ?? "OK";
}

/** The flags in a list of their names, as Bitcoin Core's vectors write it. */
export function flagsOf(names: string): number {
  const words = names.split(",").filter((name) => name !== "" && name !== "NONE");
  return words.reduce((flags, name) => {
    const flag = verifyFlagByName(name);
    if (flag === undefined) throw new RangeError(`need the name of a flag, found ${name}`);
    return flags | flag;
  }, 0);
}
