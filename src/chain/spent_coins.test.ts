import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { writeSpentCoins } from "../../test/support/write_spent_coins.ts";
import { toHex } from "../base/bytes.ts";
import { DecodeError } from "../codec/decode_error.ts";
import type { Sats } from "../primitives/amount.ts";
import { readSpentCoins } from "./spent_coins.ts";

const coin = fc.record({
  value: fc.integer({ min: -1, max: 21e14 }).map((value) => value as Sats),
  height: fc.nat({ max: 0xffff_ffff }),
  isCoinbase: fc.boolean(),
  script: fc.uint8Array({ maxLength: 300 }),
}, { noNullPrototype: true });

test("coins are read back as they were written", () => {
  fc.assert(fc.property(fc.array(coin, { maxLength: 8 }), (coins) => {
    assert.deepEqual(readSpentCoins(writeSpentCoins(coins)), coins);
  }));
});

test("a coin is value, height, coinbase, script", () => {
  const bytes = writeSpentCoins([{ value: 1 as Sats, height: 2, isCoinbase: true, script: Uint8Array.of(0x51) }]);
  assert.equal(toHex(bytes), "0100000000000000" + "02000000" + "01" + "0151");
});

test("a coin cut off, or a flag that is neither 0 nor 1, is refused", () => {
  const bytes = writeSpentCoins([{ value: 1 as Sats, height: 2, isCoinbase: true, script: Uint8Array.of(0x51) }]);
  for (let end = 1; end < bytes.length; end++) {
    assert.throws(() => readSpentCoins(bytes.subarray(0, end)), DecodeError, `cut at ${end}`);
  }
  const strange = bytes.slice();
  strange[12] = 2;
  assert.throws(() => readSpentCoins(strange), /coinbase is 2, need 0 or 1/);
});
