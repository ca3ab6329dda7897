/** Announcements that are to fill memory, or to make us send and sort without end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { randomBytes, seededRng } from "../../src/base/rng.ts";
import { minutes } from "../../src/base/time.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import type { Bytes } from "../../src/base/bytes.ts";
import type { Without } from "../../src/base/defences.ts";
import type { Message } from "../../src/wire/message.ts";
import { INVENTORY_COUNT_MAX, MSG_BLOCK, MSG_WTX } from "../../src/wire/messages/inventory.ts";
import { BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone } from "../support/blocks.ts";
import { holdingsOf } from "../support/holdings.ts";
import { bothWays, twoColumns } from "../support/two_columns.ts";
import { VictimWorld } from "../support/victim_world.ts";

installNodeCrypto();

const rng = seededRng(1);
const tree = new BlockTree(QUICK_MATURITY);
const chain = tree.grow(tree.genesis, 5);

function inv(type: number, hashes: readonly Bytes[]): Message {
  return { type: "inv", value: { items: hashes.map((hash) => ({ type, hash })) } };
}

function randomHashes(count: number): readonly Bytes[] {
  return Array.from({ length: count }, () => randomBytes(rng, 32));
}

/** Entries of every table that notes what peers have announced. */
function announcementsKept(world: VictimWorld): number {
  return holdingsOf(world.core, new Set(["ChainState", "Mempool"])).get("TxRequests.#byHash")?.size ?? 0;
}

test("attack 1, flood of announced transactions: 5,000 are noted of a peer, all only of one that is trusted", (t) => {
  const flood = (isBounded: boolean): readonly [kept: number, asked: number] => {
    const world = new VictimWorld();
    world.give(chain);
    const attacker = world.inbound({ permissions: isBounded ? [] : ["relay"] });
    for (let i = 0; i < 3; i++) attacker.says(inv(MSG_WTX, randomHashes(10_000)));
    world.pass(minutes(0.5));
    const asked = attacker.told("getdata").reduce((sum, { items }) => sum + items.length, 0);
    return [announcementsKept(world), asked];
  };
  const { defended, undefended } = bothWays(t, "a bound on what a peer announces", flood);
  assert.deepEqual(defended, [5_000, 5_000]);
  assert.deepEqual(undefended, [30_000, 30_000]);
});

test("attack 1, flood of announced transactions: what a peer announced goes with it", () => {
  const world = new VictimWorld();
  world.give(chain);
  const attacker = world.inbound();
  attacker.says(inv(MSG_WTX, randomHashes(20_000)));
  assert.equal(announcementsKept(world), 5_000);
  world.world.drop(attacker.id);
  world.world.settle();
  assert.equal(announcementsKept(world), 0);
});

test("attack 2, 50,000 announced blocks: one getheaders for all of them, and for as many messages of one each", (t) => {
  const [many, some] = [randomHashes(INVENTORY_COUNT_MAX), randomHashes(500)];
  const { defended, undefended } = twoColumns(t, "one-getheaders", (without) => {
    const world = new VictimWorld({ without });
    world.give(chain);
    const attacker = world.inbound();
    const before = attacker.told("getheaders").length;
    attacker.says(inv(MSG_BLOCK, many));
    assert.ok(attacker.told("getheaders").length - before <= 1, "one message");
    for (const hash of some) attacker.says(inv(MSG_BLOCK, [hash]));
    return { asked: attacker.told("getheaders").length - before, bytes: attacker.heardBytes };
  });
  assert.ok(defended.asked <= 1, `${defended.asked} after 500 messages more`);
  assert.ok(defended.bytes < 10_000, `${defended.bytes} bytes`);
  assert.ok(undefended.asked >= 500 && undefended.bytes > 50 * defended.bytes, "one for each");
});

/** The sizes of the messages in which a peer is told of 1,000 transactions that wait. */
function batchesOf(without: Without): readonly number[] {
  const world = new VictimWorld({ without });
  const nodes = [...tree.grow(tree.genesis, 5)];
  const fans = nodes.slice(0, 1).map((node) => spendAnyone([coinbaseOf(node)], 100_000, 1_000));
  nodes.push(tree.extend(nodes.at(-1) as (typeof nodes)[0], { transactions: fans }));
  world.give(nodes);
  const listener = world.inbound();
  for (const { txid, outputs } of fans) {
    for (const [index, { value }] of outputs.entries()) {
      const transaction = spendAnyone([{ outPoint: { txid, index }, value }], 600 + index, 3);
      world.world.command({ type: "submit-transaction", transaction, maxFeeRate: 0 });
      if (index % 100 === 0) world.world.settle();
    }
  }
  world.world.settle();
  assert.equal(world.core.mempool.size, 1_000);
  const batches: number[] = [];
  for (let told = 0; told < 1_000 && batches.length < 200;) {
    world.pass(minutes(0.1));
    const sizes = listener.told("inv").slice(batches.length).map(({ items }) => items.length);
    batches.push(...sizes);
    told = batches.reduce((sum, size) => sum + size, 0);
  }
  assert.equal(batches.reduce((sum, size) => sum + size, 0), 1_000, "all are told in the end");
  return batches;
}

test("attack 10, a flood of good transactions: a peer is told of 75 at a time, however many wait", (t) => {
  const { defended, undefended } = twoColumns(t, "announcement-batches", (without) => {
    return Math.max(...batchesOf(without));
  });
  // 70, and 5 more for each thousand that wait.
  assert.ok(defended <= 70 + 5, `batches of up to ${defended}`);
  assert.equal(undefended, 1_000, "all at once");
});
