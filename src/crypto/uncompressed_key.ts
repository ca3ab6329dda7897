import { secp256k1 } from "@noble/curves/secp256k1.js";
import type { Bytes } from "../base/bytes.ts";

/**
 * The 65 bytes of the key that these 33 stand for; `undefined` when they are no point of the curve. Needed
 * where formats keep old keys short, which is rare, so that no backend has its own.
 */
export function uncompressedKey(compressed: Bytes): Bytes | undefined {
  try {
    return secp256k1.Point.fromBytes(compressed).toBytes(false);
  } catch {
    return undefined;
  }
}
