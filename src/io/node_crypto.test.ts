import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromHex, fromLatin1, toHex } from "../base/bytes.ts";
import { cryptoBackend, installCrypto } from "../crypto/crypto.ts";
import { portableCrypto } from "../crypto/portable_crypto.ts";
import { installNodeCrypto, makeNodeCrypto } from "./node_crypto.ts";

const backend = makeNodeCrypto();
const bytes = fc.uint8Array({ maxLength: 300 });

test("node:crypto computes the same as the portable backend on any bytes", () => {
  fc.assert(
    fc.property(bytes, bytes, (data, key) => {
      assert.deepEqual(backend.sha256(data), portableCrypto.sha256(data));
      assert.deepEqual(backend.hash256(data), portableCrypto.hash256(data));
      assert.deepEqual(backend.ripemd160(data), portableCrypto.ripemd160(data));
      assert.deepEqual(backend.hmacSha256(key, data), portableCrypto.hmacSha256(key, data));
    }),
  );
});

test("hash256Each hashes each record by itself", () => {
  fc.assert(
    fc.property(fc.nat(5), fc.constantFrom(64, 80), (count, recordBytes) => {
      const data = Uint8Array.from({ length: count * recordBytes }, (_, i) => (i * 7) & 0xff);
      assert.deepEqual(backend.hash256Each(data, recordBytes), portableCrypto.hash256Each(data, recordBytes));
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

test("installNodeCrypto puts it into force", () => {
  try {
    installNodeCrypto();
    assert.match(cryptoBackend().name, /^node:crypto/);
  } finally {
    installCrypto(portableCrypto);
  }
});
