import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { isTidingsError } from "../api/errors.ts";
import { SCRIPT_KINDS } from "../wallet/owned_script.ts";
import type { Devnet, NetEvents } from "./devnet.ts";
import { devnet } from "./start.ts";

type Name = "alice" | "bob" | "carol" | "dave";

describe("a network of four nodes", () => {
  let net: Devnet<Name>;

  before(async () => {
    net = await devnet({ nodes: { alice: "miner", bob: "miner", carol: "full", dave: "pruned" }, seed: 3 });
  });
  after(() => net.close());

  test("starts with 110 blocks that came over TCP, and with peers found by gossip", () => {
    const { alice, dave } = net.nodes;
    for (const node of net.list()) assert.equal(node.chain.tip.hash, alice.chain.tip.hash);
    assert.equal(alice.chain.tip.height, 110);
    const others =
      net.list().filter(({ name }) => name !== "alice" && name !== "dave").map(({ address }) => address);
    const dialled =
      dave.peers.list().filter(({ direction }) => direction === "outbound").map(({ address }) => address);
    for (const address of others) {
      assert.ok(dialled.includes(address as string), `dave dialled ${dialled.join(", ")}`);
    }
  });

  test("has coins of every kind from the start, and spends each", async () => {
    const wallet = net.wallet();
    for (const { kind, address, spendable, descriptor } of wallet.addresses()) {
      assert.ok(spendable >= 10_000_000_000n, `${kind} has ${spendable}`);
      assert.match(descriptor, /^[a-z]+\(.*\)#[a-z0-9]{8}$/);
      assert.equal(address, wallet.address(kind));
    }
    const sent = await Promise.all(SCRIPT_KINDS.map((kind, index) => {
      return net.send(
        wallet.address("p2tr"), 100_000n,
        { from: kind, node: net.list()[index % 4] as Devnet["nodes"][string] },
      );
    }));
    assert.deepEqual(sent.map(({ kind }) => kind), [...SCRIPT_KINDS]);
    for (const { txid } of sent) await net.until.inMempool(txid);
    const [hash] = await net.mine(1, { by: "bob" });
    await net.until.sameTip();
    const block = await net.nodes.dave.chain.block(hash as string);
    assert.deepEqual(
      new Set(block?.transactions.slice(1).map(({ txid }) => txid)), new Set(sent.map(({ txid }) => txid)),
    );
  });

  test("tells how a block and a payment spread", async () => {
    const both = Promise.all([
      new Promise<NetEvents["tx:spread"]>((resolve) => net.on("tx:spread", resolve, { once: true })),
      new Promise<NetEvents["block:spread"]>((resolve) => net.on("block:spread", resolve, { once: true })),
    ]);
    const { txid, fee } = await net.faucet(net.wallet().address(), 50_000n);
    await net.until.inMempool(txid);
    const [hash] = await net.mine(1, { by: net.nodes.bob });
    await net.until.sameTip();
    const [tx, block] = await both;
    assert.deepEqual([tx.txid, tx.by, tx.nodes, tx.of, tx.fee], [txid, "alice", 4, 4, fee]);
    assert.deepEqual([block.hash, block.by, block.transactions], [hash, "bob", 2]);
    assert.deepEqual(Object.keys(block.reached).sort(), ["alice", "carol", "dave"]);
  });

  test("tells of its nodes' events with their names", async () => {
    const names = new Set<string>();
    const stop = net.on("chain:tip", ({ node }) => names.add(node));
    await net.mine(1);
    await net.until.sameTip();
    stop();
    assert.deepEqual(names, new Set(["alice", "bob", "carol", "dave"]));
  });

  test("gives up waiting with what was expected and what was seen", async () => {
    const height = net.nodes.alice.chain.tip.height + 5;
    await assert.rejects(net.until.height(height, { timeout: 50 }), (error) => {
      assert.ok(isTidingsError(error, "TIMEOUT"));
      const start = `Waited 0.05 s for every node to be at height ${height}; found alice ${height - 5}, bob`;
      assert.ok(error.message.startsWith(start), error.message);
      return true;
    });
    const controller = new AbortController();
    const waiting = net.until.inMempool("00".repeat(32), { signal: controller.signal });
    controller.abort(new Error("enough"));
    await assert.rejects(waiting, { message: "enough" });
    await assert.rejects(net.until.inMempool("x"), (error) => isTidingsError(error, "CONFIG"));
  });

  test("refuses payments that cannot be", async () => {
    const wallet = net.wallet();
    await assert.rejects(net.send("nowhere", 1n), (error) => isTidingsError(error, "CONFIG"));
    await assert.rejects(net.send(wallet.address(), 0n), (error) => isTidingsError(error, "CONFIG"));
    await assert.rejects(net.send(wallet.address(), 10n ** 15n), (error) => {
      return isTidingsError(error, "FUNDS_MISSING") && error.data.missing > 0n;
    });
    await assert.rejects(net.send(wallet.address(), 100n), (error) => {
      return isTidingsError(error, "TX_REJECTED") && error.data.reject === "dust";
    });
  });

  test("goes on without a node that leaves", async () => {
    const left = new Promise<NetEvents["net:node-removed"]>((resolve) => net.on("net:node-removed", resolve));
    await net.nodes.carol.close();
    assert.equal((await left).node, "carol");
    await net.mine(1);
    await net.until.sameTip();
    assert.ok(net.nodes.carol.chain.tip.height < net.nodes.dave.chain.tip.height);
  });
});

test("blocks and traffic come by themselves when asked for, and all is gone at the end", async () => {
  const net = await devnet({ nodes: 3, block: "auto", traffic: "20/s", seed: 11 });
  const { folder } = net;
  await net.until.height(113);
  await net.close();
  await net.close();
  assert.ok(!existsSync(folder));
  await assert.rejects(net.mine(1), (error) => isTidingsError(error, "CLOSED"));
});

test("an aborted network does not start, and a signal closes one", async () => {
  const controller = new AbortController();
  const net = await devnet({ nodes: 1, signal: controller.signal });
  controller.abort(new Error("enough"));
  await net.close();
  assert.ok(net.list().every((node) => node.isClosed));
  await assert.rejects(devnet({ signal: controller.signal }), { message: "enough" });
});
