import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { fromHex } from "../base/bytes.ts";
import { REGTEST } from "../params/regtest.ts";
import { addressOf } from "./addresses.ts";
import { locateBech32Errors } from "./bech32_errors.ts";

const CHARACTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const PLAIN = address(`0014${"2b".repeat(20)}`);
const MODIFIED = address(`5120${"2b".repeat(32)}`);

function address(script: string): string {
  return addressOf(fromHex(script), REGTEST.addresses) ?? "none";
}

function corrupted(text: string, places: readonly number[], shift: number): string {
  return [...text].map((character, at) => places.includes(at)
    ? CHARACTERS[(CHARACTERS.indexOf(character) + shift) % 32]
    : character).join("");
}

test("one or two wrong characters are found, wherever they are", () => {
  for (const [text, name] of [[PLAIN, "Bech32"], [MODIFIED, "Bech32m"]] as const) {
    const place = fc.integer({ min: 5, max: text.length - 1 });
    fc.assert(fc.property(fc.uniqueArray(place, { minLength: 1, maxLength: 2 }),
      fc.integer({ min: 1, max: 31 }),
      (places, shift) => {
        assert.deepEqual(locateBech32Errors(corrupted(text, places, shift)),
          { error: `Invalid ${name} checksum`, locations: [...places].sort((a, b) => a - b) });
      }), { numRuns: 60 });
  }
});

test("what has no likely explanation has no places", () => {
  const { locations } = locateBech32Errors(corrupted(PLAIN, [8, 15, 22, 29, 36], 7));
  assert.ok(locations.length === 0 || locations.length === 2);
  assert.deepEqual(locateBech32Errors("bcrt1"), { error: "Invalid separator position", locations: [4] });
});
