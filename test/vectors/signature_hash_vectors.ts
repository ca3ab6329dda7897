import { fromHex } from "../../src/base/bytes.ts";
import { decodeWith } from "../../src/codec/codec.ts";
import { displayHash } from "../../src/primitives/hash.ts";
import { transactionCodec } from "../../src/primitives/transaction.ts";
import { legacySighash } from "../../src/script/legacy_sighash.ts";
import { SighashContext } from "../../src/script/sighash.ts";
import {
  areMostly, compared, isHexText, isLoneText, jsonRows, type Mismatch, need, type VectorFormat,
} from "./vector_format.ts";

/**
 * Bitcoin Core's sighash.json: `[transaction, script, input, hash type, hash]`, for signatures
 * before segwit.
 */
export const SIGNATURE_HASHES: VectorFormat = {
  name: "signature hashes",
  isFormatOf: (content) => areMostly(content, ([transaction, script, index, hashType, hash]) =>
    isHexText(transaction) && isHexText(script) && isInteger(index) && isInteger(hashType) &&
      isHexText(hash)),
  cases: (content) => (jsonRows(content) ?? [])
    .filter(({ fields }) => !isLoneText(fields))
    .map(({ row, fields }) => ({ row, check: () => checkHash(fields) })),
};

function checkHash([hex, script, index, hashType, expected]: readonly unknown[]): Mismatch | undefined {
  const transaction = decodeWith(transactionCodec, fromHex(need(hex, isHexText, "a transaction in hex")));
  const hash = legacySighash(
    new SighashContext(transaction, []),
    need(index, isInteger, "the number of an input"),
    fromHex(need(script, isHexText, "a script in hex")),
    need(hashType, isInteger, "a hash type"),
  );
  return compared(need(expected, isHexText, "a hash").toLowerCase(), displayHash(hash));
}

function isInteger(value: unknown): value is number {
  return Number.isInteger(value);
}
