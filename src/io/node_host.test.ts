import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import * as http from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { silentLogger } from "../base/logger.ts";
import type { NodeEvent, NodeEventType } from "../node/event.ts";
import { defaultNodeOptions, type NodeOptions } from "../node/node_options.ts";
import { REGTEST } from "../params/regtest.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { tempDir } from "../../test/support/temp_dir.ts";
import { DataDirError } from "./data_dir_error.ts";
import { DebugLog, QUIET_LOG } from "./debug_log.ts";
import { ListenError } from "./listener.ts";
import { type OpenNodeOptions, openNode, type RunningNode } from "./node_host.ts";
import { VerifyPool } from "./verify_pool.ts";

/** The event of type `T`. */
type NodeEventOf<T extends NodeEventType> = Extract<NodeEvent, { readonly type: T }>;

const root = tempDir();
const ANY_PORT = { host: "127.0.0.1", port: 0 };
/** Pays to whoever asks: `OP_TRUE`. */
const ANYONE = Uint8Array.of(0x51);

const inline = new VerifyPool({ threads: 0, report: (error) => assert.fail(error) });

function regtestOptions(more: Partial<NodeOptions> = {}): NodeOptions {
  return { ...defaultNodeOptions(REGTEST), localPeers: true, connectOnly: [], ...more };
}

function open(more: Partial<OpenNodeOptions> = {}): Promise<RunningNode> {
  return openNode({
    options: regtestOptions(), dataDir: undefined, listen: [ANY_PORT], logger: silentLogger, pool: inline, ...more,
  });
}

function addressOf(node: RunningNode): NetworkAddress {
  return { network: "ipv4", bytes: Uint8Array.of(127, 0, 0, 1), port: node.addresses[0]?.port ?? 0 };
}

async function mine(node: RunningNode, count: number): Promise<void> {
  const result = await node.command({ type: "generate", count, script: ANYONE, maxTries: 1_000_000 });
  assert.ok(result.ok, JSON.stringify(result));
}

function heightOf({ core: { chain } }: RunningNode): number {
  return chain.headers.height(chain.tip);
}

/** The next event of this type that `isWanted` accepts. */
function next<T extends NodeEventType>(
  node: RunningNode,
  type: T,
  isWanted: (event: NodeEventOf<T>) => boolean = () => true,
): Promise<NodeEventOf<T>> {
  return new Promise((resolve) => {
    const stop = node.listen((event) => {
      if (event.type !== type || !isWanted(event as NodeEventOf<T>)) return;
      stop();
      resolve(event as NodeEventOf<T>);
    });
  });
}

async function rpc(port: number, authorization: string, method: string): Promise<{ result?: unknown; error?: unknown }> {
  const headers = { authorization: `Basic ${Buffer.from(authorization).toString("base64")}` };
  const request = http.request({ host: "127.0.0.1", port, method: "POST", headers, agent: false });
  request.end(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: {} }));
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return JSON.parse(text) as { result?: unknown; error?: unknown };
}

test("two nodes connect over TCP, and what one mines the other gets", async () => {
  const [alice, bob] = await Promise.all([open(), open()]);
  await mine(alice, 3);
  const synced = next(bob, "chain:tip", ({ data }) => data.height === 3);
  const result = await bob.command({ type: "add-node", address: addressOf(alice), mode: "onetry" });
  assert.ok(result.ok, JSON.stringify(result));
  assert.equal((await synced).data.height, 3);
  await Promise.all([alice.close(), bob.close()]);
});

test("a node on disk comes back with the chain it had", async () => {
  const dataDir = join(root, "restart", "regtest");
  const before = await open({ dataDir, listen: [] });
  await mine(before, 5);
  await before.close();
  const after = await open({ dataDir, listen: [] });
  assert.equal(heightOf(after), 5);
  await mine(after, 1);
  assert.equal(heightOf(after), 6);
  await after.close();
});

test("events are numbered without gaps, and those of before can be had", async () => {
  const node = await open({ listen: [] });
  await mine(node, 2);
  const { events, missed } = node.eventsSince(0);
  assert.equal(missed, 0);
  assert.ok(events.length > 0);
  assert.deepEqual(events.map(({ seq }) => seq), events.map((_, i) => i + 1));
  await node.close();
});

test("JSON-RPC answers with the cookie, and stop asks the node to stop", async () => {
  const dataDir = join(root, "rpc", "regtest");
  const cookieFile = join(dataDir, ".cookie");
  const pidFile = join(dataDir, "bitcoind.pid");
  const node = await open({ dataDir, listen: [], pidFile, rpc: { listen: [ANY_PORT], cookieFile } });
  const port = node.rpc?.addresses[0]?.port ?? 0;
  const cookie = readFileSync(cookieFile, "utf8");
  assert.equal(readFileSync(pidFile, "utf8"), `${process.pid}\n`);
  assert.equal((await rpc(port, cookie, "getblockcount")).result, 0);
  assert.match(String((await rpc(port, cookie, "stop")).result), /stopping/);
  await node.stopping;
  await node.close();
  assert.equal(existsSync(cookieFile), false);
  assert.equal(existsSync(pidFile), false);
});

test("the log is opened in a directory that is ours, and shows the mock time", async () => {
  const dataDir = join(root, "log", "regtest");
  const path = join(dataDir, "debug.log");
  const logger = (): DebugLog => new DebugLog({ ...QUIET_LOG, path, categories: ["all"] });
  const node = await open({ dataDir, logger, listen: [], options: regtestOptions({ mockTime: 1_700_000_000 }) });
  await mine(node, 1);
  await node.close();
  assert.match(readFileSync(path, "utf8"), /\(mocktime: 2023-11-14T22:13:20Z\)/);
  assert.equal(node.failure, undefined);
});

test("a start that fails leaves nothing open", async () => {
  const dataDir = join(root, "twice", "regtest");
  const first = await open({ dataDir });
  await assert.rejects(open({ dataDir }), (error) => error instanceof DataDirError && error.code === "locked");
  const other = join(root, "other", "regtest");
  const busy = { host: "127.0.0.1", port: first.addresses[0]?.port ?? 0 };
  await assert.rejects(open({ dataDir: other, listen: [busy] }), ListenError);
  const cookieFile = join(other, ".cookie");
  await assert.rejects(open({ dataDir: other, rpc: { listen: [busy], cookieFile } }), ListenError);
  assert.equal(existsSync(cookieFile), false);
  await first.close();
  await (await open({ dataDir })).close();
  await (await open({ dataDir: other })).close();
});

test("the core is told on which ports the node listens", async () => {
  let told: readonly number[] = [];
  const node = await open({
    options: (bound) => {
      told = bound.map(({ port }) => port);
      return regtestOptions();
    },
  });
  assert.deepEqual(told, [node.addresses[0]?.port]);
  assert.ok((told[0] ?? 0) > 0);
  await node.close();
});

test("a node may be closed twice, and takes no commands after it", async () => {
  const node = await open();
  await Promise.all([node.close(), node.close()]);
  assert.deepEqual(await node.command({ type: "ping" }), { ok: false, fault: { code: "shutting-down" } });
});
