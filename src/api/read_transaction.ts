import { fromHex, isHex } from "../base/bytes.ts";
import { decodeWith } from "../codec/codec.ts";
import { DecodeError } from "../codec/decode_error.ts";
import { type Transaction, transactionCodec } from "../primitives/transaction.ts";
import { TidingsError } from "./errors.ts";

/** @throws {TidingsError} TX_UNREADABLE */
export function readTransaction(given: string | Uint8Array): Transaction {
  if (typeof given === "string" && !isHex(given)) throw unreadable("the text is not hex");
  if (typeof given !== "string" && !(given instanceof Uint8Array)) {
    throw unreadable("need hex or a Uint8Array");
  }
  try {
    // A copy, and no `Buffer`: what the caller does with theirs later must not change it.
    return decodeWith(transactionCodec, typeof given === "string" ? fromHex(given) : Uint8Array.from(given));
  } catch (error) {
    if (error instanceof DecodeError) throw unreadable(error.message, error);
    throw error;
  }
}

function unreadable(reason: string, cause?: unknown): TidingsError<"TX_UNREADABLE"> {
  return new TidingsError("TX_UNREADABLE", `Cannot read the transaction: ${reason}`, { reason }, { cause });
}
