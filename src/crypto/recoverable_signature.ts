/**
 * ECDSA signatures from which the key can be told: how messages are signed (Bitcoin Core: key.cpp,
 * SignCompact; pubkey.cpp, RecoverCompact). 65 bytes: 27 and the recovery id, 4 more for a compressed
 * key; then R and S.
 *
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { assert } from "../base/assert.ts";
import { type Bytes, concatBytes } from "../base/bytes.ts";

const SIGNATURE_BYTES = 65;
const FIRST_HEADER = 27;
const COMPRESSED = 4;

/** Deterministic (RFC 6979), with low S. */
export function signRecoverable(hash: Bytes, secretKey: Bytes, compressed: boolean): Bytes {
  assert(hash.length === 32, "a hash has 32 bytes");
  const signature = secp256k1.sign(hash, secretKey, { prehash: false, format: "recovered" });
  const header = FIRST_HEADER + (signature[0] as number) + (compressed ? COMPRESSED : 0);
  return concatBytes(Uint8Array.of(header), signature.subarray(1));
}

/** The public key that made `signature` over `hash`, in the form that it names, if there is one. */
export function recoverKey(hash: Bytes, signature: Bytes): Bytes | undefined {
  const header = (signature[0] ?? 0) - FIRST_HEADER;
  if (signature.length !== SIGNATURE_BYTES || header < 0 || header >= 2 * COMPRESSED) return undefined;
  const compressed = (header & COMPRESSED) !== 0;
  const recovered = concatBytes(Uint8Array.of(header & 3), signature.subarray(1));
  try {
    const key = secp256k1.recoverPublicKey(recovered, hash, { prehash: false });
    return compressed ? key : secp256k1.Point.fromBytes(key).toBytes(false);
  } catch {
    // The library's way of saying that no key makes such a signature.
    return undefined;
  }
}
