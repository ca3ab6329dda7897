/**
 * Secret keys for devnets, simulations and tests.
 *
 * They follow from a seed that may stand in a log or a test: whoever knows it can spend all they
 * hold. Never for money.
 *
 * @module
 */
import { type Bytes, fromLatin1 } from "../base/bytes.ts";
import { curve, taggedHash } from "../crypto/crypto.ts";

/** The key at `path` under `seed`: the same on every machine. Both are ASCII. */
export function testSecretKey(seed: string, path: string): Bytes {
  let key = taggedHash("tidings/public-test-key", fromLatin1(`${seed}/${path}`));
  // Once in 2^128 a hash is no key; then its own hash is tried.
  while (!curve().isSecretKey(key)) key = taggedHash("tidings/public-test-key", key);
  return key;
}
