import { test } from "node:test";
import { installCrypto } from "../../src/crypto/crypto.ts";
import { NodeCrypto } from "../../src/io/node_crypto.ts";
import { type SignatureBackendName, findSignatures } from "../../src/io/signature_backends.ts";
import { obeysSecp256k1 } from "../contract/secp256k1.ts";

/**
 * All tests of a backend: the contract, and that the published scripts and transactions, which are
 * judged by the portable one elsewhere, end the same. For a test file of its own, whose process it
 * takes over.
 */
export async function testSecpBackend(name: SignatureBackendName, whyAbsent: string): Promise<void> {
  const found = findSignatures(name);
  if (found === undefined) {
    test(`${name}: it obeys the contract, and the published scripts end as they say`, { skip: whyAbsent });
    return;
  }
  obeysSecp256k1(name, found.curve);
  installCrypto(new NodeCrypto(() => found));
  await import("../../src/script/interpreter/published_scripts.test.ts");
}
