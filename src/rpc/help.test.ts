import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Method, result } from "./method.ts";
import { methodHelp } from "./method_help.ts";
import { MethodTable } from "./method_table.ts";
import { optional, required } from "./parameter.ts";
import { boolean, hex, list, map, number, object, optional as maybe, shapeMismatch, text } from "./shape.ts";

const sample: Method = {
  name: "sample",
  category: "network",
  about: "Shows how help is laid out.",
  parameters: [
    required("node", "string", "The node"),
    required("ids", "array", "Ids", { inner: [required("txid", "hex", "An id")] }),
    optional("count", "number", "How many\nat most", { fallback: 1 }),
    optional("secret", "boolean", "", { hidden: true }),
  ],
  results: result(object({
    hash: hex("A hash"),
    peers: list(object({ id: number("Its number"), name: maybe(text("Its name")) })),
    on: map("category", boolean("Whether it is on")),
  })),
  examples: ["127.0.0.1 []"],
  run: () => null,
};

describe("methodHelp", () => {
  it("is laid out as Bitcoin Core's", () => {
    assert.equal(methodHelp(sample), `sample "node" ["txid",...] ( count )

Shows how help is laid out.

Arguments:
1. node           (string, required) The node
2. ids            (json array, required) Ids
     [
       "txid",    (string, required) An id
       ...
     ]
3. count          (numeric, optional, default=1) How many
                  at most

Result:
{                               (json object)
  "hash" : "hex",               (string) A hash
  "peers" : [                   (json array)
    {                           (json object)
      "id" : n,                 (numeric) Its number
      "name" : "str"            (string, optional) Its name
    },
    ...
  ],
  "on" : {                      (json object)
    "category" : true|false,    (boolean) Whether it is on
    ...
  }
}

Examples:
> tidings rpc sample 127.0.0.1 []
`);
  });
});

describe("help without a name", () => {
  it("lists methods by category, leaving out hidden ones", () => {
    const table = new MethodTable([[
      { ...sample, name: "zeta", category: "util", parameters: [] }, sample,
      { ...sample, name: "alpha", parameters: [] }, { ...sample, name: "ghost", category: "hidden" },
    ]]);
    assert.equal(table.help(""),
      '== Network ==\nalpha\nsample "node" ["txid",...] ( count )\n\n== Util ==\nzeta');
    assert.equal(table.help("none"), "help: unknown command: none");
    assert.match(table.help("ghost"), /^ghost "node"/);
  });
});

describe("shapeMismatch", () => {
  const shape = object({ a: number(), b: maybe(list(hex())) });

  it("finds nothing in what fits", () => {
    assert.equal(shapeMismatch(shape, { a: 1, b: ["00"] }), undefined);
    assert.equal(shapeMismatch(shape, { a: 1, b: undefined }), undefined);
  });

  it("names what is missing, what is not declared, and what is of another kind", () => {
    assert.equal(shapeMismatch(shape, {}), "result.a is missing");
    assert.equal(shapeMismatch(shape, { a: 1, c: 2 }), "result.c is not in the help");
    assert.equal(shapeMismatch(shape, { a: 1, b: ["0"] }), "result.b[0] is not of kind hex: found 0");
    assert.equal(shapeMismatch(shape, []), "result is not of kind object: found ");
  });
});
