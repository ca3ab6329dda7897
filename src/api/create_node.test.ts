import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tempDir } from "../../test/support/temp_dir.ts";
import { Wallet } from "../wallet/wallet.ts";
import { installNodeCrypto } from "../io/node_crypto.ts";
import { seededRng } from "../base/rng.ts";
import { decodeWith } from "../codec/codec.ts";
import { blockCodec } from "../primitives/block.ts";
import type { Sats } from "../primitives/amount.ts";
import { chains } from "./chains.ts";
import { createNode } from "./create_node.ts";
import { isTidingsError } from "./errors.ts";
import type { TidingsEvent } from "./events.ts";
import type { TidingsNode } from "./node.ts";

const { regtest } = chains;
/** Of nobody. */
const ADDRESS = "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202";

function portOf(node: TidingsNode): number {
  return Number(node.address?.split(":")[1]);
}

test("a node that was asked for nothing listens nowhere, and has the chain's first block", async () => {
  const node = await createNode({ chain: regtest });
  assert.equal(node.address, undefined);
  assert.deepEqual([node.chain.tip.height, node.peers.list()], [0, []]);
  assert.equal(node.chain.tip.hash, "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206");
  await node.close();
  await node.close();
  await node.closed;
});

test("connect resolves once both sides list each other, and what one mines the other gets", async () => {
  const alice = await createNode({ chain: regtest, listen: ["127.0.0.1:0"] });
  const bob = await createNode({ chain: regtest, userAgent: "/bob:1/" });
  const peer = await bob.connect("127.0.0.1", portOf(alice));
  assert.deepEqual([peer.address, peer.direction, peer.isReady], [alice.address, "outbound", true]);
  assert.deepEqual((await bob.connect("127.0.0.1", portOf(alice))).id, peer.id, "connected already");

  const connected =
    new Promise<TidingsEvent>((resolve) => bob.on("block:connected", resolve, { once: true }));
  const [hash] = await alice.mine(1, { address: ADDRESS });
  const { data } = await connected as Extract<TidingsEvent, { type: "block:connected" }>;
  assert.deepEqual([data.hash, data.height, data.peer], [hash, 1, peer.id]);
  assert.deepEqual(bob.chain.tip, alice.chain.tip);
  assert.equal(alice.peers.list()[0]?.userAgent, "/bob:1/");

  const block = await bob.chain.block(1);
  assert.equal(block?.hash, hash);
  assert.equal(block?.transactions[0]?.outputs[0]?.value, 5_000_000_000n);
  assert.equal(block?.transactions[0]?.outputs[0]?.address, ADDRESS);
  assert.equal((await bob.chain.block(hash as string))?.height, 1);
  assert.equal(await bob.chain.block(2), undefined);
  await Promise.all([alice.close(), bob.close()]);
});

test("connect says why it could not", async () => {
  const alice = await createNode({ chain: regtest, listen: ["127.0.0.1:0"] });
  // Encrypted, another network shows only as a handshake that does not end, after a minute.
  const stranger = await createNode({ chain: chains.signet, connectOnly: true, v2Transport: false });
  const port = portOf(alice);
  await assert.rejects(stranger.connect("127.0.0.1", port), (error) => {
    return isTidingsError(error, "CONNECT_FAILED") && error.data.reason === "connection-lost";
  });
  await alice.close();
  await assert.rejects(stranger.connect("127.0.0.1", port), (error) => {
    return isTidingsError(error, "CONNECT_FAILED") && error.data.reason === "ECONNREFUSED";
  });
  await stranger.close();
});

test("a transaction is taken once, and refused with Bitcoin Core's reason", async () => {
  installNodeCrypto();
  const node = await createNode({ chain: regtest });
  const wallet = new Wallet({ seed: "create_node.test", params: regtest });
  await node.mine(101, { address: wallet.address("p2wpkh") });
  for (let height = 1; height <= 101; height++) {
    const bytes = (await node.chain.block(height))?.bytes;
    wallet.blockConnected(decodeWith(blockCodec, bytes as Uint8Array), height);
  }
  const outputs = [{ value: 1_000_000 as Sats, script: wallet.script("p2tr") }];
  const payment = wallet.pay({ outputs, feeRate: 2, rng: seededRng(1) });
  assert.ok(payment.ok);
  const fees: bigint[] = [];
  node.on("tx:accepted", ({ data }) => fees.push(data.fee));
  const { txid } = await node.submit(payment.transaction.bytes);
  assert.equal(
    (await node.submit(Buffer.from(payment.transaction.bytes).toString("hex"))).txid, txid, "known already",
  );
  assert.deepEqual(fees, [BigInt(payment.fee)]);

  const second = wallet.pay(
    { outputs, feeRate: 2, rng: seededRng(2), spendsPending: true, from: ["p2wpkh"] },
  );
  assert.ok(second.ok);
  const broken = Uint8Array.from(second.transaction.bytes);
  const inSignature = broken.length - 50;
  broken[inSignature] = (broken[inSignature] as number) ^ 1;
  await assert.rejects(node.submit(broken), (error) => {
    return isTidingsError(error, "TX_REJECTED") &&
      error.data.reject.startsWith("mempool-script-verify-flag-failed");
  });
  await node.mine(1, { address: ADDRESS });
  await assert.rejects(node.submit(payment.transaction.bytes), (error) => {
    return isTidingsError(error, "TX_REJECTED") && error.data.reject === "txn-already-known" &&
      error.data.txid === txid;
  });
  await assert.rejects(node.submit("00"), (error) => isTidingsError(error, "TX_UNREADABLE"));
  await assert.rejects(node.submit("zz"), (error) => isTidingsError(error, "TX_UNREADABLE"));
  await node.close();
  await assert.rejects(node.submit(payment.transaction.bytes), (error) => isTidingsError(error, "CLOSED"));
});

test("a node keeps the indexes that it is asked for", async () => {
  const store = tempDir();
  const node = await createNode({ chain: regtest, store, indexes: ["txindex", "blockfilterindex"] });
  await node.mine(3, { address: ADDRESS });
  await node.close();
  const kept = readdirSync(join(store, "regtest", "indexes"));
  assert.deepEqual(kept.sort(), ["blockfilter", "txindex"]);
});

test("a listener stops by its call, its signal or after one event", async () => {
  const node = await createNode({ chain: regtest });
  const heard: string[] = [];
  const controller = new AbortController();
  const stop = node.on("chain:tip", ({ data }) => heard.push(`call ${data.height}`));
  node.on("chain:tip", ({ data }) => heard.push(`signal ${data.height}`), { signal: controller.signal });
  node.on("chain:tip", ({ data }) => heard.push(`once ${data.height}`), { once: true });
  await node.mine(1, { address: ADDRESS });
  stop();
  await node.mine(1, { address: ADDRESS });
  controller.abort();
  await node.mine(1, { address: ADDRESS });
  assert.deepEqual(heard, ["call 1", "signal 1", "once 1", "signal 2"]);
  await node.close();
});

test("a stream of events misses none, and ends with the node", async () => {
  const node = await createNode({ chain: regtest });
  const stream = node.events(["chain:tip"]);
  await node.mine(3, { address: ADDRESS });
  const heights: number[] = [];
  for await (const event of stream) {
    assert.equal(event.type, "chain:tip");
    if (event.type === "chain:tip") heights.push(event.data.height);
    if (heights.length === 3) void node.close();
  }
  assert.deepEqual(heights, [1, 2, 3]);
});

test("a stream of events throws the reason of its signal", async () => {
  const node = await createNode({ chain: regtest });
  const controller = new AbortController();
  const next = node.events(["chain:tip"], { signal: controller.signal }).next();
  controller.abort(new Error("enough"));
  await assert.rejects(next, { message: "enough" });
  await node.close();
});

test("aborting the signal closes the node, and an aborted one starts none", async () => {
  const controller = new AbortController();
  const node = await createNode({ chain: regtest, signal: controller.signal });
  controller.abort(new Error("enough"));
  await node.closed;
  await assert.rejects(createNode({ chain: regtest, signal: controller.signal }), { message: "enough" });
});

test("a stored chain is there again, and its folder has one user at a time", async () => {
  const store = tempDir();
  const node = await createNode({ chain: regtest, store });
  const hashes = await node.mine(5, { address: ADDRESS });
  await assert.rejects(createNode({ chain: regtest, store }), (error) => {
    return isTidingsError(error, "STORE_UNUSABLE") && error.data.reason === "locked";
  });
  await node.close();
  const again = await createNode({ chain: regtest, store });
  assert.deepEqual([again.chain.tip.height, again.chain.tip.hash], [5, hashes[4]]);
  await again.close();
});

test("a port that is taken is said to be", async () => {
  const first = await createNode({ chain: regtest, listen: ["127.0.0.1:0"] });
  await assert.rejects(createNode({ chain: regtest, listen: [first.address as string] }), (error) => {
    return isTidingsError(error, "LISTEN_FAILED") && error.data.reason === "port-in-use" &&
      error.data.port === portOf(first);
  });
  await first.close();
});

test("no blocks are mined on public networks, nor to addresses of others", async () => {
  const node = await createNode({ chain: chains.signet, connectOnly: true });
  await assert.rejects(node.mine(1, { address: ADDRESS }), (error) => isTidingsError(error, "CONFIG"));
  await node.close();
  const test = await createNode({ chain: regtest });
  await assert.rejects(test.mine(1, { address: "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4" }), (error) => {
    return isTidingsError(error, "CONFIG");
  });
  await test.close();
});

test("the node's log goes where it was asked to go", async () => {
  const lines: string[] = [];
  const node = await createNode({ chain: regtest, log: ({ text }) => lines.push(text) });
  await node.mine(1, { address: ADDRESS });
  await node.close();
  assert.ok(lines.some((line) => line.startsWith("UpdateTip: new best=")), lines.join("\n"));
});
