import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { formatCoins } from "../primitives/amount.ts";
import { jsonAmount, parseCoins, readHash } from "./arguments.ts";
import { JsonNumber } from "./json.ts";
import { RpcError } from "./rpc_error.ts";

describe("parseCoins", () => {
  it("is the reverse of formatCoins", () => {
    fc.assert(fc.property(fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }), (sats) => {
      assert.equal(parseCoins(formatCoins(sats)), sats);
    }));
  });

  it("takes exponents, and zeros beyond a satoshi", () => {
    assert.equal(parseCoins("1e-8"), 1n);
    assert.equal(parseCoins("0.000000010"), 1n);
    assert.equal(parseCoins("1.5E1"), 1_500_000_000n);
  });

  it("refuses fractions of a satoshi and what is no number", () => {
    for (const text of ["0.000000001", "1e-9", "", ".", "1.", ".5", "+1", "0x1", "1,5", " 1", "1e999",
      "00.1"]) {
      assert.equal(parseCoins(text), undefined, text);
    }
  });
});

describe("jsonAmount", () => {
  it("takes numbers and strings", () => {
    assert.equal(jsonAmount(new JsonNumber("0.1")), 10_000_000);
    assert.equal(jsonAmount("0.1"), 10_000_000);
  });

  it("refuses other types, amounts that are none, and those that cannot exist", () => {
    assert.throws(() => jsonAmount(true), new RpcError(-3, "Amount is not a number or string"));
    assert.throws(() => jsonAmount("x"), new RpcError(-3, "Invalid amount"));
    assert.throws(() => jsonAmount(new JsonNumber("-1")), new RpcError(-3, "Amount out of range"));
    assert.throws(() => jsonAmount(new JsonNumber("21000000.00000001")),
      new RpcError(-3, "Amount out of range"));
  });
});

describe("readHash", () => {
  it("says what is wrong in Bitcoin Core's words", () => {
    assert.throws(() => readHash("00", "blockhash"),
      new RpcError(-8, "blockhash must be of length 64 (not 2, for '00')"));
    const text = "z".repeat(64);
    assert.throws(() => readHash(text, "txid"),
      new RpcError(-8, `txid must be hexadecimal string (not '${text}')`));
  });
});
