import type { CurveVerifier } from "../crypto/secp256k1.ts";

/** A backend for signatures that works on this machine. */
export interface LoadedSignatures {
  /** As users know it: which of the kinds, and what it is in brackets. */
  readonly name: string;
  readonly verifier: CurveVerifier;
}
