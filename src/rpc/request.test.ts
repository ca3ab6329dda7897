import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { silentLogger } from "../base/logger.ts";
import { type Method, result } from "./method.ts";
import { MethodTable } from "./method_table.ts";
import { optional, required } from "./parameter.ts";
import { RpcServer } from "./request.ts";
import { RPC_CODE, RpcError } from "./rpc_error.ts";
import type { RpcHost } from "./rpc_host.ts";
import { anything, nothing, number, text } from "./shape.ts";

const sum: Method = {
  name: "sum",
  category: "util",
  about: "Adds.",
  parameters: [
    required("first|one", "number", "A number"),
    required("second", "number", "Another"),
    optional("label", "string", "Shown before the sum", { fallback: "" }),
  ],
  results: result(anything()),
  run: ({ args }) => args.string("label") + (args.integer("first") + args.integer("second")),
};

const list: Method = {
  name: "list",
  category: "hidden",
  about: "Lists its arguments.",
  parameters: ["a", "b", "c", "d"].map((name) => optional(name, "string", "", { anyType: true })),
  results: result(anything()),
  run: ({ args }) => args.all,
};

const fail: Method = {
  name: "fail",
  category: "util",
  about: "Fails.",
  parameters: [],
  results: result(nothing),
  run() {
    throw new RpcError(RPC_CODE.invalidParameter, "as it was made to");
  },
};

const liar: Method = { ...fail, name: "liar", results: result(text("A word")), run: () => 5 };
const broken: Method = {
  ...fail,
  name: "broken",
  run() {
    throw new TypeError("ours");
  },
};
const slow: Method = { ...fail, name: "slow", results: result(number()), run: ({ active }) => active.length };

const host = { uptime: () => 1 } as RpcHost;

function server(checkResults = true): RpcServer {
  const made = new RpcServer({
    methods: new MethodTable([[sum, list, fail, liar, broken, slow]]), logger: silentLogger, checkResults,
  });
  made.open(host);
  return made;
}

async function ask(request: unknown): Promise<{ status: number; body: unknown }> {
  const reply =
    await server().handle(typeof request === "string" ? request : JSON.stringify(request), "user");
  return { status: reply.status, body: reply.body === undefined ? undefined : JSON.parse(reply.body) };
}

async function errorOf(method: string, params: unknown): Promise<{ code: number; message: string }> {
  const { body } = await ask({ jsonrpc: "2.0", id: 1, method, params });
  return (body as { error: { code: number; message: string } }).error;
}

async function resultOf(method: string, params: unknown): Promise<unknown> {
  const { body } = await ask({ jsonrpc: "2.0", id: 1, method, params });
  assert.ok("result" in (body as object), JSON.stringify(body));
  return (body as { result: unknown }).result;
}

describe("JSON-RPC 2.0", () => {
  it("has either a result or an error, with status 200", async () => {
    assert.deepEqual(await ask({ jsonrpc: "2.0", id: 7, method: "sum", params: [1, 2] }),
      { status: 200, body: { jsonrpc: "2.0", result: "3", id: 7 } });
    assert.deepEqual(await ask({ jsonrpc: "2.0", id: "x", method: "fail" }),
      { status: 200, body: { jsonrpc: "2.0", error: { code: -8, message: "as it was made to" }, id: "x" } });
    assert.deepEqual(await ask({ jsonrpc: "2.0", id: 7, method: "none" }),
      { status: 200, body: { jsonrpc: "2.0", error: { code: -32601, message: "Method not found" }, id: 7 } });
  });

  it("does not answer notifications, even those that fail", async () => {
    assert.deepEqual(await ask({ jsonrpc: "2.0", method: "sum", params: [1, 2] }),
      { status: 204, body: undefined });
    assert.deepEqual(await ask({ jsonrpc: "2.0", method: "none" }), { status: 204, body: undefined });
    assert.equal((await ask({ jsonrpc: "2.0", id: null, method: "sum", params: [1, 2] })).status, 200);
  });

  it("writes its members in the order of Bitcoin Core", async () => {
    const { body } = await server().handle('{"jsonrpc":"2.0","id":1,"method":"sum","params":[1,2]}', "user");
    assert.equal(body, '{"jsonrpc":"2.0","result":"3","id":1}\n');
  });
});

describe("JSON-RPC 1.1", () => {
  it("has both a result and an error, and the status of the error", async () => {
    assert.deepEqual(await ask({ id: 7, method: "sum", params: [1, 2] }),
      { status: 200, body: { result: "3", error: null, id: 7 } });
    assert.deepEqual(await ask({ id: 7, method: "fail" }),
      { status: 500, body: { result: null, error: { code: -8, message: "as it was made to" }, id: 7 } });
    assert.deepEqual(await ask({ id: 7, method: "none" }),
      { status: 404, body: { result: null, error: { code: -32601, message: "Method not found" }, id: 7 } });
    assert.deepEqual(await ask({ jsonrpc: "1.0", id: 7 }),
      { status: 400, body: { result: null, error: { code: -32600, message: "Missing method" }, id: 7 } });
  });

  it("answers requests without id, without one", async () => {
    assert.deepEqual(await ask({ method: "sum", params: [1, 2] }),
      { status: 200, body: { result: "3", error: null } });
  });
});

describe("requests that cannot be read", () => {
  const cases: readonly (readonly [string, number, number, string])[] = [
    ["not json", 500, -32700, "Parse error"],
    ["5", 500, -32700, "Top-level object parse error"],
    ['{"jsonrpc":2,"id":1,"method":"sum"}', 400, -32600, "jsonrpc field must be a string"],
    ['{"jsonrpc":"2.1","id":1,"method":"sum"}', 400, -32600, "JSON-RPC version not supported"],
    ['{"method":5,"id":1}', 400, -32600, "Method must be a string"],
    ['{"method":"sum","params":"1","id":1}', 400, -32600, "Params must be an array or object"],
  ];
  for (const [request, status, code, message] of cases) {
    it(`are refused: ${request}`, async () => {
      const reply = await ask(request);
      assert.equal(reply.status, status);
      assert.deepEqual((reply.body as { error: unknown }).error, { code, message });
    });
  }
});

describe("batches", () => {
  it("are answered in order, with the errors among the results", async () => {
    const { status, body } = await ask([
      { id: 1, method: "sum", params: [1, 2] },
      { jsonrpc: "2.0", method: "sum", params: [1, 2] },
      { jsonrpc: "2.0", id: 3, method: "none" },
      5,
    ]);
    assert.equal(status, 200);
    assert.deepEqual(body, [
      { result: "3", error: null, id: 1 },
      { jsonrpc: "2.0", error: { code: -32601, message: "Method not found" }, id: 3 },
      { result: null, error: { code: -32600, message: "Invalid Request object" }, id: null },
    ]);
  });

  it("of nothing are answered with nothing, those of notifications only not at all", async () => {
    assert.deepEqual(await ask([]), { status: 200, body: [] });
    assert.deepEqual(await ask([{ jsonrpc: "2.0", method: "sum", params: [1, 2] }]),
      { status: 204, body: undefined });
  });

  it("of more than a thousand are refused", async () => {
    const request = { id: 1, method: "list" };
    assert.equal((await ask(Array(1000).fill(request))).status, 200);
    assert.equal((await ask(Array(1001).fill(request))).status, 500);
  });
});

describe("parameters", () => {
  it("are taken by position, by name, by another name, and mixed", async () => {
    assert.equal(await resultOf("sum", [1, 2]), "3");
    assert.equal(await resultOf("sum", { second: 2, first: 1 }), "3");
    assert.equal(await resultOf("sum", { second: 2, one: 1 }), "3");
    assert.equal(await resultOf("sum", { args: [1, 2], label: "is " }), "is 3");
    assert.equal(await resultOf("sum", [1, 2, null]), "3");
    assert.deepEqual(await resultOf("list", {}), []);
  });

  it("by name leave nulls in gaps before the last, and none after it", async () => {
    assert.deepEqual(await resultOf("list", { b: 1 }), [null, 1]);
    assert.deepEqual(await resultOf("list", { d: 1, b: 2 }), [null, 2, null, 1]);
    assert.deepEqual(await resultOf("list", { args: ["x"], c: 1 }), ["x", null, 1]);
    assert.deepEqual(await resultOf("list", { args: ["x", "y"] }), ["x", "y"]);
  });

  it("that are unknown or given twice are refused", async () => {
    assert.deepEqual(await errorOf("sum", { first: 1, third: 2 }),
      { code: -8, message: "Unknown named parameter third" });
    assert.deepEqual(await errorOf("sum", { args: [1], first: 1, second: 2 }), {
      code: -8, message: "Parameter first|one specified twice both as positional and named argument",
    });
    const twice = await ask('{"jsonrpc":"2.0","id":1,"method":"sum","params":{"first":1,"first":2}}');
    assert.deepEqual((twice.body as { error: unknown }).error,
      { code: -8, message: "Parameter first specified multiple times" });
  });

  it("too few or too many are answered with the help", async () => {
    const few = await errorOf("sum", [1]);
    assert.equal(few.code, -1);
    assert.match(few.message, /^sum first second \( "label" \)\n\nAdds\.\n/);
    assert.equal((await errorOf("sum", [1, 2, "x", 3])).code, -1);
  });

  it("of wrong types are all named", async () => {
    assert.deepEqual(await errorOf("sum", ["1", 2, 3]), {
      code: -3,
      message: 'Wrong type passed:\n{\n    "Position 1 (first|one)": "JSON value of type string is not ' +
        'of expected type number",\n' +
        '    "Position 3 (label)": "JSON value of type number is not of expected type string"\n}',
    });
  });

  it("that are numbers must be whole and of 32 bits where a method says so", async () => {
    for (const bad of ["1.5", "2147483648", "1e3", "-2147483649"]) {
      const { body } = await ask(`{"jsonrpc":"2.0","id":1,"method":"sum","params":[${bad},1]}`);
      assert.deepEqual((body as { error: unknown }).error,
        { code: -1, message: "JSON integer out of range" }, bad);
    }
    assert.equal(await resultOf("sum", [2147483647, -2147483648]), "-1");
  });
});

describe("RpcServer", () => {
  it("answers -28 until it is open, whatever the method", async () => {
    const closed = new RpcServer({ methods: new MethodTable([[sum]]), logger: silentLogger });
    closed.warmup = "Loading block index…";
    const { status, body } = await closed.handle('{"id":1,"method":"none"}', "user");
    assert.equal(status, 500);
    assert.deepEqual(JSON.parse(body ?? ""),
      { result: null, error: { code: -28, message: "Loading block index…" }, id: 1 });
  });

  it("holds results against their declared shapes when told to", async () => {
    assert.match((await errorOf("liar", [])).message,
      /^Internal bug detected: RPC call "liar" returned incorrect type: /);
    const { body } = await server(false).handle('{"id":1,"method":"liar"}', "user");
    assert.equal(JSON.parse(body ?? "").result, 5);
  });

  it("says that an error of ours is internal, and not what it was", async () => {
    assert.deepEqual(await errorOf("broken", []),
      { code: -32603, message: "Internal error in broken; the log has more" });
  });

  it("counts the calls that are not answered yet, their own included", async () => {
    assert.equal(await resultOf("slow", []), 1);
  });
});
