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
  const loaded = findSignatures(name);
  const skip = loaded === undefined ? whyAbsent : false;
  obeysSecp256k1(name, () => loaded!.curve, skip);
  if (loaded === undefined) {
    test(`${name}: the published scripts end as they say`, { skip: whyAbsent }, () => {});
    return;
  }
  installCrypto(new NodeCrypto(() => loaded));
  await import("../../src/script/interpreter/published_scripts.test.ts");
}
