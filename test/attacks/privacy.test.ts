/** What a stranger could learn: who sent a transaction first, who is connected to whom, which node this is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bytes } from "../../src/base/bytes.ts";
import { type Duration, milliseconds, minutes, seconds } from "../../src/base/time.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import type { Permission } from "../../src/peer/peer.ts";
import type { Transaction } from "../../src/primitives/transaction.ts";
import { MSG_BLOCK, MSG_WITNESS_TX, MSG_WTX } from "../../src/wire/messages/inventory.ts";
import { type BlockNode, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone } from "../support/blocks.ts";
import { bothWays } from "../support/two_columns.ts";
import { type Attacker, VictimWorld } from "../support/victim_world.ts";

installNodeCrypto();

const tree = new BlockTree(QUICK_MATURITY);
const chain = tree.grow(tree.genesis, 12);

function payment(index: number): Transaction {
  return spendAnyone([coinbaseOf(chain[index] as BlockNode)], 20_000, 3);
}

function withChain(): VictimWorld {
  const world = new VictimWorld();
  world.give(chain);
  return world;
}

function asks(attacker: Attacker, type: number, hash: Bytes): void {
  attacker.says({ type: "getdata", value: { items: [{ type, hash }] } });
}

/** Those who are trusted are not defended against. */
function trust(isDefended: boolean): readonly Permission[] {
  return isDefended ? [] : ["noban"];
}

/** Whether one with these permissions gets a transaction that the node has just made itself, unasked of it. */
function getsAtOnce(permissions: readonly Permission[]): boolean {
  const world = withChain();
  const attacker = world.inbound({ permissions });
  const transaction = payment(0);
  // The moment at which it was last told is long past.
  world.pass(minutes(2), seconds(1));
  world.world.command({ type: "submit-transaction", transaction, maxFeeRate: 0 });
  world.world.settle();
  asks(attacker, MSG_WTX, transaction.wtxid);
  return attacker.told("tx").length > 0;
}

test("attack 34, getdata for what was not announced: a stranger is told that it is not there, one who is trusted gets it", (t) => {
  const { defended, undefended } = bothWays(t, "answers only for what was announced", (isOn) => {
    return getsAtOnce(trust(isOn));
  });
  assert.deepEqual([defended, undefended], [false, true]);
});

/** How long after each of some transactions has come in, in milliseconds, it is announced. */
function delays(permissions: readonly Permission[]): readonly number[] {
  const world = withChain();
  const listener = world.inbound({ permissions });
  return [0, 1, 2, 3, 4, 5, 6, 7].map((index) => {
    world.pass(seconds(20), seconds(1));
    const before = listener.told("inv").length;
    world.world.command({ type: "submit-transaction", transaction: payment(index), maxFeeRate: 0 });
    let waited = 0;
    for (; listener.told("inv").length === before && waited < 60_000; waited += 50) {
      world.pass(milliseconds(50));
    }
    return waited;
  });
}

test("attack 34, who had it first: strangers are told after seconds that chance draws, one who is trusted at once", (t) => {
  const { defended, undefended } = bothWays(t, "delays that chance draws, in ms", (isOn) => {
    return delays(trust(isOn));
  });
  assert.ok(defended.reduce((a, b) => a + b) / defended.length > 1_000);
  assert.ok(new Set(defended).size > 5, "no two waits are alike");
  assert.ok(Math.max(...undefended) <= 50);
});

test("attack 34, many connections: all inbound peers are told at the same moment, so that more of them show no more", () => {
  const world = withChain();
  const spies = Array.from({ length: 10 }, () => world.inbound());
  for (let index = 0; index < 6; index++) {
    const before = spies.map((spy) => spy.told("inv").length);
    world.world.command({ type: "submit-transaction", transaction: payment(index), maxFeeRate: 0 });
    for (let i = 0; i < 1_000 && spies.every((spy, at) => spy.told("inv").length === before[at]); i++) {
      world.pass(milliseconds(50));
    }
    assert.ok(spies.every((spy, at) => spy.told("inv").length > (before[at] ?? 0)), "one and all");
  }
});

test("attack 34, transactions nobody asked for: they are not sent back, nor announced to who sent them", () => {
  const world = withChain();
  const [sender, other] = [world.inbound(), world.inbound()];
  const transaction = payment(0);
  sender.says({ type: "tx", value: { transaction } });
  world.pass(minutes(1), milliseconds(200));
  assert.equal(sender.told("inv").flatMap(({ items }) => items).length, 0);
  assert.equal(other.told("inv").flatMap(({ items }) => items).length, 1);
});

const MONTH = 31 * 24 * 60 * 60;

/** A node that has followed one of two blocks at the same height, and left it for the other's branch. */
function afterReorganisation(age: number): readonly [world: VictimWorld, stale: BlockNode] {
  const own = new BlockTree(QUICK_MATURITY);
  const first = own.grow(own.genesis, 3);
  const fork = first.at(-1) as BlockNode;
  const stale = own.extend(fork);
  const branch = [...own.grow(fork, 2)];
  const last = branch.at(-1) as BlockNode;
  const late = own.extend(last, { time: last.block.header.time + age });
  const world = new VictimWorld({ start: late.block.header.time + 60 });
  world.give([...first, stale]);
  world.give([...branch, late]);
  return [world, stale];
}

test("attack 35, fingerprint by stale blocks: those of this month are shown to who asks, older ones to nobody", () => {
  for (const [age, isShown] of [[600, true], [MONTH, false]] as const) {
    const [world, stale] = afterReorganisation(age);
    const attacker = world.inbound();
    asks(attacker, MSG_BLOCK, stale.block.hash);
    assert.equal(attacker.told("block").length, isShown ? 1 : 0, `${age} seconds later`);
    attacker.says({ type: "getheaders", value: { version: 70_016, locator: [], stop: stale.block.hash } });
    const headers = attacker.told("headers").flatMap((each) => each.headers);
    assert.equal(headers.length, isShown ? 1 : 0);
  }
});

test("attack 35, fingerprint by what is in the last block: its transactions are served, those of older blocks not", () => {
  const world = withChain();
  const attacker = world.inbound();
  const [coinbase] = (chain[3] as BlockNode).block.transactions;
  assert.ok(coinbase !== undefined);
  asks(attacker, MSG_WITNESS_TX, coinbase.txid);
  assert.equal(attacker.told("tx").length, 0);
  assert.equal(attacker.told("notfound").length, 1);
});

test("attack 34, fees as a mark: what we tell of our fee filter is rounded, and told at times that chance draws", () => {
  const rates = new Set<bigint>();
  const world = withChain();
  const peers = Array.from({ length: 20 }, () => world.inbound());
  world.pass((30 * 60_000) as Duration, minutes(1));
  for (const peer of peers) for (const { feeRate } of peer.told("feefilter")) rates.add(feeRate);
  assert.ok(rates.size <= 2, `${[...rates]}`);
});
