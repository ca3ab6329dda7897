import assert from "node:assert/strict";
import { test } from "node:test";
import { fromLatin1, NO_BYTES, toHex } from "../base/bytes.ts";
import { sha3_256 } from "./sha3.ts";

test("the examples of FIPS 202 hold", () => {
  assert.equal(toHex(sha3_256(NO_BYTES)), "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a");
  assert.equal(
    toHex(sha3_256(fromLatin1("abc"))),
    "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
  );
});
