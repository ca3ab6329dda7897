import assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { askAll } from "./ask_node.ts";
import { RUNNING_NODE_FLAGS } from "./find_node.ts";
import { readFlags } from "./tidings_flags.ts";

/** A node that knows `uptime` only. */
const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (part) => (body += part));
  request.on("end", () => {
    const { method } = JSON.parse(body) as { method: string };
    const error = { code: -32_601, message: "Method not found" };
    response.end(JSON.stringify(method === "uptime" ? { result: 5, error: null } : { result: null, error }));
  });
});

describe("askAll", () => {
  before(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  after(() => new Promise((resolve) => server.close(resolve)));
  const flags = () => readFlags(
    ["--rpc", `127.0.0.1:${(server.address() as AddressInfo).port}`, "--user", "a:b"], RUNNING_NODE_FLAGS);

  it("goes on without what is optional where the node does not know it", async () => {
    assert.deepEqual(await askAll(flags(), ["uptime"], ["getreachability", "uptime"]),
      { ok: true, chain: "main", results: [5, undefined, 5] });
  });

  it("fails where anything else is not known", async () => {
    const write = process.stderr.write;
    let said = "";
    process.stderr.write = (text) => (said += String(text)).length > 0;
    const asked = await askAll(flags(), ["uptime", "getreachability"]);
    process.stderr.write = write;
    assert.equal(asked.ok, false);
    assert.equal(said, "error -32601: Method not found\n");
  });
});
