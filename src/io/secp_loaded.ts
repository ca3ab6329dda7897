import type { Secp256k1 } from "../crypto/secp256k1.ts";

/** A backend for signatures that works on this machine. */
export interface LoadedSignatures {
  /** As users know it: which of the kinds, and what it is in brackets. */
  readonly name: string;
  readonly curve: Secp256k1;
}
