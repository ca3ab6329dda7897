import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PeerBench } from "../../test/support/peer_bench.ts";
import { tempDir } from "../../test/support/temp_dir.ts";
import { chains } from "./chains.ts";
import { createNode } from "./create_node.ts";
import type { CreateNodeOptions } from "./create_node_options.ts";
import { isTidingsError } from "./errors.ts";
import type { TidingsNode } from "./node.ts";
import { planNode } from "./node_plan.ts";
import { type PeerView, viewPeer } from "./views.ts";

const { regtest } = chains;
/** The smallest map there is: every address is of system number 1. */
const ONE_SYSTEM = Uint8Array.of(0, 0, 0);

type Options = Omit<CreateNodeOptions, "chain">;

/** Two nodes, of which the second is connected to the first. */
async function couple(alice: Options = {}, bob: Options = {}): Promise<{
  readonly alice: TidingsNode;
  readonly bob: TidingsNode;
  readonly port: number;
  readonly peer: PeerView;
  close(): Promise<unknown>;
}> {
  const first = await createNode({ chain: regtest, listen: ["127.0.0.1:0"], ...alice });
  const second = await createNode({ chain: regtest, ...bob });
  const port = Number(first.address?.split(":")[1]);
  const peer = await second.connect("127.0.0.1", port);
  return { alice: first, bob: second, port, peer, close: () => Promise.all([first.close(), second.close()]) };
}

test("both ends of an encrypted connection show the same session, and what each may do", async () => {
  const { alice, peer, close } = await couple({ permissions: ["noban@127.0.0.0/8"] });
  const [other] = alice.peers.list();
  assert.match(peer.sessionId ?? "", /^[0-9a-f]{64}$/);
  assert.equal(other?.sessionId, peer.sessionId);
  assert.deepEqual([peer.transport, peer.connection, peer.permissions], ["v2", "manual", []]);
  assert.deepEqual([other?.transport, other?.connection], ["v2", "inbound"]);
  assert.deepEqual(other?.permissions, ["noban", "download"]);
  // Of this machine.
  assert.deepEqual([peer.network, peer.asn], [undefined, undefined]);
  await close();
});

test("connect goes on to the plain transport with who knows no other", async () => {
  const { peer, close } = await couple({ v2Transport: false });
  assert.deepEqual([peer.transport, peer.sessionId, peer.isReady], ["v1", undefined, true]);
  await close();
});

test("connect twice at once gives one connection", async () => {
  const { alice, bob, port, peer, close } = await couple();
  await bob.peers.disconnect(peer.id);
  const [first, second] = await Promise.all([bob.connect("localhost", port), bob.connect("127.0.0.1", port)]);
  assert.equal(first.id, second.id);
  assert.notEqual(first.id, peer.id);
  assert.equal(alice.address, first.address);
  await close();
});

test("a map of autonomous systems is taken as bytes or as a file", () => {
  const file = join(tempDir(), "map");
  writeFileSync(file, ONE_SYSTEM);
  for (const asmap of [ONE_SYSTEM, file]) {
    assert.equal(planNode({ chain: regtest, asmap }).asmap?.asn(new Uint8Array(16)), 1);
  }
});

test("a peer is shown with the number of its system, if the map has one", () => {
  const bench = new PeerBench();
  const peer = bench.ready();
  assert.equal(viewPeer(peer, 64_512, bench.clock.now()).asn, 64_512);
  assert.equal(viewPeer(peer, 0, bench.clock.now()).asn, undefined);
});

test("a ban drops who is there and keeps him out, until it is lifted or over", async () => {
  const { alice, bob, port, close } = await couple();
  const events = alice.events(["peer:banned", "peer:closed"]);
  const isGone = new Promise((resolve) => bob.on("peer:closed", resolve, { once: true }));
  await alice.ban("127.0.0.0/8", { seconds: 60 });
  await isGone;
  const [banned, closed] = [(await events.next()).value, (await events.next()).value];
  assert.ok(banned?.type === "peer:banned" && closed?.type === "peer:closed");
  const [ban] = alice.bans.list();
  assert.deepEqual(banned.data, { subnet: "127.0.0.0/8", until: ban?.until });
  assert.equal(closed.data.reason, "banned");
  assert.equal((ban?.until ?? 0) - (ban?.createdAt ?? 0), 60);
  await assert.rejects(bob.connect("127.0.0.1", port), (error) => isTidingsError(error, "CONNECT_FAILED"));
  assert.equal(await alice.unban("127.0.0.1"), false);
  assert.equal(await alice.unban("127.0.0.0/8"), true);
  assert.deepEqual(alice.bans.list(), []);
  assert.equal((await bob.connect("127.0.0.1", port)).isReady, true);
  await assert.rejects(alice.ban("127.0.0.0/99"), (error) => {
    return isTidingsError(error, "CONFIG") && /subnet: found "127\.0\.0\.0\/99"/.test(error.message);
  });
  await close();
});

test("while the network is off nobody is connected, and connect says so", async () => {
  const { alice, bob, port, close } = await couple();
  await bob.setNetworkActive(false);
  assert.deepEqual([bob.isNetworkActive, bob.peers.list()], [false, []]);
  await assert.rejects(bob.connect("127.0.0.1", port), (error) => {
    return isTidingsError(error, "CONNECT_FAILED") && error.data.reason === "the network is off";
  });
  await bob.setNetworkActive(true);
  assert.equal((await bob.connect("127.0.0.1", port)).address, alice.address);
  await close();
});

test("a node may start with the network off", async () => {
  const node = await createNode({ chain: regtest, networkActive: false });
  assert.equal(node.isNetworkActive, false);
  await node.close();
});

test("known addresses are counted and shown, and a node knows where it is reached itself", async () => {
  const { alice, bob, close } = await couple({ localPeers: true }, { localPeers: true });
  assert.deepEqual(alice.addresses.own(), [alice.address]);
  assert.deepEqual(bob.addresses.own(), []);
  // What alice tells of herself is the first thing that she says.
  for await (const { type } of bob.events(["addr:learned"], { since: 0 })) if (type === "addr:learned") break;
  assert.equal(bob.addresses.count().total, 1);
  assert.deepEqual([bob.addresses.count("ipv4").total, bob.addresses.count("onion").total], [1, 0]);
  const [known] = bob.addresses.sample(10);
  assert.deepEqual([known?.address, known?.network], [alice.address, "ipv4"]);
  assert.equal(typeof known?.services, "bigint");
  assert.deepEqual([bob.addresses.sample(0), bob.addresses.sample(10, "i2p")], [[], []]);
  await bob.ban("127.0.0.1");
  assert.deepEqual(bob.addresses.sample(10), []);
  assert.throws(() => bob.addresses.count("tor" as "onion"), (error) => isTidingsError(error, "CONFIG"));
  await close();
});

test("addresses that the node is told of are those that it tells", async () => {
  const node = await createNode({
    chain: regtest, listen: ["127.0.0.1:0"], externalAddresses: ["198.51.100.7", "9.8.7.6", "9.8.7.5:1"],
  });
  const port = node.address?.split(":")[1];
  // The first is of those that are for books.
  assert.deepEqual(node.addresses.own(), [`9.8.7.6:${port}`, "9.8.7.5:1"]);
  await node.close();
});

test("a name that nobody may ask for is refused before anybody is asked", async () => {
  const node = await createNode({ chain: regtest });
  for (const host of ["no name", "1.2.3.256", "short.onion"]) {
    await assert.rejects(node.connect(host, 1), (error) => isTidingsError(error, "CONFIG"), host);
  }
  await assert.rejects(node.connect("127.0.0.1", 0), (error) => isTidingsError(error, "CONFIG"));
  await node.close();
});
