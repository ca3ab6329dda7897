import { fromHex, isHex, toHex } from "../../src/base/bytes.ts";
import { curve } from "../../src/crypto/crypto.ts";
import type { Secp256k1 } from "../../src/crypto/secp256k1.ts";
import {
  compared, type Mismatch, type VectorCase, type VectorContent, type VectorFormat,
} from "./vector_format.ts";

const COLUMNS =
  ["index", "secret key", "public key", "aux_rand", "message", "signature", "verification result"];

/** BIP340's CSV file: signatures to be made where there is a secret key, and to be judged. */
export const SCHNORR_SIGNATURES: VectorFormat = {
  name: "Schnorr signatures",
  isFormatOf: (content) => content.type === "csv" &&
    COLUMNS.every((column, at) => content.rows[0]?.[at]?.trim() === column),
  cases: (content) => schnorrCases(content, curve()),
};

/** For the backend that is asked, which need not be the one in use. */
export function schnorrCases(content: VectorContent, backend: Secp256k1): readonly VectorCase[] {
  const rows = content.type === "csv" ? content.rows : [];
  return rows.map((fields, at) => ({ row: at + 1, check: () => checkSignature(fields, backend) })).slice(1);
}

function checkSignature(fields: readonly string[], backend: Secp256k1): Mismatch | undefined {
  const [, secret = "", key = "", auxiliary = "", message = "", signature = "", verdict = ""] = fields;
  for (const text of [secret, key, auxiliary, message, signature]) {
    if (!isHex(text)) throw new RangeError(`need hex, found ${JSON.stringify(text)}`);
  }
  if (verdict !== "TRUE" && verdict !== "FALSE") throw new RangeError(`need TRUE or FALSE, found ${verdict}`);
  const hash = fromHex(message);
  const isGood = backend.verifySchnorr(fromHex(signature), hash, fromHex(key));
  const judged = compared(verdict, isGood ? "TRUE" : "FALSE");
  // Backends sign and judge hashes: of 32 bytes, as all of BIP341's are.
  if (judged !== undefined || secret === "" || hash.length !== 32) return judged;
  return compared(signature.toLowerCase(),
    toHex(backend.signSchnorr(hash, fromHex(secret), fromHex(auxiliary)))) ??
    compared(key.toLowerCase(), toHex(backend.publicKey(fromHex(secret)).subarray(1)));
}
