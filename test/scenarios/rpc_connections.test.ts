import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { RpcWorld } from "../support/rpc_world.ts";

interface AddedNode {
  readonly addednode: string;
  readonly connected: boolean;
  readonly addresses: readonly object[];
}

describe("connections by hand", () => {
  let world: RpcWorld;
  const resultOf = <T = unknown>(method: string, ...params: unknown[]): Promise<T> => {
    return world.resultOf<T>(method, ...params);
  };
  const errorOf = (method: string, ...params: unknown[]): Promise<readonly [number, string]> => {
    return world.errorOf(method, ...params);
  };
  before(async () => {
    world = await RpcWorld.open({ adjust: (options) => ({ ...options, v2Transport: false }) });
  });
  after(() => world.close());

  it("are kept up with nodes that are listed as they were written", async () => {
    await resultOf("addnode", "127.0.0.1:1", "add");
    await resultOf("addnode", "a.node.invalid:2", "add", false);
    const nodes = await resultOf<readonly AddedNode[]>("getaddednodeinfo");
    assert.deepEqual(nodes, [
      { addednode: "127.0.0.1:1", connected: false, addresses: [] },
      { addednode: "a.node.invalid:2", connected: false, addresses: [] },
    ]);
    assert.deepEqual(await resultOf("getaddednodeinfo", "127.0.0.1:1"), nodes.slice(0, 1));
    assert.deepEqual(await errorOf("getaddednodeinfo", "127.0.0.1:9"),
      [-24, "Error: Node has not been added."]);
    await resultOf("addnode", "a.node.invalid:2", "remove");
    await resultOf("addnode", "127.0.0.1:1", "remove");
    assert.deepEqual(await resultOf("getaddednodeinfo"), []);
  });

  it("know an address in its old short form", async () => {
    await resultOf("addnode", "127.0.0.1:1", "add");
    assert.equal((await errorOf("addnode", "127.1:1", "add"))[0], -23);
    assert.equal((await errorOf("addnode", "127.0.1:1", "add"))[0], -23);
    await resultOf("addnode", "127.1:1", "remove");
  });

  it("are not encrypted when the node cannot", async () => {
    assert.deepEqual(await errorOf("addnode", "127.0.0.1:1", "onetry", true),
      [-8, "Error: v2transport requested but not enabled (see -v2transport)"]);
    assert.deepEqual(await errorOf("addconnection", "127.0.0.1:1", "feeler", true),
      [-8, "Error: Adding v2transport connections requires -v2transport init flag to be set."]);
  });

  it("are neither opened nor let in while the network is off", async () => {
    assert.equal(await resultOf("setnetworkactive", false), false);
    assert.equal((await resultOf<{ networkactive: boolean }>("getnetworkinfo")).networkactive, false);
    // Nothing listens there, and nothing is tried.
    assert.equal(await resultOf("addnode", "127.0.0.1:1", "onetry"), null);
    assert.deepEqual(await resultOf("addconnection", "127.0.0.1:1", "feeler", false),
      { address: "127.0.0.1:1", connection_type: "feeler" });
    assert.equal(await resultOf("setnetworkactive", true), true);
    assert.equal((await resultOf<{ networkactive: boolean }>("getnetworkinfo")).networkactive, true);
  });
});
