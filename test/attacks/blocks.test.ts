/** Blocks that are to spoil what others send. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Without } from "../../src/base/defences.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { Block } from "../../src/primitives/block.ts";
import { MSG_WITNESS_BLOCK } from "../../src/wire/messages/inventory.ts";
import { type BlockNode, BlockTree, QUICK_MATURITY } from "../support/blocks.ts";
import { twoColumns } from "../support/two_columns.ts";
import { type Attacker, VictimWorld } from "../support/victim_world.ts";

installNodeCrypto();

const tree = new BlockTree(QUICK_MATURITY);
const chain = tree.grow(tree.genesis, 6);
const last = chain.at(-1) as BlockNode;

/** A node that has asked `honest` for the last block. */
function withRequest(without?: Without): { world: VictimWorld; honest: Attacker; attacker: Attacker } {
  const world = new VictimWorld(without === undefined ? {} : { without });
  world.give(chain.slice(0, -1));
  const [honest, attacker] = [world.inbound(), world.inbound()];
  honest.says({ type: "headers", value: { headers: [last.block.header] } });
  const asked = honest.told("getdata").flatMap(({ items }) => items);
  assert.ok(asked.some(({ type }) => type === MSG_WITNESS_BLOCK), "it was asked for the block");
  return { world, honest, attacker };
}

/** Blocks that are under way from this peer, as getpeerinfo tells. */
function inFlight(world: VictimWorld, attacker: Attacker): number {
  const peer = world.peer(attacker);
  return peer === undefined ? 0 : world.core.peerReport(peer).inFlight.length;
}

test("attack 22, a mutated block that nobody asked for: the request to another stands, and its block is taken", (t) => {
  const { defended, undefended } = twoColumns(t, "block-request-owner", (without) => {
    const { world, honest } = withRequest(without);
    const [coinbase] = last.block.transactions;
    assert.ok(coinbase !== undefined);
    // The same header, and so the same hash, over other transactions.
    const mutated = Block.of(last.block.header, [coinbase, coinbase]);
    for (let i = 0; i < 10; i++) {
      const attacker = world.inbound();
      attacker.says({ type: "block", value: { block: mutated } });
      assert.ok(!attacker.isConnected, "who sends it goes");
    }
    assert.equal(inFlight(world, honest), 1);
    honest.says({ type: "block", value: { block: last.block } });
    assert.equal(world.core.chain.headers.height(world.core.chain.tip), last.height);
    assert.equal(inFlight(world, honest), 0, "with the answer, and not before, it is settled");
    return honest.told("getdata").flatMap(({ items }) => items).length;
  });
  assert.deepEqual([defended, undefended], [1, 11], "times that it is asked for");
});

test("attack 22, a notfound from another: the request to who was asked stands", () => {
  const { world, honest, attacker } = withRequest();
  attacker.says({ type: "notfound", value: { items: [{ type: MSG_WITNESS_BLOCK, hash: last.block.hash }] } });
  assert.equal(inFlight(world, honest), 1);
});

test("attack 23, the same compact block again and again: no exception, whatever was said before", () => {
  const { world, honest, attacker } = withRequest();
  const [coinbase] = last.block.transactions;
  assert.ok(coinbase !== undefined);
  const prefilled = [{ index: 0, transaction: coinbase }];
  const compact = { header: last.block.header, nonce: 1n, shortIds: [], prefilled };
  const short = { ...compact, shortIds: [1, 2, 3] };
  for (const sender of [attacker, honest]) {
    sender.says({ type: "sendcmpct", value: { announce: true, version: 2n } });
    for (const value of [short, short, compact, compact]) sender.says({ type: "cmpctblock", value });
    const answer = { blockHash: last.block.hash, transactions: [coinbase] };
    for (let i = 0; i < 3; i++) sender.says({ type: "blocktxn", value: answer });
    const question = { blockHash: last.block.hash, indexes: [0, 65_535] };
    sender.says({ type: "getblocktxn", value: question });
  }
  honest.says({ type: "block", value: { block: last.block } });
  const fresh = world.inbound();
  fresh.says({ type: "block", value: { block: last.block } });
  assert.equal(world.core.chain.headers.height(world.core.chain.tip), last.height, "and the block is had");
});
