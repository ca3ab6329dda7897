import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { silentLogger } from "../../src/base/logger.ts";
import { openNode } from "../../src/io/node_host.ts";
import { defaultNodeOptions } from "../../src/node/node_options.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import { namedAddress, parseAddress } from "../../src/primitives/host_text.ts";
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

  it("know an address in its old short form, but are removed as they were written", async () => {
    await resultOf("addnode", "127.0.0.1:1", "add");
    assert.equal((await errorOf("addnode", "127.1:1", "add"))[0], -23);
    assert.equal((await errorOf("addnode", "127.0.1:1", "add"))[0], -23);
    assert.equal((await errorOf("addnode", "127.1:1", "remove"))[0], -24);
    await resultOf("addnode", "127.0.0.1:1", "remove");
  });

  it("take any text for a node, which is listed and never found", async () => {
    const texts = ["what is this?", "127.0.0.1:99999", "1.2.3.256:1"];
    for (const text of texts) await resultOf("addnode", text, "add");
    assert.equal((await errorOf("addnode", "what is this?", "add"))[0], -23);
    const listed = await resultOf<readonly AddedNode[]>("getaddednodeinfo");
    assert.deepEqual(listed.map(({ addednode, connected }) => [addednode, connected]),
      texts.map((text) => [text, false]));
    assert.equal(await resultOf("addnode", "neither this", "onetry"), null);
    for (const text of texts) await resultOf("addnode", text, "remove");
    assert.deepEqual(await errorOf("addnode", "what is this?", "remove"),
      [-24, "Error: Node could not be removed. It has not been added previously."]);
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

describe("nodes of -addnode", () => {
  it("are listed as they were written, with the address that a name has led to", async () => {
    const there = await openNode({
      options: { ...defaultNodeOptions(REGTEST), connectOnly: [] }, dataDir: undefined,
      listen: [{ host: "127.0.0.1", port: 0 }], logger: silentLogger,
    });
    const port = there.addresses[0]?.port ?? assert.fail("it listens");
    const addNodes = [
      { address: parseAddress("127.0.0.1", 1) ?? assert.fail(), text: "127.0.0.1" },
      { address: namedAddress("localhost", port), text: `localhost:${port}` },
    ];
    const world = await RpcWorld.open({ adjust: (options) => ({ ...options, connectOnly: undefined, addNodes }) });
    const first = await world.resultOf<readonly AddedNode[]>("getaddednodeinfo", "127.0.0.1");
    assert.deepEqual(first.map(({ addednode }) => addednode), ["127.0.0.1"]);
    let named: AddedNode | undefined;
    while (named?.connected !== true) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      [named] = await world.resultOf<readonly AddedNode[]>("getaddednodeinfo", `localhost:${port}`);
    }
    assert.deepEqual(named.addresses, [{ address: `127.0.0.1:${port}`, connected: "outbound" }]);
    await Promise.all([world.close(), there.close()]);
  });
});
