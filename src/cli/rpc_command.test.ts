import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { writeJson } from "../rpc/json.ts";
import { callRpc } from "./rpc_client.ts";
import { readParameters } from "./rpc_parameters.ts";

const folder = mkdtempSync(join(tmpdir(), "tidings-rpc-"));
after(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs several commands, one after the other, in one process of their own. */
function tidings(...commands: readonly (readonly string[])[]): readonly Outcome[] {
  const program = `
    const { runCommand } = await import(${JSON.stringify(new URL("./tidings.js", import.meta.url).href)});
    const outcomes = [];
    const write = process.stdout.write.bind(process.stdout);
    for (const argv of JSON.parse(process.argv[1])) {
      const outcome = { stdout: "", stderr: "" };
      process.stdout.write = (text) => { outcome.stdout += text; return true; };
      process.stderr.write = (text) => { outcome.stderr += text; return true; };
      outcome.status = await runCommand(argv);
      outcomes.push(outcome);
    }
    write(JSON.stringify(outcomes));`;
  const { stdout, stderr } = spawnSync(process.execPath,
    ["--input-type=module", "-e", program, "--", JSON.stringify(commands)],
      { encoding: "utf8", cwd: folder });
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout) as readonly Outcome[];
}

describe("readParameters", () => {
  const read = (method: string, ...words: string[]): string => writeJson(readParameters(method, words));

  it("takes texts as texts and the rest as JSON, where the method is known", () => {
    assert.equal(read("getblockhash", "5"), "[5]");
    assert.equal(read("getblock", "0".repeat(64), "2"), `["${"0".repeat(64)}",2]`);
    assert.equal(read("generateblock", "raw(51)", '["ab"]', "false"), '["raw(51)",["ab"],false]');
    assert.equal(read("addnode", "127.0.0.1:1", "add"), '["127.0.0.1:1","add"]');
  });

  it("takes name=value by name, after values by position", () => {
    assert.equal(read("getblock", `blockhash=${"1".repeat(64)}`, "verbosity=2"),
      `{"blockhash":"${"1".repeat(64)}","verbosity":2}`);
    assert.equal(read("waitforblockheight", "5", "timeout=10"), '{"args":[5],"timeout":10}');
  });

  it("does not take a text with = in it for a name", () => {
    assert.equal(read("generatetodescriptor", "1", "a=b"), '[1,"a=b"]');
  });

  it("guesses where the method is not known, and takes long digits for a hash", () => {
    assert.equal(read("other", "5", "x", '{"a":1}', "7".repeat(64), "n=null"),
      `{"args":[5,"x",{"a":1},"${"7".repeat(64)}"],"n":null}`);
  });
});

describe("callRpc", () => {
  it("tells results, errors, closed doors and strangers apart", async () => {
    const replies: readonly (readonly [number, string])[] = [
      [200, '{"jsonrpc":"2.0","result":1.50,"id":1}'],
      [500, '{"result":null,"error":{"code":-28,"message":"wait"},"id":1}'],
      [401, ""],
      [200, "hello"],
    ];
    let next = 0;
    const server = http.createServer((_, response) => {
      const [status, body] = replies[next++] as readonly [number, string];
      response.writeHead(status).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const target = { host: "127.0.0.1", port: (server.address() as AddressInfo).port, auth: "a:b" };
    const first = await callRpc(target, "x", []);
    assert.equal(first.type === "result" ? writeJson(first.value) : "", "1.50");
    assert.deepEqual(await callRpc(target, "x", []), { type: "error", code: -28, message: "wait" });
    assert.deepEqual(await callRpc(target, "x", []), { type: "unauthorized" });
    assert.deepEqual(await callRpc(target, "x", []), { type: "not-json-rpc", status: 200, body: "hello" });
    await new Promise((resolve) => server.close(resolve));
    assert.deepEqual(await callRpc(target, "x", []), { type: "unreachable", reason: "ECONNREFUSED" });
  });
});

describe("tidings", () => {
  writeFileSync(join(folder, "bad.json"), "{}");
  const helps = ["node", "rpc", "import", "chain"];
  const [unknown, badFlag, nobody, made, again, badChain, version, ...help] = tidings(
    ["nod"], ["node", "--lisen", "5"],
    ["rpc", "--chain", "regtest", "--datadir", folder, "--rpc", "1", "getblockcount"],
    ["chain", "new", "mine"], ["chain", "new", "mine"], ["rpc", "--chain", "bad.json", "getblockcount"],
    ["version"], ...helps.map((name) => [name, "--help"]),
  ) as [Outcome, Outcome, Outcome, Outcome, Outcome, Outcome, Outcome, ...Outcome[]];

  it("names the nearest command, and ends with 2 for wrong usage", () => {
    assert.equal(unknown.status, 2);
    assert.match(unknown.stderr, /unknown command "nod"\. Did you mean node\?/);
    assert.equal(badFlag.status, 2);
    assert.match(badFlag.stderr, /unknown flag --lisen\. Did you mean --listen\?/);
  });

  it("says what it tried when no node answers, and ends with 3", () => {
    assert.equal(nobody.status, 3);
    assert.match(nobody.stderr,
      /no node answered on 127\.0\.0\.1:1 \(regtest\): ECONNREFUSED\n {2}tried cookie .*\(not found\)/);
    assert.match(nobody.stderr, /tidings node --chain regtest/);
  });

  it("makes a chain file, does not write over it, and says what is wrong with another", () => {
    assert.equal(made.status, 0, made.stderr);
    assert.match(made.stdout,
      /^mine\.chain\.json: network mine, genesis [0-9a-f]{64}, port \d+, RPC port \d+\n/);
    assert.equal(again.status, 2);
    assert.match(badChain.stderr, /Cannot read the chain file bad\.json: name is missing/);
  });

  it("has help for every command, and a version", () => {
    for (const [i, name] of helps.entries()) {
      assert.equal(help[i]?.status, 0);
      assert.match(help[i]?.stdout ?? "", new RegExp(`^Usage: tidings ${name} `));
    }
    assert.match(version.stdout,
      /^tidings \d+\.\d+\.\d+\nnode [\d.]+\nsignatures (system|prebuilt|wasm|portable) \(.+\)\n$/);
  });
});
