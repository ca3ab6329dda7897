import { createRequire } from "node:module";
import type { ChaCha20Poly1305 } from "../crypto/chacha20_poly1305.ts";

/** Loaded when it is asked for: hardly any build of OpenSSL is without these ciphers. */
export function portableCiphers(): ChaCha20Poly1305 {
  const require = createRequire(import.meta.url);
  const path = "../crypto/portable_chacha.js";
  return (require(path) as typeof import("../crypto/portable_chacha.ts")).portableChacha;
}
