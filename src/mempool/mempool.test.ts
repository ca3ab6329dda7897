import assert from "node:assert/strict";
import { test } from "node:test";
import { MempoolHarness, output, spend, txidOf, USUAL_SCRIPT } from "../../test/support/mempool_harness.ts";
import { violation } from "../consensus/rule_violation.ts";
import { MONEY_MAX, type Sats } from "../primitives/amount.ts";
import { NULL_OUT_POINT, Transaction } from "../primitives/transaction.ts";
import { STANDARD_VERIFY_FLAGS } from "../script/flags.ts";

const COIN = 100_000_000;
const FEE = 1_000;

function funded(settings = {}) {
  const world = new MempoolHarness(settings);
  const coin = world.fund(COIN);
  return { world, coin, good: spend([coin], COIN - FEE) };
}

test("a good transaction is accepted, told of, and counted", () => {
  const { world, good } = funded();
  const admission = world.submit(good);
  assert.ok(admission.type === "accepted");
  assert.equal(admission.entry.fee, FEE);
  assert.equal(admission.entry.height, 200);
  assert.deepEqual(world.events, [{ type: "tx-accepted", entry: admission.entry }]);
  assert.equal(world.pool.size, 1);
  assert.equal(world.pool.virtualBytes, good.vsize);
  assert.equal(world.pool.totalFee, FEE);
  assert.equal(world.pool.sequence, 1);
  assert.equal(world.pool.get(good.txid), admission.entry);
  assert.equal(world.pool.getByWtxid(good.wtxid), admission.entry);
});

test("scripts are known for what is here, under the flags of its check and any fewer", () => {
  const { world, good } = funded();
  const flags = STANDARD_VERIFY_FLAGS | world.nextBlockScriptFlags;
  assert.equal(world.pool.areScriptsKnown(good, 0), false);
  world.submit(good);
  assert.equal(world.lastJob?.flags, flags);
  assert.equal(world.pool.areScriptsKnown(good, flags), true);
  assert.equal(world.pool.areScriptsKnown(good, STANDARD_VERIFY_FLAGS), true);
  assert.equal(world.pool.areScriptsKnown(good, flags | (1 << 29)), false);
  assert.equal(world.pool.areScriptsKnown(spend([world.fund(COIN)], COIN - FEE), 0), false);
});

test("what comes back from a block was checked under that block's flags, so that its scripts count as unknown", () => {
  const { world, coin, good } = funded();
  world.submit(good);
  const spent = new Map(world.coins);
  const block = world.connect([good]);
  assert.equal(world.pool.areScriptsKnown(good, 0), false);
  world.disconnect(block, spent);
  world.pool.tipChanged();
  assert.ok(world.hasCoin(coin) && world.pool.get(good.txid) !== undefined);
  assert.equal(world.pool.areScriptsKnown(good, STANDARD_VERIFY_FLAGS), false);
});

test("a trial admits nothing, and gives the verdict that an admission would", () => {
  const { world, good } = funded();
  const trial = world.test(good);
  assert.equal(trial.type, "accepted");
  assert.equal(world.pool.size, 0);
  assert.deepEqual(world.events, []);
  assert.deepEqual(trial, world.submit(good));
});

test("what is here already is known; with another witness it is refused", () => {
  const { world, good } = funded();
  world.submit(good);
  assert.equal(world.verdict(good), "known");
  const [input] = good.inputs;
  assert.ok(input !== undefined);
  const other = Transaction.of({ ...good, inputs: [{ ...input, witness: [Uint8Array.of(1)] }] });
  assert.equal(world.verdict(other), "txn-same-nonwitness-data-in-mempool");
});

const REFUSALS: readonly (readonly [rule: string, make: (world: MempoolHarness) => Transaction])[] = [
  ["bad-txns-vout-empty", (world) => Transaction.of({ ...spend([world.fund(COIN)], 1), outputs: [] })],
  ["bad-txns-vout-toolarge", (world) => spend([world.fund(COIN)], MONEY_MAX + 1)],
  ["coinbase", () => coinbase()],
  ["version", (world) => spend([world.fund(COIN)], COIN - FEE, { version: 4 })],
  ["tx-size-small", (world) => small(world)],
  ["non-final", (world) => spend([world.fund(COIN)], COIN - FEE, { locktime: 201, sequence: 0 })],
  ["bad-txns-in-belowout", (world) => spend([world.fund(COIN)], COIN + 1)],
  [
    "bad-txns-premature-spend-of-coinbase",
    (world) => spend([world.fund(COIN, { isCoinbase: true, height: 102 })], COIN),
  ],
  ["non-BIP68-final", (world) => spend([world.fund(COIN, { height: 200 })], COIN - FEE, { sequence: 2 })],
  ["min relay fee not met", (world) => spend([world.fund(COIN)], COIN - 8)],
  ["missing-inputs", () => spend([{ ...NULL_OUT_POINT, index: 0 }], COIN)],
];

function coinbase(): Transaction {
  const input = { prevout: NULL_OUT_POINT, scriptSig: Uint8Array.of(1, 1), sequence: 0, witness: [] };
  return Transaction.of(
    { version: 2, inputs: [input], outputs: [{ value: 0 as Sats, script: USUAL_SCRIPT }], locktime: 0 },
  );
}

function small(world: MempoolHarness): Transaction {
  const usual = spend([world.fund(COIN)], 1);
  return Transaction.of({ ...usual, outputs: [{ value: 0 as Sats, script: Uint8Array.of(0x6a) }] });
}

for (const [rule, make] of REFUSALS) {
  test(`refused: ${rule}`, () => {
    const world = new MempoolHarness();
    assert.equal(world.verdict(make(world)), rule);
    assert.equal(world.pool.size, 0);
    assert.deepEqual(world.events, []);
  });
}

test("the bounds of time, maturity and fee are those of the next block, to the unit", () => {
  const world = new MempoolHarness();
  assert.equal(
    world.verdict(spend([world.fund(COIN)], COIN - FEE, { locktime: 200, sequence: 0 })),
    "accepted",
  );
  assert.equal(
    world.verdict(spend([world.fund(COIN, { isCoinbase: true, height: 101 })], COIN - FEE)),
    "accepted",
  );
  assert.equal(
    world.verdict(spend([world.fund(COIN, { height: 200 })], COIN - FEE, { sequence: 1 })),
    "accepted",
  );
  const coin = world.fund(COIN);
  const { vsize } = spend([coin], COIN);
  assert.equal(world.verdict(spend([coin], COIN - Math.ceil(vsize / 10))), "accepted");
});

test("missing inputs are named; if the transaction's own outputs are confirmed, it is known", () => {
  const { world, good } = funded();
  const child = spend([output(good), output(good, 7)], COIN);
  assert.deepEqual(world.submit(child), { type: "missing-inputs", missing: [output(good), output(good, 7)] });
  world.connect([good]);
  assert.equal(world.verdict(good), "txn-already-known");
});

test("a script fault is the verdict, and the coin stays free", () => {
  const { world, good } = funded();
  world.fault = violation("mempool-script-verify-flag-failed (x)");
  assert.equal(world.verdict(good), "mempool-script-verify-flag-failed (x)");
  world.fault = undefined;
  assert.equal(world.verdict(good), "accepted");
});

test("a script fault says whether the witness may only have been taken away", () => {
  const { world, good } = funded();
  world.fault = violation("mempool-script-verify-flag-failed (x)");
  const [input] = good.inputs;
  assert.ok(input !== undefined);
  const witnessed = Transaction.of({ ...good, inputs: [{ ...input, witness: [Uint8Array.of(1)] }] });
  const isStripped = (transaction: Transaction): boolean | undefined => {
    const admission = world.submit(transaction);
    return admission.type === "rejected" ? admission.isStripped : undefined;
  };
  assert.deepEqual([good, witnessed].map(isStripped), [true, undefined]);
});

test("of two that spend one coin the first is kept, though both were being verified at once", () => {
  const { world, coin, good } = funded();
  const rival = spend([coin], COIN - 2 * FEE);
  const verdicts: string[] = [];
  for (const each of [good, rival]) {
    world.pool.submit(each, (a) => verdicts.push(a.type === "rejected" ? a.violation.rule : a.type));
  }
  world.settle();
  assert.deepEqual(verdicts, ["accepted", "bip125-replacement-disallowed"]);
});

test("of a rival of what is here the amounts and the fee are judged first", () => {
  const { world, coin, good } = funded();
  world.submit(good);
  assert.match(world.verdict(spend([coin], COIN + 1)), /^bad-txns-in-belowout/);
  assert.equal(world.verdict(spend([coin], COIN)), "min relay fee not met");
  assert.equal(world.verdict(spend([coin], COIN - 9 * FEE)), "bip125-replacement-disallowed");
});

test("a coin that a block spends while scripts are verified is missing at the second look", () => {
  const { world, coin, good } = funded();
  let verdict: string | undefined;
  world.pool.submit(good, (admission) => void (verdict = admission.type));
  world.connect([spend([coin], 1)]);
  world.settle();
  assert.equal(verdict, "missing-inputs");
});

test("children of unconfirmed parents are accepted, and relative locks take them for mined next", () => {
  const { world, good } = funded();
  world.submit(good);
  const locked = spend([output(good)], COIN - 2 * FEE, { sequence: 1 });
  assert.equal(world.verdict(locked), "non-BIP68-final");
  assert.equal(world.verdict(spend([output(good)], COIN - 2 * FEE, { sequence: 0 })), "accepted");
});

test("a block takes its own out, and those that spend what it spent with all their children", () => {
  const world = new MempoolHarness();
  const [a, b] = [world.fund(COIN), world.fund(COIN)];
  const mined = spend([a], COIN - FEE);
  const child = spend([output(mined)], COIN - 2 * FEE);
  const loser = spend([b], COIN - FEE);
  const loserChild = spend([output(loser)], COIN - 2 * FEE);
  for (const each of [mined, child, loser, loserChild]) world.submit(each);
  world.events.length = 0;
  world.connect([mined, spend([b], COIN - 5 * FEE)]);
  world.pool.tipChanged();
  assert.deepEqual(world.txids(), [txidOf(child)]);
  const removals = world.events.map(
    (event) => event.type === "tx-removed" && [txidOf(event.entry.transaction), event.reason],
  );
  assert.deepEqual(removals, [
    [txidOf(mined), "block"],
    [txidOf(loserChild), "conflict"],
    [txidOf(loser), "conflict"],
  ]);
});

test("what a block held comes back before its children when the block is taken back", () => {
  const { world, good } = funded();
  const spent = new Map(world.coins);
  const grandchild = spend([output(good)], COIN - 2 * FEE);
  world.submit(good);
  const block = world.connect([good]);
  world.submit(grandchild);
  world.disconnect(block, spent);
  world.pool.tipChanged();
  assert.deepEqual(world.txids(), [txidOf(good), txidOf(grandchild)]);
  assert.ok((world.pool.get(good.txid)?.sequence ?? 1) <= 0);
  assert.equal(world.pool.totalFee, 2 * FEE);
});

test("two blocks taken back give their transactions in the order of the chain", () => {
  const { world, good } = funded();
  const spent = new Map(world.coins);
  const child = spend([output(good)], COIN - 2 * FEE);
  const first = world.connect([good]);
  for (const [key, coin] of world.coins) spent.set(key, coin);
  const second = world.connect([child]);
  world.disconnect(second, spent);
  world.disconnect(first, spent);
  world.pool.tipChanged();
  assert.deepEqual(world.txids(), [txidOf(good), txidOf(child)]);
});

test("what the new chain confirms stays out, and what it double-spends takes its children along", () => {
  const world = new MempoolHarness();
  const [a, b] = [world.fund(COIN), world.fund(COIN)];
  const spent = new Map(world.coins);
  const [kept, beaten] = [spend([a], COIN - FEE), spend([b], COIN - FEE)];
  const block = world.connect([kept, beaten]);
  const orphaned = spend([output(beaten)], COIN - 2 * FEE);
  const child = spend([output(kept)], COIN - 2 * FEE);
  for (const each of [orphaned, child]) assert.equal(world.verdict(each), "accepted");
  world.disconnect(block, spent);
  world.connect([kept, spend([b], COIN - 3 * FEE)]);
  world.pool.tipChanged();
  assert.deepEqual(world.txids(), [txidOf(child)]);
});

test("spends of a coinbase that is gone or immature again go, and their children with them", () => {
  const world = new MempoolHarness();
  const block = world.connect([]);
  const [coinbase] = block.transactions;
  assert.ok(coinbase !== undefined);
  const young = world.fund(COIN, { isCoinbase: true, height: world.tipHeight - 99 });
  const spender = spend([young], COIN - FEE);
  world.submit(spender);
  world.submit(spend([output(spender)], COIN - 2 * FEE));
  const lasting = spend([world.fund(COIN)], COIN - FEE);
  world.submit(lasting);
  world.disconnect(block, new Map());
  world.pool.tipChanged();
  assert.deepEqual(world.txids(), [txidOf(lasting)]);
});

test("what spends two outputs of a transaction that does not come back goes once", () => {
  const world = new MempoolHarness();
  const coin = world.fund(COIN);
  const spent = new Map(world.coins);
  const odd = spend([coin], COIN - FEE, { version: 9, outputs: 2 });
  const block = world.connect([odd]);
  const [left, right] = [
    spend([output(odd)], COIN / 2 - 2 * FEE),
    spend([output(odd, 1)], COIN / 2 - 2 * FEE),
  ];
  const both = spend([output(left), output(right)], COIN - 8 * FEE);
  for (const each of [left, right, both]) assert.equal(world.verdict(each), "accepted");
  world.disconnect(block, spent);
  world.pool.tipChanged();
  assert.equal(world.pool.size, 0);
  assert.equal(world.events.filter((event) => event.type === "tx-removed").length, 3);
});

test("a child that spends a parent of the same lost block goes with the first of them", () => {
  const world = new MempoolHarness();
  const coin = world.fund(COIN);
  const spent = new Map(world.coins);
  const odd = spend([coin], COIN - FEE, { version: 9, outputs: 2 });
  const block = world.connect([odd]);
  const first = spend([output(odd)], COIN / 2 - 2 * FEE);
  const second = spend([output(first), output(odd, 1)], COIN - 8 * FEE);
  for (const each of [first, second]) assert.equal(world.verdict(each), "accepted");
  world.disconnect(block, spent);
  world.pool.tipChanged();
  assert.equal(world.pool.size, 0);
});

test("a relative lock that a lower tip has not met yet sends the spender out again", () => {
  const world = new MempoolHarness();
  const block = world.connect([]);
  const locked = spend([world.fund(COIN, { height: world.tipHeight - 1 })], COIN - FEE, { sequence: 2 });
  assert.equal(world.verdict(locked), "accepted");
  world.disconnect(block, new Map());
  world.pool.tipChanged();
  assert.equal(world.pool.size, 0);
});

test("scripts are held to what is relayed, and to all that the next block is", () => {
  const { world, good } = funded();
  world.submit(good);
  assert.equal(world.lastJob?.flags, (STANDARD_VERIFY_FLAGS | world.nextBlockScriptFlags) >>> 0);
  assert.equal(world.lastJob?.inputCount, 1);
  assert.deepEqual(world.lastJob?.bytes, good.bytes);
});

test("after two weeks a transaction goes, with its children, and not a second sooner", () => {
  const { world, good } = funded();
  world.submit(good);
  world.submit(spend([output(good)], COIN - 2 * FEE));
  world.now += 336 * 3600;
  world.pool.tipChanged();
  assert.equal(world.pool.size, 2);
  world.now += 1;
  world.pool.tipChanged();
  assert.equal(world.pool.size, 0);
  assert.ok(world.events.slice(2).every((event) => event.type === "tx-removed" && event.reason === "expiry"));
});

test("no more than 64 transactions hang together", () => {
  const world = new MempoolHarness();
  let last = spend([world.fund(COIN)], COIN - FEE);
  for (let count = 1; count <= 64; count++) {
    assert.equal(world.verdict(last), "accepted", `link ${count}`);
    last = spend([output(last)], COIN - (count + 1) * FEE);
  }
  assert.equal(world.verdict(last), "too-large-cluster");
});

test("a full pool lets the cheapest go, and asks more of newcomers until time and blocks go by", () => {
  const world = new MempoolHarness({ maxBytes: 20_000 });
  const cheap = spend([world.fund(COIN)], COIN - FEE);
  world.submit(cheap);
  const rich = Array.from({ length: 30 }, (_, i) => spend([world.fund(COIN)], COIN - (10 + i) * FEE));
  for (const each of rich) world.submit(each);
  assert.ok(world.pool.usage <= 20_000);
  assert.equal(world.pool.get(cheap.txid), undefined);
  const raised = world.pool.minFeeRate;
  assert.ok(raised > 100);
  assert.equal(world.verdict(spend([world.fund(COIN)], COIN - FEE)), "mempool min fee not met");

  world.now += 12 * 3600;
  assert.equal(world.pool.minFeeRate, raised, "nothing is forgiven before a block");
  world.connect([]);
  world.now += 12 * 3600;
  assert.equal(world.pool.minFeeRate, Math.round(raised / 2));
  world.now += 30 * 24 * 3600;
  assert.equal(world.pool.minFeeRate, 100);
});

test("one that would be the first to go again is refused, and no one hears of it", () => {
  const world = new MempoolHarness({ maxBytes: 20_000 });
  const fill = () => world.submit(spend([world.fund(COIN)], COIN - 50 * FEE));
  fill();
  const usageOfOne = world.pool.usage;
  while (world.pool.usage + usageOfOne <= 20_000) fill();
  const size = world.pool.size;
  world.events.length = 0;
  assert.equal(world.verdict(spend([world.fund(COIN)], COIN - FEE, { outputs: 4 })), "mempool full");
  assert.deepEqual(world.events, []);
  assert.equal(world.pool.size, size);
});

test("a parent is not evicted before a cheaper stranger when its child pays for both", () => {
  const world = new MempoolHarness({ maxBytes: 20_000 });
  const parent = spend([world.fund(COIN)], COIN - 100);
  const child = spend([output(parent)], COIN - 100 - 20 * FEE);
  const stranger = spend([world.fund(COIN)], COIN - 2 * FEE);
  for (const each of [parent, child, stranger]) assert.equal(world.verdict(each), "accepted");
  const fill = () => world.submit(spend([world.fund(COIN)], COIN - 30 * FEE));
  while (world.pool.get(stranger.txid) !== undefined) fill();
  assert.notEqual(world.pool.get(parent.txid), undefined);
});

test("version 3 goes with one version 3 child, and with no other version", () => {
  const world = new MempoolHarness();
  const parent = spend([world.fund(COIN)], COIN - FEE, { version: 3, outputs: 2 });
  assert.equal(world.verdict(parent), "accepted");
  assert.equal(world.verdict(spend([output(parent)], 1000, { version: 2 })), "TRUC-violation");
  const child = spend([output(parent)], COIN / 2 - 2 * FEE, { version: 3 });
  assert.equal(world.verdict(child), "accepted");
  assert.equal(world.verdict(spend([output(parent, 1)], 1000, { version: 3 })), "TRUC-violation");
  assert.equal(world.verdict(spend([output(child)], 1000, { version: 3 })), "TRUC-violation");
});

test("odd forms pass only where the network lets them", () => {
  const make = (world: MempoolHarness) => spend([world.fund(COIN)], COIN - FEE, { version: 9 });
  const [strict, lax] = [new MempoolHarness(), new MempoolHarness({ acceptNonstandard: true })];
  assert.equal(strict.verdict(make(strict)), "version");
  assert.equal(lax.verdict(make(lax)), "accepted");
});

test("a transaction that was read out of a large buffer does not keep that buffer", () => {
  const { world, good } = funded();
  const buffer = new Uint8Array(1_000_000);
  buffer.set(good.bytes, 500);
  const inside = new Transaction(good, buffer.subarray(500, 500 + good.bytes.length), 0);
  world.submit(inside);
  const kept = world.pool.get(good.txid)?.transaction;
  assert.deepEqual(kept?.bytes, good.bytes);
  assert.ok((kept?.bytes.buffer.byteLength ?? Infinity) < 2_000);
});
