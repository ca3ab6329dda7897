import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { concatBytes } from "../base/bytes.ts";
import { sha256 } from "./crypto.ts";
import { Sha256Stream } from "./sha256_stream.ts";

test("however data is cut, its hash is that of the whole", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 8 }), (pieces) => {
    const stream = new Sha256Stream();
    for (const piece of pieces) stream.update(piece);
    assert.deepEqual(stream.digest(), sha256(concatBytes(...pieces)));
  }));
});
