/** What a node tells its operator of chains that it cannot judge or follow. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { NodeEvent } from "../../src/node/event.ts";
import { RpcWorld } from "../support/rpc_world.ts";

const ADDRESS = "mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8";
const UNKNOWN_BIT = 0x2000_0008;
const WINDOW = 144;

let signalling: RpcWorld;
let node: RpcWorld;
const told: string[] = [];
before(async () => {
  signalling = await RpcWorld.open({
    adjust: (options) => ({ ...options, blockLimits: { ...options.blockLimits, version: UNKNOWN_BIT } }),
  });
  node = await RpcWorld.open();
  node.node.listen((event: NodeEvent) => {
    if (event.type === "node:warning") told.push(event.data.text);
  });
});
after(() => Promise.all([signalling.close(), node.close()]));

test("rules that come into force and are not known are warned of once, and by several methods", async () => {
  await signalling.resultOf("generatetoaddress", 3 * WINDOW, ADDRESS);
  for (let height = 1; height <= 3 * WINDOW; height++) {
    const hash = await signalling.resultOf<string>("getblockhash", height);
    await node.resultOf("submitblock", await signalling.resultOf("getblock", hash, 0));
  }
  const warning = "Unknown new rules activated (versionbit 3)";
  assert.deepEqual(told, [warning]);
  for (const method of ["getblockchaininfo", "getmininginfo", "getnetworkinfo"]) {
    assert.deepEqual((await node.resultOf<{ warnings: string[] }>(method)).warnings, [warning]);
  }
});
