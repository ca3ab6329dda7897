import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromBase32, toBase32 } from "./base32.ts";
import { fromLatin1 } from "./bytes.ts";

/** RFC 4648, 10, without padding and in lower case. */
const VECTORS: readonly (readonly [string, string])[] = [
  ["", ""], ["f", "my"], ["fo", "mzxq"], ["foo", "mzxw6"], ["foob", "mzxw6yq"], ["fooba", "mzxw6ytb"],
  ["foobar", "mzxw6ytboi"],
];

test("the vectors of RFC 4648 hold", () => {
  for (const [text, base32] of VECTORS) {
    assert.equal(toBase32(fromLatin1(text)), base32);
    assert.deepEqual(fromBase32(base32), fromLatin1(text));
  }
});

test("any bytes are read back, from either case", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
    assert.deepEqual(fromBase32(toBase32(bytes)), bytes);
    assert.deepEqual(fromBase32(toBase32(bytes).toUpperCase()), bytes);
  }));
});

test("every text has one spelling: what is read is written the same", () => {
  fc.assert(fc.property(fc.stringMatching(/^[a-z2-7]{0,10}$/), (text) => {
    const bytes = fromBase32(text);
    if (bytes !== undefined) assert.equal(toBase32(bytes), text);
  }));
});

test("other characters, padding, and digits that say nothing are refused", () => {
  for (const text of ["m", "mzx", "mz1q", "my======", "mz", "é", "m y"]) {
    assert.equal(fromBase32(text), undefined, text);
  }
});
