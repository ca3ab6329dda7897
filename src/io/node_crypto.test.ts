import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromHex, fromLatin1, toHex } from "../base/bytes.ts";
import type { Crypto } from "../crypto/backend.ts";
import { cryptoBackend, installCrypto } from "../crypto/crypto.ts";
import { portableCrypto } from "../crypto/portable_crypto.ts";
import { portableSecp256k1 } from "../crypto/portable_secp256k1.ts";
import { installNodeCrypto, NodeCrypto, signatureBackend } from "./node_crypto.ts";

const portable = { name: "portable (noble)", curve: portableSecp256k1 };
const backend = new NodeCrypto(() => portable);
/** Where OpenSSL cannot be called by itself. */
const plain = new NodeCrypto(() => portable, () => undefined);
const bytes = fc.uint8Array({ maxLength: 300 });

for (const [name, each] of [["OpenSSL", backend], ["node:crypto", plain]] as const) {
  test(`${name} computes the same as the portable backend on any bytes`, () => {
    fc.assert(
      fc.property(bytes, bytes, (data, key) => {
        for (const hash of ["sha256", "hash256", "ripemd160", "hash160"] as const) {
          assert.deepEqual(each[hash](data), portableCrypto[hash](data), hash);
        }
        assert.deepEqual(each.hmacSha256(key, data), portableCrypto.hmacSha256(key, data));
      }),
    );
  });

  test(`${name} hashes messages where they are put together, of any length`, () => {
    for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1_023, 1_024, 5_000, 70_000, 300_000, 10]) {
      const data = Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
      const message = (crypto: Crypto) => crypto.hashInput.start(length + 8).i64(-length).bytes(data);
      assert.deepEqual(message(each).sha256(), message(portableCrypto).sha256(), `${length} bytes`);
      assert.deepEqual(message(each).hash256(), message(portableCrypto).hash256(), `${length} bytes`);
      assert.deepEqual(each.sha256(data), portableCrypto.sha256(data), `${length} bytes`);
      assert.deepEqual(each.hash256(data), portableCrypto.hash256(data), `${length} bytes`);
    }
  });
}

test("hash256Each hashes each record by itself", () => {
  fc.assert(
    fc.property(fc.nat(5), fc.constantFrom(64, 80), (count, recordBytes) => {
      const data = Uint8Array.from({ length: count * recordBytes }, (_, i) => (i * 7) & 0xff);
      for (const each of [backend, plain]) {
        assert.deepEqual(each.hash256Each(data, recordBytes), portableCrypto.hash256Each(data, recordBytes));
      }
    }),
  );
});

test("SHA-256, RIPEMD-160 and HMAC-SHA-256 give the published digests of short texts", () => {
  const digest = (found: Uint8Array) => toHex(found);
  assert.equal(
    digest(backend.sha256(fromLatin1("abc"))),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  assert.equal(digest(backend.ripemd160(fromLatin1("abc"))), "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
  // RFC 4231, test case 2.
  assert.equal(
    digest(backend.hmacSha256(fromLatin1("Jefe"), fromLatin1("what do ya want for nothing?"))),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});

test("a digest is a plain Uint8Array over memory of its own", () => {
  for (const digest of [backend.sha256(fromHex("00")), backend.hmacSha256(fromHex("00"), fromHex("01"))]) {
    assert.equal(digest.constructor, Uint8Array);
    assert.equal(digest.buffer.byteLength, 32);
  }
});

function withEnvironment(value: string, run: () => void): void {
  const before = process.env["TIDINGS_CRYPTO"];
  const seated = cryptoBackend();
  process.env["TIDINGS_CRYPTO"] = value;
  installCrypto(portableCrypto);
  try {
    run();
  } finally {
    if (before === undefined) delete process.env["TIDINGS_CRYPTO"];
    else process.env["TIDINGS_CRYPTO"] = before;
    installCrypto(seated);
  }
}

test("installNodeCrypto puts it into force, and leaves it there when it is called again", () => {
  withEnvironment("", () => {
    const installed = installNodeCrypto();
    assert.match(cryptoBackend().name, /^node:crypto/);
    assert.equal(installNodeCrypto(), installed);
    assert.equal(cryptoBackend(), installed);
  });
});

test("the library for signatures is loaded when the first one is checked, and once", () => {
  let loads = 0;
  const lazy = new NodeCrypto(() => {
    loads++;
    return portable;
  });
  lazy.secp256k1.isPublicKey(new Uint8Array(33));
  assert.equal(loads, 0);
  for (let i = 0; i < 2; i++) lazy.secp256k1.verifyEcdsa(fromHex(""), new Uint8Array(32), fromHex(""));
  assert.equal(loads, 1);
});

test("the environment forces the library for signatures", () => {
  withEnvironment("portable", () => assert.equal(signatureBackend(), "portable (noble)"));
  withEnvironment("wasm", () => assert.equal(signatureBackend(), "wasm (libauth)"));
});

test("a library that does not exist is refused at the start", () => {
  withEnvironment("fast", () =>
    assert.throws(() => installNodeCrypto(), {
      name: "SignatureBackendError",
      message: 'Cannot check signatures with "fast": allowed are auto, system, prebuilt, wasm, portable',
    }),
  );
});
