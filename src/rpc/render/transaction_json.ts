import { toHex } from "../../base/bytes.ts";
import type { AddressParams } from "../../params/chain_params.ts";
import type { Coin } from "../../primitives/coin.ts";
import { displayHash } from "../../primitives/hash.ts";
import type { Input, Output, Transaction } from "../../primitives/transaction.ts";
import { scriptToAsm } from "../../script/asm.ts";
import { coins } from "../json.ts";
import type { InputJson, OutputJson, TransactionJson } from "../schema.ts";
import { amount, boolean, hex, list, number, object, optional, type Shape, text } from "../shape.ts";
import { scriptJson, scriptShape } from "./script_json.ts";

export interface TransactionView {
  readonly addresses: AddressParams;
  /** What its inputs spend, in order: shows the fee. */
  readonly spent?: readonly Coin[] | undefined;
  /** Shows those outputs as well. */
  readonly showSpent?: boolean;
  readonly showHex?: boolean;
}

export function transactionJson(transaction: Transaction, view: TransactionView): TransactionJson {
  const { inputs, outputs, isCoinbase } = transaction;
  const fee = view.spent === undefined || isCoinbase ? undefined : total(view.spent) - total(outputs);
  return {
    txid: displayHash(transaction.txid),
    hash: displayHash(transaction.wtxid),
    version: transaction.version,
    size: transaction.totalSize,
    vsize: transaction.vsize,
    weight: transaction.weight,
    locktime: transaction.locktime,
    vin: inputs.map((input, i) =>
      inputJson(input, isCoinbase, view.showSpent === true ? view.spent?.[i] : undefined, view)),
    vout: outputs.map((output, i) => outputJson(output, i, view)),
    ...(fee === undefined ? {} : { fee: coins(fee) }),
    ...(view.showHex === true ? { hex: toHex(transaction.bytes) } : {}),
  };
}

function total(amounts: readonly { readonly value: number }[]): number {
  return amounts.reduce((sum, { value }) => sum + value, 0);
}

function inputJson(
  input: Input, isCoinbase: boolean, spent: Coin | undefined, view: TransactionView,
): InputJson {
  const { prevout, scriptSig, witness, sequence } = input;
  const origin = isCoinbase
    ? { coinbase: toHex(scriptSig) }
    : {
      txid: displayHash(prevout.txid),
      vout: prevout.index,
      scriptSig: { asm: scriptToAsm(scriptSig, true), hex: toHex(scriptSig) },
    };
  return {
    ...origin,
    ...(witness.length === 0 ? {} : { txinwitness: witness.slice().map(toHex) }),
    ...(spent === undefined ? {} : { prevout: spentJson(spent, view) }),
    sequence,
  };
}

function spentJson(coin: Coin, { addresses }: TransactionView): NonNullable<InputJson["prevout"]> {
  return {
    generated: coin.isCoinbase,
    height: coin.height,
    value: coins(coin.value),
    scriptPubKey: scriptJson(coin.script, addresses),
  };
}

function outputJson({ value, script }: Output, n: number, { addresses }: TransactionView): OutputJson {
  return { value: coins(value), n, scriptPubKey: scriptJson(script, addresses) };
}

/** Members common to every method that shows transactions. */
export const transactionFields: Readonly<Record<string, Shape>> = {
  txid: hex("The transaction's id"),
  hash: hex("Its hash with the witness; the same as txid without one"),
  size: number("Bytes, with the witness"),
  vsize: number("A quarter of its weight, rounded up"),
  weight: number("Its weight (BIP141)"),
  version: number("Its version"),
  locktime: number("The block or time before which it is not valid"),
  vin: list(object({
    coinbase: optional(hex("The script of a coinbase's input")),
    txid: optional(hex("The transaction whose output is spent")),
    vout: optional(number("Which output that is")),
    scriptSig: optional(
      object({ asm: text("Its operations"), hex: hex("Its bytes") }, "The unlocking script")),
    txinwitness: optional(list(hex("An item of the witness"))),
    prevout: optional(object({
      generated: boolean("Whether a coinbase made it"),
      height: number("Height of the block that made it"),
      value: amount("Its value in coins"),
      scriptPubKey: scriptShape,
    }, "The output spent, where it is known")),
    sequence: number("The input's sequence number"),
  })),
  vout: list(object({
    value: amount("The value in coins"),
    n: number("Its index"),
    scriptPubKey: scriptShape,
  })),
};
