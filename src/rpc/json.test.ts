import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  coins, formatDouble, JsonNumber, JsonObject, JsonSyntaxError, parseJson, writeJson,
} from "./json.ts";

describe("parseJson", () => {
  it("keeps the text of numbers", () => {
    for (const text of ["0.00000001", "9223372036854775807", "-0", "1e-8", "1.50"]) {
      const value = parseJson(text);
      assert.ok(value instanceof JsonNumber);
      assert.equal(value.text, text);
    }
  });

  it("keeps repeated keys and their order", () => {
    const value = parseJson('{"b":1,"a":2,"b":3}');
    assert.ok(value instanceof JsonObject);
    assert.deepEqual(value.entries.map(([key]) => key), ["b", "a", "b"]);
    assert.equal((value.get("b") as JsonNumber).text, "1");
  });

  it("reads and writes everything that JSON.stringify writes", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      assert.deepEqual(JSON.parse(writeJson(parseJson(text))), JSON.parse(text));
    }));
  });

  it("refuses what JSON.parse refuses", () => {
    const texts =
      ["", " ", "{", "[1,]", '{"a":1,}', "{a:1}", "01", "1.", ".5", "+1", "nul", '"\n"', '"\\x"', "1 2",
      "[1 2]", '{"a" 1}', "'a'", "NaN", "\u00a01", '"\\u12"', "-", "1e", "[", '"'];
    for (const text of texts) assert.throws(() => parseJson(text), JsonSyntaxError, text);
  });

  it("accepts and refuses as JSON.parse does, but for depth and half surrogates", () => {
    fc.assert(fc.property(
      fc.string({ unit: fc.constantFrom(...'{}[]",:0123.eE+-\\utrnfalse '), maxLength: 12 }), (text) => {
      const isJson = succeeds(() => JSON.parse(text));
      assert.equal(succeeds(() => parseJson(text)), isJson, text);
    }), { numRuns: 2000 });
  });

  it("refuses depth that would exhaust the stack, and half of a surrogate pair", () => {
    assert.throws(() => parseJson("[".repeat(100_000)), JsonSyntaxError);
    assert.doesNotThrow(() => parseJson("[".repeat(500) + "]".repeat(500)));
    assert.throws(() => parseJson('"\\ud800"'), JsonSyntaxError);
    assert.equal(parseJson('"\\ud83d\\ude00"'), "\u{1f600}");
  });
});

describe("writeJson", () => {
  it("writes amounts with eight decimals, exactly", () => {
    assert.equal(writeJson([coins(1), coins(2_100_000_000_000_000), coins(-5n), coins(0)]),
      "[0.00000001,21000000.00000000,-0.00000005,0.00000000]");
  });

  it("leaves out members that are undefined, and keeps null", () => {
    assert.equal(writeJson({ a: undefined, b: null, c: 1n }), '{"b":null,"c":1}');
  });

  it("spreads over lines as Bitcoin Core does", () => {
    assert.equal(writeJson({ a: [1, "x"], b: {} }, 4),
      '{\n    "a": [\n        1,\n        "x"\n    ],\n    "b": {}\n}');
  });

  it("escapes what must be escaped, and delete", () => {
    assert.equal(writeJson('a"\\\n\u0001\u007fé'), '"a\\"\\\\\\n\\u0001\\u007fé"');
  });
});

describe("formatDouble", () => {
  it("writes 16 significant digits as C++ does", () => {
    const cases: readonly (readonly [number, string])[] = [
      [4.656542373906925e-10, "4.656542373906925e-10"], [0.5, "0.5"], [12, "12"], [1, "1"], [-0, "0"],
        [1e-5, "1e-05"],
      [0.0001, "0.0001"], [1e300, "1e+300"], [1 / 3, "0.3333333333333333"], [123456.789, "123456.789"],
      [110568428300952.69, "110568428300952.7"],
    ];
    for (const [value, text] of cases) assert.equal(formatDouble(value), text);
  });
});

function succeeds(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}
