import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromLatin1 } from "../base/bytes.ts";
import { sha256, taggedHash } from "./crypto.ts";
import { TAG_PREFIXES } from "./tag_prefixes.ts";

test("the hash of every tag that is kept is the tag's", () => {
  for (const [tag, prefix] of TAG_PREFIXES) {
    const hash = sha256(fromLatin1(tag));
    assert.deepEqual(prefix, concatBytes(hash, hash), tag);
  }
});

test("a tagged hash is that of the tag's hash, twice, and the parts", () => {
  const parts = [Uint8Array.of(1), Uint8Array.of(2, 3)];
  for (const tag of ["TapLeaf", "a tag that is not kept"]) {
    const hash = sha256(fromLatin1(tag));
    assert.deepEqual(taggedHash(tag, ...parts), sha256(concatBytes(hash, hash, ...parts)));
  }
});
