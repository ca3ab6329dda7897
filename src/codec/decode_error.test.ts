import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeError, type DecodeFault, malformed, overLimit } from "./decode_error.ts";

const TEXTS: readonly (readonly [DecodeFault, string])[] = [
  [{ kind: "truncated", needed: 4, remaining: 1 }, "end of data: need 4 bytes, 1 remain"],
  [{ kind: "trailing", remaining: 2 }, "2 bytes remain after the end"],
  [{ kind: "not-minimal", value: 5n }, "non-canonical ReadCompactSize(): 5 in more bytes than it takes"],

  [
    { kind: "over-limit", field: "locator", value: 102n, max: 101 },
    "locator is 102, the most allowed is 101",
  ],
  [{ kind: "malformed", field: "witness", found: "superfluous" }, "witness is superfluous"],
];

for (const [fault, text] of TEXTS) {
  test(`a fault of kind ${fault.kind} tells where it was, and what`, () => {
    const error = new DecodeError(7, fault);
    assert.equal(error.message, `Cannot decode at byte 7: ${text}`);
    assert.deepEqual([error.name, error.offset, error.fault], ["DecodeError", 7, fault]);
  });
}

test("the two that codecs throw themselves can be made in a few words", () => {
  assert.deepEqual(
    malformed(3, "flag", "unknown (2)").fault,
    { kind: "malformed", field: "flag", found: "unknown (2)" },
  );
  assert.deepEqual(
    overLimit(3, "index", 9, 8).fault,
    { kind: "over-limit", field: "index", value: 9n, max: 8 },
  );
});
