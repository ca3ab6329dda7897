import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromHex, toHex } from "../base/bytes.ts";
import { decodeNumber, encodeNumber, isMinimalNumber } from "./script_number.ts";

test("a number is read back as it was written, and was written minimally", () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 47) + 1, max: 2 ** 47 - 1 }), (value) => {
      const bytes = encodeNumber(value);
      assert.equal(decodeNumber(bytes), value);
      assert.equal(isMinimalNumber(bytes), true);
    }),
  );
});

test("numbers are written as Bitcoin Core writes them", () => {
  const cases = [
    [0, ""],
    [127, "7f"],
    [128, "8000"],
    [-127, "ff"],
    [-128, "8080"],
    [255, "ff00"],
    [-255, "ff80"],
    [32768, "008000"],
  ];
  for (const [value, hex] of cases) assert.equal(toHex(encodeNumber(value as number)), hex);
});

test("minus zero is zero and is not minimal; a sign byte of its own may be needed", () => {
  assert.equal(Object.is(decodeNumber(fromHex("80")), 0), true);
  for (const [hex, minimal] of [
    ["80", false],
    ["00", false],
    ["0100", false],
    ["ff00", true],
    ["ff80", true],
    ["7f80", false],
  ] as const) {
    assert.equal(isMinimalNumber(fromHex(hex)), minimal, hex);
  }
});
