import { test } from "node:test";
import { obeysChacha } from "../../test/contract/chacha20_poly1305.ts";
import type { ChaCha20Poly1305 } from "../crypto/chacha20_poly1305.ts";
import { portableChacha } from "../crypto/portable_chacha.ts";
import { nodeChacha } from "./node_chacha.ts";
import { loadOpensslChacha } from "./openssl_chacha.ts";

const backends: readonly (readonly [string, ChaCha20Poly1305 | undefined])[] = [
  ["portable", portableChacha],
  ["node:crypto", nodeChacha()],
  ["OpenSSL", loadOpensslChacha(portableChacha)],
];

for (const [name, chacha] of backends) {
  if (chacha === undefined) test(`${name}: it obeys the contract`, { skip: "needs such ciphers" });
  else obeysChacha(name, chacha);
}
