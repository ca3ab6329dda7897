/**
 * Peers that ask for much and read nothing, on real sockets: what waits for them is bounded, and others
 * are served.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { concatBytes } from "../../src/base/bytes.ts";
import { MSG_WITNESS_BLOCK } from "../../src/wire/messages/inventory.ts";
import { BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone } from "../support/blocks.ts";
import { framed, type RawPeer, TestNode } from "./bad_peers_socket.ts";

const PEERS = 3;
const REQUESTS = 64;
/** What the two systems between us may hold of it, and have taken from us. */
const KERNEL_BYTES_MAX = 6_000_000;

/** A chain whose tip is long. */
function blocks() {
  const tree = new BlockTree(QUICK_MATURITY);
  const [first, ...more] = tree.grow(tree.genesis, 5);
  assert.ok(first !== undefined);
  const last = tree.extend(more.at(-1) ?? first, {
    transactions: [spendAnyone([coinbaseOf(first)], 0, 45_000)],
  });
  return [first, ...more, last].map(({ block }) => block);
}

test("of peers that pipeline requests for a block and read nothing, a megabyte and a block wait", async (t) => {
  const node = await TestNode.open({ params: QUICK_MATURITY, localPeers: true });
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    return node.close();
  });
  const chain = blocks();
  for (const block of chain) await node.node.command({ type: "submit-block", block });
  const tip = chain.at(-1);
  assert.ok(tip !== undefined && tip.bytes.length > 400_000);
  const items = [{ type: MSG_WITNESS_BLOCK, hash: tip.hash }];
  const request = framed({ type: "getdata", value: { items } });
  const deaf: readonly RawPeer[] = await Promise.all(Array.from({ length: PEERS }, () => node.connectWell()));
  sockets.push(...deaf.map(({ socket }) => socket));
  for (const socket of sockets) socket.pause();
  for (const socket of sockets) socket.write(concatBytes(...Array.from({ length: REQUESTS }, () => request)));

  const other = await node.connectWell();
  sockets.push(other.socket);
  for (let i = 0; i < 20; i++) await other.assertServed();
  for (const { id } of deaf) {
    const sent = [...node.node.core.peers()].find((peer) => peer.id === id)?.stats.bytesSent ?? 0;
    assert.ok(sent > tip.bytes.length, `${sent} bytes for peer ${id}: it is served`);
    const most = KERNEL_BYTES_MAX + 1_000_000 + tip.bytes.length;
    assert.ok(sent <= most, `${sent} bytes for peer ${id}, of ${REQUESTS * tip.bytes.length} asked for`);
  }
});
