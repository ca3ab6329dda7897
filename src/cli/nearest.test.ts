import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { didYouMean, editDistance, nearest } from "./nearest.ts";

describe("editDistance", () => {
  it("counts letters inserted, removed, replaced and swapped", () => {
    const cases =
      [["", "", 0], ["a", "", 1], ["abc", "abd", 1], ["abc", "acb", 1], ["getblok", "getblock", 1],
      ["kitten", "sitting", 3], ["ab", "ba", 1]] as const;
    for (const [a, b, distance] of cases) assert.equal(editDistance(a, b, 9), distance, `${a} ${b}`);
  });

  it("is the same both ways, zero only for equal words, and never above the limit", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 6 });
    fc.assert(fc.property(word, word, fc.integer({ min: 1, max: 8 }), (a, b, limit) => {
      const distance = editDistance(a, b, limit);
      assert.equal(distance, editDistance(b, a, limit));
      assert.equal(distance === 0, a === b);
      assert.ok(distance <= limit);
    }));
  });
});

describe("nearest", () => {
  const names = ["getblock", "getblockhash", "stop", "help"];

  it("finds the word that was meant", () => {
    assert.equal(nearest("getblok", names), "getblock");
    assert.equal(nearest("GetBlockHahs", names), "getblockhash");
    assert.equal(nearest("hlep", names), "help");
  });

  it("finds nothing for a word that is like none", () => {
    assert.equal(nearest("sendtoaddress", names), undefined);
    assert.equal(didYouMean("xy", names), "");
    assert.equal(didYouMean("stpo", names, "--"), " Did you mean --stop?");
  });
});
