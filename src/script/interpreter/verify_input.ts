import type { Input, Output } from "../../primitives/transaction.ts";
import type { KnownSignatures } from "../signature_cache.ts";
import type { SighashContext } from "../sighash.ts";
import type { ScriptError } from "./script_error.ts";
import { TransactionChecker } from "./transaction_checker.ts";
import { verifyScript } from "./verify_script.ts";

/**
 * Whether the input at `index` may spend its output under `flags`; `undefined` when it may. One
 * `context` serves all inputs of a transaction, so that what they share is hashed once. `known`:
 * signatures that need not be checked again.
 */
export function verifyInput(
  context: SighashContext, index: number, flags: number, known?: KnownSignatures,
): ScriptError | undefined {
  const { scriptSig, witness } = context.transaction.inputs[index] as Input;
  const { script } = context.spent[index] as Output;
  const checker = new TransactionChecker(context, index, known);
  return verifyScript({ scriptSig, witness: witness.slice(), script, flags, checker });
}
