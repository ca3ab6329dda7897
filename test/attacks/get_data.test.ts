/** Requests that are to keep a node busy, or to fill its send buffers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../../src/base/bytes.ts";
import { randomBytes, seededRng } from "../../src/base/rng.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { type BlockHash, ZERO_HASH } from "../../src/primitives/hash.ts";
import type { Message } from "../../src/wire/message.ts";
import { type InventoryItem, MSG_WITNESS_BLOCK, MSG_WTX } from "../../src/wire/messages/inventory.ts";
import { type BlockNode, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone } from "../support/blocks.ts";
import { bothWays } from "../support/two_columns.ts";
import { VictimWorld } from "../support/victim_world.ts";

installNodeCrypto();

const COUNT = 50_000;
const tree = new BlockTree(QUICK_MATURITY);
const nodes = [...tree.grow(tree.genesis, 4)];
const [first] = nodes;
const last = tree.extend(nodes.at(-1) ?? tree.genesis, {
  transactions: first === undefined ? [] : [spendAnyone([coinbaseOf(first)], 10_000, 1_500)],
});
const BLOCK_BYTES = last.block.bytes.length;

function withChain(): VictimWorld {
  const world = new VictimWorld();
  world.give([...nodes, last]);
  return world;
}

test("attack 4, getdata that leads nowhere: 50,000 unknown, odd and foreign items are done with in one go", () => {
  const world = withChain();
  const attacker = world.inbound();
  const rng = seededRng(4);
  const types = [MSG_WITNESS_BLOCK, MSG_WTX, 0, 0x7fff_ffff, 3];
  const items: InventoryItem[] = Array.from({ length: COUNT }, (_, index) => {
    return { type: types[index % types.length] ?? 0, hash: randomBytes(rng, 32) };
  });
  attacker.says({ type: "getdata", value: { items } });
  const answered = attacker.told("notfound").reduce((sum, each) => sum + each.items.length, 0);
  assert.equal(answered, COUNT / 5, "transactions that are not there");
  attacker.says({ type: "ping", value: { nonce: 5n } });
  assert.equal(attacker.told("pong").length, 1, "and the next message is taken");
});

test("attack 4, getdata for 50,000 blocks: a peer that does not read is served a megabyte; one that reads, all", (t) => {
  const ask = { type: "getdata", value: {
    items: Array.from({ length: COUNT }, () => ({ type: MSG_WITNESS_BLOCK, hash: last.block.hash })),
  } } as const;
  const bytesFor = (isHeld: boolean): number => {
    const world = withChain();
    const attacker = world.inbound();
    attacker.isDeaf = true;
    if (isHeld) world.world.give({ type: "choked", peer: attacker.id });
    const before = attacker.heardBytes;
    world.world.give({ type: "received", peer: attacker.id, bytes: attacker.frame(ask) });
    for (let turn = 0; turn < 60; turn++) world.world.pass();
    return attacker.heardBytes - before;
  };
  assert.ok(BLOCK_BYTES > 10_000, "long enough to count");
  const { defended, undefended } = bothWays(t, "back-pressure of a socket that takes no more", bytesFor);
  assert.ok(defended <= 1_000_000 + 2 * BLOCK_BYTES, `${defended} bytes wait for a peer that does not read`);
  assert.ok(undefended > 5_000_000, `${undefended} bytes for one whose socket takes them`);
});

test("attack 4, getdata for 50,000 blocks: others are served meanwhile", () => {
  const world = withChain();
  const [attacker, other] = [world.inbound(), world.inbound()];
  attacker.isDeaf = true;
  const items = Array.from({ length: COUNT }, () => ({ type: MSG_WITNESS_BLOCK, hash: last.block.hash }));
  const ask = attacker.frame({ type: "getdata", value: { items } });
  world.world.give({ type: "received", peer: attacker.id, bytes: ask });
  const before = attacker.heardBytes;
  const ping = other.frame({ type: "ping", value: { nonce: 9n } });
  world.world.give({ type: "received", peer: other.id, bytes: ping });
  world.world.pass();
  assert.equal(other.told("pong").length, 1, "within a turn");
  assert.ok(attacker.heardBytes - before < 10_000_000);
});

/** Each asks 64 times for something in one stretch of bytes, and reads no answer. What waits for all of them. */
function bytesForDeaf(count: number, request: Message, nodes: readonly BlockNode[]): number {
  const world = new VictimWorld({ start: (nodes.at(-1) as BlockNode).block.header.time + 600 });
  world.give(nodes);
  const attackers = Array.from({ length: count }, () => world.inbound());
  for (const attacker of attackers) {
    attacker.isDeaf = true;
    attacker.heardBytes = 0;
    world.world.deaf.add(attacker.id);
  }
  for (const { id, frame } of attackers.map((each) => ({ id: each.id, frame: each.frame(request) }))) {
    const bytes = concatBytes(...Array.from({ length: 64 }, () => frame));
    world.world.give({ type: "received", peer: id, bytes });
  }
  for (let turn = 0; turn < 20; turn++) world.world.pass();
  return attackers.reduce((sum, { heardBytes }) => sum + heardBytes, 0);
}

test("attack 4, getdata of one item each: of who reads no answer, a megabyte and a block wait", () => {
  const big = tree.extend(nodes.at(-1) ?? tree.genesis, {
    transactions: first === undefined ? [] : [spendAnyone([coinbaseOf(first)], 0, 40_000)],
  });
  const { hash, bytes } = big.block;
  const items = [{ type: MSG_WITNESS_BLOCK, hash }];
  for (const count of [1, 5]) {
    const waiting = bytesForDeaf(count, { type: "getdata", value: { items } }, [...nodes, big]);
    assert.ok(bytes.length > 350_000);
    assert.ok(waiting <= count * (1_000_000 + bytes.length + 1_000), `${waiting} bytes of ${count} peers`);
    assert.ok(waiting > count * bytes.length, "though all of them are served");
  }
});

test("attack 4, getheaders without end: of who reads no answer, a megabyte and one answer wait", () => {
  const long = tree.grow(tree.genesis, 600);
  const value = { version: 70_016, locator: [tree.genesis.block.hash], stop: ZERO_HASH as BlockHash };
  const waiting = bytesForDeaf(1, { type: "getheaders", value }, long);
  assert.ok(waiting <= 1_000_000 + 600 * 81 + 1_000, `${waiting} bytes wait`);
});
