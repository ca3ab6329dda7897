import assert from "node:assert/strict";
import { test } from "node:test";
import { formatCoins, isMoney, MONEY_MAX, type Sats } from "./amount.ts";

test("an amount lies between nothing and all there can be", () => {
  assert.deepEqual([-1, 0, MONEY_MAX, MONEY_MAX + 1].map(isMoney), [false, true, true, false]);
  assert.equal(MONEY_MAX, 2_100_000_000_000_000);
});

test("amounts are shown with eight decimals, whatever their size and sign", () => {
  const shown: readonly (readonly [Sats | bigint, string])[] = [
    [0 as Sats, "0.00000000"], [1 as Sats, "0.00000001"], [-1 as Sats, "-0.00000001"],
    [1_234_567_890n, "12.34567890"], [-100_000_000n, "-1.00000000"], [MONEY_MAX, "21000000.00000000"],
  ];
  for (const [value, text] of shown) assert.equal(formatCoins(value), text);
});
