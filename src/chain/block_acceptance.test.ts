import assert from "node:assert/strict";
import { test } from "node:test";
import {
  alteredBlock, type BlockNode, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone,
} from "../../test/support/blocks.ts";
import { ChainHarness } from "../../test/support/chain_harness.ts";
import { Block } from "../primitives/block.ts";
import { displayHash } from "../primitives/hash.ts";
import { Transaction } from "../primitives/transaction.ts";
import { hashHeaders } from "./header_acceptance.ts";

const tree = new BlockTree(QUICK_MATURITY);
const nodes = tree.grow(tree.genesis, 8);
const first = nodes[0] as BlockNode;

function started(blocks: readonly BlockNode[] = []): ChainHarness {
  const harness = new ChainHarness({ params: QUICK_MATURITY });
  for (const { block } of blocks) harness.chain.addBlock(block, { requested: true });
  return harness.settle();
}

function verdictOf(harness: ChainHarness, block: Block, requested = true): string {
  const verdict = harness.chain.addBlock(block, { requested });
  if (verdict.type !== "invalid") return verdict.type;
  return verdict.mutated ? `${verdict.violation.rule} (mutated)` : verdict.violation.rule;
}

test("headers are added once, and told of once each", () => {
  const harness = started();
  const headers = hashHeaders(nodes.map(({ block }) => block.header));
  const verdict = harness.chain.addHeaders(headers);
  assert.deepEqual(verdict, { type: "accepted", last: 8, added: 8 });
  assert.deepEqual(harness.chain.addHeaders(headers), { type: "accepted", last: 8, added: 0 });
  assert.deepEqual(harness.events.map(({ type }) => type), Array<string>(8).fill("header-accepted"));
  assert.equal(harness.chain.bestHeader, 8);
  assert.equal(harness.chain.headers.hasBlock(harness.chain.bestHeader), false);
  const last = displayHash(nodes[7]?.block.hash ?? assert.fail());
  assert.ok(harness.log.includes(`Saw new header hash=${last} height=8`));
});

test("hashHeaders gives the hashes that each header would have computed", () => {
  for (const [at, header] of hashHeaders(nodes.map(({ block }) => block.header)).entries()) {
    assert.deepEqual(header.hash, nodes[at]?.block.hash);
    assert.deepEqual(header.bytes, nodes[at]?.block.header.bytes);
  }
});

test("headers without a parent, out of order, or against a rule are refused, those before them kept", () => {
  const harness = started();
  const [one, two, three] = nodes.map(({ block }) => block.header);
  assert.ok(one !== undefined && two !== undefined && three !== undefined);
  assert.deepEqual(harness.chain.addHeaders([two]), { type: "unconnected" });
  const gap = harness.chain.addHeaders([one, three]);
  assert.ok(gap.type === "invalid" && gap.violation.rule === "prev-blk-not-found" && gap.at === 1);
  assert.equal(harness.chain.headers.size, 2);
  const early = alteredBlock((nodes[1] as BlockNode).block, { time: first.context.medianTimePast });
  const old = harness.chain.addHeaders([early.header]);
  assert.ok(old.type === "invalid" && old.violation.rule === "time-too-old" && old.at === 0);
});

test("a header too far in the future is refused now and accepted later", () => {
  const harness = started();
  const { block } = first;
  harness.now = block.header.time - 2 * 60 * 60 - 1;
  const refused = harness.chain.addHeaders([block.header]);
  assert.equal(refused.type === "invalid" && refused.violation.rule, "time-too-new");
  harness.now++;
  assert.equal(harness.chain.addHeaders([block.header]).type, "accepted");
});

test("headers of a chain that may be too short are not remembered, and the log says so", () => {
  const harness = started();
  const verdict = harness.chain.addHeaders([first.block.header], { hasEnoughWork: false });
  assert.equal(verdict.type === "invalid" && verdict.violation.rule, "too-little-chainwork");
  const hash = displayHash(first.block.hash);
  assert.ok(harness.log.includes(
    `AcceptBlockHeader: not adding new block header ${hash}, missing anti-dos proof-of-work validation`,
  ));
  assert.equal(harness.chain.headers.size, 1);
});

test("a block on an unknown parent is not connected to anything", () => {
  const harness = started();
  assert.equal(verdictOf(harness, (nodes[4] as BlockNode).block), "unconnected");
  assert.ok(harness.log.some((line) => line.endsWith("AcceptBlock FAILED (prev-blk-not-found)")));
});

test("a block that is here already is a duplicate, before and after it is written", () => {
  const harness = started();
  assert.equal(verdictOf(harness, first.block), "accepted");
  assert.equal(verdictOf(harness, first.block), "duplicate");
  harness.settle();
  assert.equal(verdictOf(harness, first.block), "duplicate");
  assert.equal(verdictOf(harness, QUICK_MATURITY.genesis), "duplicate");
});

test("mutated blocks do not mark the header: the true block is still accepted", () => {
  const spends = [0, 1].map((at) => spendAnyone([coinbaseOf(nodes[at] as BlockNode)], 0));
  const node = tree.extend(nodes[7] as BlockNode, { transactions: spends });
  const harness = started(nodes);
  const { header, transactions } = node.block;
  // The root of an odd level is the same when its last hash is doubled (CVE-2012-2459).
  const doubled = Block.of(header, [...transactions, ...spends.slice(1)]);
  const cut = Block.of(header, transactions.slice(0, 1));
  assert.equal(verdictOf(harness, doubled), "bad-txns-duplicate (mutated)");
  assert.equal(verdictOf(harness, cut), "bad-txnmrklroot (mutated)");
  assert.ok(harness.log.includes("Block mutated: bad-txnmrklroot, hashMerkleRoot mismatch"));
  const [coinbase] = transactions;
  assert.ok(coinbase !== undefined);
  const inputs = coinbase.inputs.map((input) => ({ ...input, witness: [] }));
  const stripped = Transaction.of({ ...coinbase, inputs });
  assert.match(verdictOf(harness, Block.of(header, [stripped, ...spends])), /\(mutated\)$/);
  assert.equal(verdictOf(harness, node.block), "accepted");
  harness.settle();
  assert.equal(harness.height, 9);
});

test("a block against a rule marks its header, and what builds on it is refused by name", () => {
  const harness = started([first]);
  const second = nodes[1] as BlockNode;
  const late = Transaction.of({ ...(second.block.transactions[0] ?? assert.fail()), locktime: 1_000_000 });
  const rebuilt = tree.extend(first, { transactions: [] });
  // A coinbase with a height that is not the block's.
  const wrongHeight = alteredBlock(rebuilt.block, { merkleRoot: late.txid }, [late]);
  const rule = verdictOf(harness, wrongHeight);
  assert.ok(["bad-txns-nonfinal", "bad-cb-height"].includes(rule), rule);
  assert.equal(verdictOf(harness, wrongHeight), "duplicate-invalid");
  const child = alteredBlock((nodes[2] as BlockNode).block, { previous: wrongHeight.hash });
  const verdict = harness.chain.addHeaders([child.header]);
  assert.equal(verdict.type === "invalid" && verdict.violation.rule, "bad-prevblk");
  harness.settle();
  const again = harness.crash().settle();
  assert.equal(verdictOf(again, wrongHeight), "duplicate-invalid", "also after a restart");
});

test("a block that nobody asked for is stored only when it may become the tip soon", () => {
  const harness = started(nodes);
  const rival = tree.extend(tree.genesis);
  assert.equal(verdictOf(harness, rival.block, false), "ignored");
  assert.equal(verdictOf(harness, rival.block, true), "accepted");
  const long = new BlockTree(QUICK_MATURITY);
  const ahead = long.grow(long.genesis, 290);
  const fresh = started();
  fresh.chain.addHeaders(ahead.map(({ block }) => block.header));
  assert.equal(verdictOf(fresh, (ahead[288] as BlockNode).block, false), "ignored");
  assert.equal(verdictOf(fresh, (ahead[287] as BlockNode).block, false), "accepted");
  const poor = new ChainHarness({ params: QUICK_MATURITY, minimumChainWork: 1_000_000n }).settle();
  assert.equal(verdictOf(poor, first.block, false), "ignored");
});

test("rules about the coins are named as Bitcoin Core names them", () => {
  const grown = nodes[7] as BlockNode;
  const mature = coinbaseOf(nodes[5] as BlockNode);
  const missing = { outPoint: { ...mature.outPoint, index: 7 }, value: 1 };
  const cases: readonly (readonly [string, Parameters<BlockTree["extend"]>[1]])[] = [
    ["bad-txns-inputs-missingorspent", { transactions: [spendAnyone([missing])] }],
    ["bad-txns-inputs-missingorspent", { transactions: [spendAnyone([mature]), spendAnyone([mature], 5)] }],
    ["bad-txns-premature-spend-of-coinbase", { transactions: [spendAnyone([coinbaseOf(grown)])] }],
    ["bad-txns-in-belowout", { transactions: [spendAnyone([mature], -1)] }],
    ["bad-cb-amount", { fees: 1 }],
  ];
  for (const [rule, extension] of cases) {
    const harness = started(nodes);
    assert.equal(verdictOf(harness, tree.extend(grown, extension).block), "accepted");
    harness.settle();
    assert.equal(harness.height, 8);
    const told = harness.events.at(-1);
    assert.equal(told?.type === "block-checked" && told.violation?.rule, rule);
  }
});

test("a transaction whose relative locktime has not passed keeps its block out", () => {
  const made = spendAnyone([coinbaseOf(first)], 0);
  const base = tree.extend(nodes[7] as BlockNode, { transactions: [made] });
  const value = made.outputs[0]?.value ?? 0;
  const spend = spendAnyone([{ outPoint: { txid: made.txid, index: 0 }, value }], 0);
  const inputs = spend.inputs.map((input) => ({ ...input, sequence: 2 }));
  const locked = Transaction.of({ ...spend, inputs });
  const early = tree.extend(base, { transactions: [locked] });
  const between = tree.extend(base);
  const late = tree.extend(between, { transactions: [locked] });
  const harness = started([...nodes, base, early]);
  assert.equal(harness.height, 9);
  const told = harness.events.at(-1);
  assert.equal(told?.type === "block-checked" && told.violation?.rule, "bad-txns-nonfinal");
  for (const { block } of [between, late]) assert.equal(verdictOf(harness, block), "accepted");
  harness.settle();
  assert.equal(harness.height, 11);
});

test("initial block download ends once the tip is recent and has the minimum work, for good", () => {
  const harness = new ChainHarness({ params: QUICK_MATURITY, minimumChainWork: 8n }).settle();
  const { chain } = harness;
  assert.equal(chain.isInitialBlockDownload, true);
  harness.now = (nodes[3] as BlockNode).block.header.time + 24 * 60 * 60;
  const add = (at: number) => {
    chain.addBlock((nodes[at] as BlockNode).block, { requested: true });
    harness.settle();
  };
  add(0);
  add(1);
  assert.equal(chain.isInitialBlockDownload, true, "its time is too old, and its work too little");
  add(2);
  assert.equal(chain.isInitialBlockDownload, true, "four blocks have the work, but ten minutes are missing");
  add(3);
  assert.equal(chain.isInitialBlockDownload, false);
  assert.ok(harness.log.includes("Leaving InitialBlockDownload (latching to false)"));
  harness.now += 1_000_000;
  add(4);
  assert.equal(chain.isInitialBlockDownload, false);
});

test("the log line of a new tip is Bitcoin Core's", () => {
  const harness = started([first]);
  const line = harness.log.find((text) => text.startsWith("UpdateTip: "));
  const { hash, version } = first.block.header;
  const shown = version.toString(16).padStart(8, "0");
  assert.equal(
    line?.replace(/cache=\d+\.\dMiB/, "cache=0.0MiB"),
    `UpdateTip: new best=${displayHash(hash)} height=1 version=0x${shown} log2_work=2.000000 tx=2 ` +
      // Two transactions there are, and regtest is taken to have one more every 1,000 s for 100 days less ten minutes.
      "date='2011-02-02T23:26:42Z' progress=0.000231 cache=0.0MiB(1txo)",
  );
});

test("locators thin out towards genesis, and find the fork again", () => {
  const harness = started(nodes);
  const { chain } = harness;
  const side = tree.grow(nodes[2] as BlockNode, 3);
  chain.addHeaders(side.map(({ block }) => block.header));
  const sideTip = chain.headers.find(side[2]?.block.hash ?? assert.fail()) ?? assert.fail();
  assert.equal(chain.findFork(chain.locator(sideTip)), chain.activeAt(3));
  assert.equal(chain.findFork(chain.locator(chain.tip)), chain.tip);
  assert.equal(chain.findFork([]), chain.activeAt(0));
  const long = new BlockTree(QUICK_MATURITY).grow(tree.genesis, 40);
  const other = started();
  other.chain.addHeaders(long.map(({ block }) => block.header));
  const heights = other.chain.locator(other.chain.bestHeader).map((hash) => {
    return other.chain.headers.height(other.chain.headers.find(hash) ?? assert.fail());
  });
  assert.deepEqual(heights, [40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 27, 23, 15, 0]);
});
