import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Bytes, concatBytes, fromHex, fromLatin1, NO_BYTES, toHex } from "../../src/base/bytes.ts";
import { randomBytes, seededRng } from "../../src/base/rng.ts";
import {
  type ChaCha20Poly1305, type ChaChaUse, POLY1305_TAG_BYTES,
} from "../../src/crypto/chacha20_poly1305.ts";
import { portableChacha as oracle } from "../../src/crypto/portable_chacha.ts";

const SEED = 8439;

/** RFC 8439, 2.8.2. */
const PUBLISHED: ChaChaUse = {
  key: Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i),
  nonce: fromHex("070000004041424344454647"),
  associated: fromHex("50515253c0c1c2c3c4c5c6c7"),
};
const SUNSCREEN = fromLatin1("Ladies and Gentlemen of the class of '99: If I could offer you only one tip " +
  "for the future, sunscreen would be it.");
const SUNSCREEN_SEALED =
  "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69" +
  "da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad67594" +
  "5585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691";

/** What every backend of the cipher must do. */
export function obeysChacha(backend: string, chacha: ChaCha20Poly1305): void {
  const seal = (use: ChaChaUse, head: Bytes, body: Bytes): Bytes => {
    const output = new Uint8Array(head.length + body.length + POLY1305_TAG_BYTES);
    chacha.seal(use, head, body, output);
    return output;
  };

  test(`${backend}: the published text is sealed and opened as RFC 8439 says`, () => {
    const sealed = seal(PUBLISHED, SUNSCREEN.subarray(0, 3), SUNSCREEN.subarray(3));
    assert.equal(toHex(sealed), SUNSCREEN_SEALED);
    assert.equal(toHex(chacha.open(PUBLISHED, sealed) ?? NO_BYTES), toHex(SUNSCREEN));
  });

  test(`${backend}: a key stream is that of RFC 8439, from block 0 on`, () => {
    // RFC 8439, A.1, test vectors 1 and 2.
    const stream = toHex(chacha.keyStream(new Uint8Array(32), new Uint8Array(12), 128));
    assert.match(stream, /^76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7/);
    assert.match(stream.slice(128), /^9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed/);
    assert.equal(chacha.keyStream(new Uint8Array(32), new Uint8Array(12), 704).length, 704);
  });

  test(`${backend}: any text is sealed as by the oracle, and comes back`, () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    const secrets = fc.uint8Array({ minLength: 44, maxLength: 44 });
    fc.assert(
      fc.property(secrets, bytes, bytes, bytes, (secret, associated, head, body) => {
        const use = { key: secret.subarray(0, 32), nonce: secret.subarray(32), associated };
        const sealed = seal(use, head, body);
        const expected = new Uint8Array(sealed.length);
        oracle.seal(use, head, body, expected);
        assert.deepEqual(sealed, expected);
        assert.deepEqual(Uint8Array.from(chacha.open(use, sealed) ?? assert.fail()), concatBytes(head, body));
        const stream = (cipher: ChaCha20Poly1305) => cipher.keyStream(use.key, use.nonce, head.length);
        assert.deepEqual(stream(chacha), stream(oracle));
      }),
      { numRuns: 60, seed: SEED },
    );
  });

  test(`${backend}: whatever is bent is refused, and the next text is opened all the same`, () => {
    const rng = seededRng(SEED);
    const use = { key: randomBytes(rng, 32), nonce: randomBytes(rng, 12), associated: randomBytes(rng, 9) };
    const sealed = seal(use, NO_BYTES, SUNSCREEN);
    for (const bit of [0, 100, 8 * SUNSCREEN.length - 1, 8 * SUNSCREEN.length, 8 * sealed.length - 1]) {
      assert.equal(chacha.open(use, withBit(sealed, bit)), undefined, `bit ${bit}`);
      assert.ok(chacha.open(use, sealed.slice()) !== undefined, `after bit ${bit}`);
    }
    for (const part of ["key", "nonce", "associated"] as const) {
      assert.equal(chacha.open({ ...use, [part]: withBit(use[part], 3) }, sealed.slice()), undefined, part);
    }
    assert.equal(chacha.open({ ...use, associated: NO_BYTES }, sealed.slice()), undefined);
    assert.equal(chacha.open(use, sealed.slice(1)), undefined);
    assert.equal(chacha.open(use, sealed.slice(0, POLY1305_TAG_BYTES - 1)), undefined);
    assert.equal(chacha.open(use, NO_BYTES), undefined);
  });

  test(`${backend}: an empty text is its tag, and a long one is sealed in one piece`, () => {
    const use = { ...PUBLISHED, associated: NO_BYTES };
    assert.equal(seal(use, NO_BYTES, NO_BYTES).length, POLY1305_TAG_BYTES);
    assert.equal(chacha.open(use, seal(use, NO_BYTES, NO_BYTES))?.length, 0);
    const text = new Uint8Array(300_000).map((_, i) => i * 7);
    const sealed = seal(use, text.subarray(0, 14), text.subarray(14));
    assert.equal(Buffer.compare(chacha.open(use, sealed) ?? NO_BYTES, text), 0);
  });

  test(`${backend}: bytes may stand in the middle of others or in a Buffer, and texts are never one`, () => {
    const pool = Buffer.alloc(400, 1);
    pool.set(SUNSCREEN, 7);
    const output = pool.subarray(200, 200 + SUNSCREEN.length + POLY1305_TAG_BYTES);
    chacha.seal(PUBLISHED, NO_BYTES, pool.subarray(7, 7 + SUNSCREEN.length), output);
    assert.equal(toHex(output), SUNSCREEN_SEALED);
    assert.deepEqual([pool[199], pool[200 + output.length]], [1, 1]);
    const text = chacha.open(PUBLISHED, Uint8Array.from(output));
    assert.equal(text instanceof Buffer, false);
    assert.equal(toHex(text ?? NO_BYTES), toHex(SUNSCREEN));
  });
}

function withBit(bytes: Bytes, bit: number): Bytes {
  const bent = bytes.slice();
  bent[bit >> 3] = (bent[bit >> 3] as number) ^ (1 << (bit & 7));
  return bent;
}
