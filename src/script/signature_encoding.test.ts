import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../base/bytes.ts";
import { isStrictSignature } from "./signature_encoding.ts";

const CASES = [
  ["30 06 02 01 01 02 01 01 01", true, "the shortest"],
  ["30 08 02 02 00ff 02 02 00ff 01", true, "zero bytes that keep the numbers positive"],
  ["30 07 02 01 01 02 01 01 01", false, "a length of one too much"],
  ["31 06 02 01 01 02 01 01 01", false, "another tag"],
  ["30 06 03 01 01 02 01 01 01", false, "another tag for R"],
  ["30 06 02 01 01 03 01 01 01", false, "another tag for S"],
  ["30 06 02 01 81 02 01 01 01", false, "a negative R"],
  ["30 06 02 01 01 02 01 81 01", false, "a negative S"],
  ["30 07 02 02 0001 02 01 01 01", false, "a needless zero in R"],
  ["30 07 02 01 01 02 02 0001 01", false, "a needless zero in S"],
  ["30 06 02 00 02 02 01 01 01", false, "an R of no bytes"],
  ["30 06 02 02 0101 02 00 01", false, "an S of no bytes"],
  ["30 06 02 ff 01 02 01 01 01", false, "an R that runs past the end"],
  ["30 05 02 01 01 02 01 01", false, "too few bytes"],
  ["", false, "nothing"],
] as const;

for (const [hex, strict, name] of CASES) {
  test(`a signature with ${name} is ${strict ? "" : "not "}strict`, () => {
    assert.equal(isStrictSignature(fromHex(hex)), strict);
  });
}

test("a signature of 74 bytes is not strict", () => {
  const half = `22 00${"ff".repeat(33)}`;
  assert.equal(isStrictSignature(fromHex(`30 48 02 ${half} 02 ${half} 01`)), false);
});
