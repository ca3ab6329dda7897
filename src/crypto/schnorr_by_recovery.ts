/**
 * BIP340 verification for libraries that have ECDSA's key recovery but no Schnorr signatures.
 *
 * Recovery of the signature (r, u) with recovery id 0 over the message z gives `r⁻¹(uX − zG)`, where
 * X is the point with x coordinate r and even y. Take for r the x coordinate of the key, so that X
 * is the key's point P, and u = e·r, z = s·r: what comes out is `eP − sG`, the negative of the nonce
 * point R = sG − eP. So the signature holds when that has R's x coordinate and odd y.
 *
 * @module
 */
import { type Bytes, equalBytes } from "../base/bytes.ts";
import { taggedHash } from "./crypto.ts";
import { isScalar } from "./scalar.ts";
import type { Secp256k1 } from "./secp256k1.ts";

/** The even y of a compressed key is said by 2. */
const ODD_Y = 3;

export interface RecoveryCurve {
  /**
   * The compressed key that the ECDSA signature of r and e·r over s·r belongs to, with recovery id 0,
   * the products modulo the order; `undefined` when there is none. All three are in range. The
   * result need not outlive the next call.
   */
  recoverFromProducts(r: Bytes, e: Bytes, s: Bytes): Bytes | undefined;
  /** For numbers that ECDSA does not take. */
  portable(): Pick<Secp256k1, "verifySchnorr">;
}

/** `Secp256k1.verifySchnorr`. */
export function verifySchnorrByRecovery(
  curve: RecoveryCurve, signature: Bytes, message: Bytes, key: Bytes,
): boolean {
  if (signature.length !== 64 || key.length !== 32) return false;
  const r = signature.subarray(0, 32);
  const s = signature.subarray(32);
  const e = taggedHash("BIP0340/challenge", r, key, message);
  // ECDSA knows no zeros, and no nonce with an x coordinate from the order up. Nobody meets one by chance.
  if (!isScalar(key) || !isScalar(s) || !isScalar(e)) {
    return curve.portable().verifySchnorr(signature, message, key);
  }
  const negated = curve.recoverFromProducts(key, e, s);
  return negated !== undefined && negated[0] === ODD_Y && equalBytes(negated.subarray(1), r);
}
