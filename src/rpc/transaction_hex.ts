/** Transactions and blocks from the hex of a caller. @module */
import { fromHex, isHex } from "../base/bytes.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { type Codec, decodeWith } from "../codec/codec.ts";
import { decoded } from "../codec/decode_error.ts";
import type { Sats } from "../primitives/amount.ts";
import { type Block, blockCodec } from "../primitives/block.ts";
import type { Txid } from "../primitives/hash.ts";
import { type Input, type Output, Transaction, transactionCodec } from "../primitives/transaction.ts";

/** All of `text` read by `codec`; `undefined` when it is not hex, or not that. */
export function parseHexWith<T>(codec: Codec<T>, text: string): T | undefined {
  return isHex(text) ? decoded(() => decodeWith(codec, fromHex(text))) : undefined;
}

/**
 * The block that `text` begins with: what stands behind it is not looked at (Bitcoin Core's
 * DecodeHexBlk).
 */
export function parseBlock(text: string): Block | undefined {
  return isHex(text) ? decoded(() => blockCodec.decode(new ByteReader(fromHex(text)))) : undefined;
}

/** Whether bytes may hold a witness, must not, or either, in which case the first reading that fits wins. */
export type TransactionForm = "any" | "witness" | "plain";

/** A transaction. One without inputs can be read only in the plain form (Bitcoin Core's DecodeHexTx). */
export function parseTransaction(text: string, form: TransactionForm = "witness"): Transaction | undefined {
  const transaction = form === "plain" ? undefined : parseHexWith(transactionCodec, text);
  if (transaction !== undefined || form === "witness") return transaction;
  return parseHexWith(plainCodec, text);
}

/** Takes a zero after the version for what it says, no inputs, and not for the mark of a witness. */
const plainCodec: Codec<Transaction> = {
  size: (transaction) => transaction.baseSize,
  encode(transaction, writer) {
    writer.bytes(transaction.baseBytes);
  },
  decode(reader) {
    const start = reader.offset;
    const version = reader.u32();
    const inputs: Input[] = [];
    const inputCount = reader.count("inputs");
    for (let i = 0; i < inputCount; i++) {
      const prevout = { txid: reader.bytes(32) as Txid, index: reader.u32() };
      const scriptSig = reader.varBytes("scriptSig");
      inputs.push({ prevout, scriptSig, sequence: reader.u32(), witness: [] });
    }
    const outputs: Output[] = [];
    const outputCount = reader.count("outputs");
    for (let i = 0; i < outputCount; i++) {
      const value = reader.i64AsNumber() as Sats;
      outputs.push({ value, script: reader.varBytes("script") });
    }
    const locktime = reader.u32();
    return new Transaction({ version, inputs, outputs, locktime }, reader.since(start), 0);
  },
};
