import { createRequire } from "node:module";
import type { Secp256k1 } from "../crypto/secp256k1.ts";

let loaded: Secp256k1 | undefined;

/** Loaded when it is first asked for: that takes 40 ms, and where there is a library hardly anyone asks. */
export function portableCurve(): Secp256k1 {
  return (loaded ??= load());
}

function load(): Secp256k1 {
  const require = createRequire(import.meta.url);
  const path = "../crypto/portable_secp256k1.js";
  return (require(path) as typeof import("../crypto/portable_secp256k1.ts")).portableSecp256k1;
}
