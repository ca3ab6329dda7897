import assert from "node:assert/strict";
import { test } from "node:test";
import { alteredBlock, type BlockNode, BlockTree } from "../../test/support/blocks.ts";
import { signedBlock } from "../../test/support/signed_block.ts";
import {
  commitmentIndex, commitmentScript, transactionsMerkleRoot, witnessCommitment, witnessMerkleRoot,
} from "../consensus/merkle.ts";
import { MAIN } from "../params/main.ts";
import { REGTEST, regtestWith } from "../params/regtest.ts";
import type { Sats } from "../primitives/amount.ts";
import { Block } from "../primitives/block.ts";
import type { Coin } from "../primitives/coin.ts";
import { type Txid, ZERO_HASH } from "../primitives/hash.ts";
import { SEQUENCE_FINAL, Transaction, type TransactionFields } from "../primitives/transaction.ts";
import { checkLoneBlock, heightInCoinbase, type LoneBlock } from "./lone_block.ts";
import { openQuestions } from "./open_questions.ts";

const NOW = 1_900_000_000;
const signed = signedBlock();
const ORIGINAL: LoneBlock = { ...signed, now: NOW };

function judge(change: Partial<LoneBlock>): string {
  const verdict = checkLoneBlock({ ...ORIGINAL, ...change });
  if (verdict.type === "good") return "good";
  return verdict.type === "bad" ? verdict.violation.rule : verdict.why;
}

function withCoin(at: number, change: Partial<Coin>): Partial<LoneBlock> {
  return { spent: signed.spent.map((coin, index) => (index === at ? { ...coin, ...change } : coin)) };
}

/** A coin that the block makes itself, and one that it does not. */
const inside = signed.spent.findIndex(({ height }) => height === signed.height);
const outside = signed.spent.findIndex(({ height, isCoinbase }) => height !== signed.height && !isCoinbase);

test("a block with the coins that it spends is good", () => {
  assert.ok(inside >= 0 && outside >= 0);
  assert.equal(judge({}), "good");
});

test("too few or too many coins fit no block", () => {
  const count = signed.spent.length;
  assert.equal(judge({ spent: signed.spent.slice(1) }), `${count - 1} coins, where the block spends ${count}`);
  assert.match(judge({ spent: [...signed.spent, ...signed.spent.slice(-1)] }), /coins, where the block spends/);
});

test("a coin that the block makes itself is what the block makes of it", () => {
  const { value } = signed.spent[inside] as Coin;
  assert.match(judge(withCoin(inside, { value: (value + 1) as Sats })), /is worth \d+, where the block makes it/);
  assert.match(judge(withCoin(inside, { script: Uint8Array.of(0x51) })), /has another script/);
  assert.match(judge(withCoin(inside, { isCoinbase: true })), /of another kind of transaction/);
  assert.match(judge(withCoin(inside, { height: 1 })), /is made by this very block/);
  assert.equal(judge(withCoin(inside, { height: 0 })), "good");
});

test("a coin is older than the block that spends it", () => {
  assert.match(judge(withCoin(outside, { height: signed.height })), /not below the block's/);
  assert.equal(judge(withCoin(outside, { height: signed.height - 1 })), "good");
});

test("a coinbase's coin is mature where its height is known", () => {
  const young = signed.height - 1;
  assert.equal(judge(withCoin(outside, { isCoinbase: true, height: young })), "bad-txns-premature-spend-of-coinbase");
  assert.equal(judge(withCoin(outside, { isCoinbase: true, height: 0 })), "good");
});

test("amounts are counted", () => {
  const { value } = signed.spent[outside] as Coin;
  assert.equal(judge(withCoin(outside, { value: (value - 1) as Sats })), "bad-cb-amount");
  assert.equal(judge(withCoin(outside, { value: 0 as Sats })), "bad-txns-in-belowout");
  assert.equal(judge(withCoin(outside, { value: -1 as Sats })), "bad-txns-inputvalues-outofrange");
});

test("the rules are those of the height", () => {
  assert.equal(judge({ height: signed.height + 1 }), "bad-cb-height");
  assert.equal(judge({ now: 0 }), "time-too-new");
  const { deployments } = signed.params;
  const late = { ...signed.params, deployments: { ...deployments, segwitHeight: signed.height + 1 } };
  assert.equal(judge({ params: late }), "unexpected-witness");
});

const TREE = new BlockTree(REGTEST);
const PARENT = TREE.grow(TREE.genesis, 20).at(-1) as BlockNode;
const COIN: Coin = { value: 1000 as Sats, script: Uint8Array.of(0x51), height: 10, isCoinbase: false };

/** A block of regtest at height 21 with one transaction that spends `COIN`, or another. */
function blockWith(fields: Partial<TransactionFields>, sequence = SEQUENCE_FINAL, coin = COIN): LoneBlock {
  const prevout = { txid: new Uint8Array(32).fill(9) as Txid, index: 0 };
  const inputs = [{ prevout, scriptSig: new Uint8Array(0), sequence, witness: [] }];
  const outputs = [{ value: 1000 as Sats, script: Uint8Array.of(0x51) }];
  const transaction = Transaction.of({ version: 2, inputs, outputs, locktime: 0, ...fields });
  const { block, height } = TREE.extend(PARENT, { transactions: [transaction] });
  return { block, height, spent: [coin], params: REGTEST, now: NOW };
}

function ruleOf(lone: LoneBlock): string | undefined {
  const verdict = checkLoneBlock(lone);
  return verdict.type === "bad" ? verdict.violation.rule : undefined;
}

test("relative locktimes by height are held to, where the coin's height is known", () => {
  assert.equal(ruleOf(blockWith({}, 11)), undefined);
  assert.equal(ruleOf(blockWith({}, 12)), "bad-txns-nonfinal");
  const unknown = { ...COIN, height: 0 };
  assert.equal(ruleOf(blockWith({}, 12, unknown)), undefined);
  assert.match(openQuestions(blockWith({}, 12, unknown)).join(), /of 1 inputs whose coin's height is not given/);
  assert.equal(ruleOf(blockWith({}, 22, unknown)), "bad-txns-nonfinal", "no coin is older than the chain");
  assert.doesNotMatch(openQuestions(blockWith({}, 11)).join(), /locktimes/);
});

test("locktimes by time are refused where no median time could be late enough", () => {
  const { time } = PARENT.context;
  const blockTime = time + 600;
  assert.equal(ruleOf(blockWith({ locktime: blockTime - 1 }, 0xffff_fffe)), "bad-txns-nonfinal");
  const open = blockWith({ locktime: blockTime - 2 }, 0xffff_fffe);
  assert.equal(ruleOf(open), undefined);
  assert.match(openQuestions(open).join(), new RegExp(`of 1 transactions, that the median time past is above ${blockTime - 2}`));
  assert.match(openQuestions(blockWith({}, 0x0040_0001)).join(), /of 1 inputs that wait for a time/);
  assert.equal(ruleOf(blockWith({}, 0x0040_ffff)), "bad-txns-nonfinal", "before the chain began");
});

test("an output of the block is not there before the transaction that makes it", () => {
  const { transactions } = signed.block;
  const child = transactions.findIndex(({ inputs }) =>
    inputs.some(({ prevout }) => transactions.some(({ txid }) => Buffer.compare(txid, prevout.txid) === 0)));
  const order = [transactions[0], transactions[child], ...transactions.slice(1, child), ...transactions.slice(child + 1)];
  const block = mended(signed.block, order as Transaction[]);
  const coins = new Map<Transaction, readonly Coin[]>();
  let at = 0;
  for (const each of transactions.slice(1)) coins.set(each, signed.spent.slice(at, (at += each.inputs.length)));
  const spent = (order as Transaction[]).slice(1).flatMap((each) => coins.get(each) ?? []);
  assert.equal(judge({ block, spent }), "bad-txns-inputs-missingorspent");
});

test("an output that a transaction of the block does not have is not given by the coins", () => {
  const { transactions } = signed.block;
  const spend = Transaction.of({
    version: 2,
    inputs: [{ prevout: { txid: (transactions[1] as Transaction).txid, index: 99 }, scriptSig: new Uint8Array(0),
      sequence: SEQUENCE_FINAL, witness: [] }],
    outputs: [{ value: 1 as Sats, script: Uint8Array.of(0x51) }],
    locktime: 0,
  });
  const block = mended(signed.block, [...transactions, spend]);
  assert.equal(judge({ block, spent: [...signed.spent, COIN] }), "bad-txns-inputs-missingorspent");
});

/** With the commitment and the root that these transactions need. */
function mended(block: Block, transactions: readonly Transaction[]): Block {
  const [coinbase, ...others] = transactions as [Transaction, ...Transaction[]];
  const index = commitmentIndex(block);
  const commitment = witnessCommitment(witnessMerkleRoot(Block.of(block.header, transactions)), ZERO_HASH);
  const outputs = coinbase.outputs.map((output, at) =>
    at === index ? { ...output, script: commitmentScript(commitment) } : output);
  const { version, inputs, locktime } = coinbase;
  const all = [Transaction.of({ version, inputs, outputs, locktime }), ...others];
  return alteredBlock(block, { merkleRoot: transactionsMerkleRoot(all) }, all);
}

test("the height is what the coinbase says, from BIP34 on", () => {
  assert.equal(heightInCoinbase(signed.block, signed.params), signed.height);
  assert.equal(heightInCoinbase(PARENT.block, REGTEST), 20);
  assert.equal(heightInCoinbase(PARENT.block, regtestWith({ heights: { bip34Height: 21 } })), undefined);
  assert.equal(heightInCoinbase(MAIN.genesis, MAIN), undefined);
});

test("what is always open is said of every block, and BIP30 where heights do not settle it", () => {
  const always = ["the chain below", "difficulty", "median time past", "coins"];
  const subjects = (lone: LoneBlock) => openQuestions(lone).map((each) => each.slice(0, each.indexOf(":")));
  assert.deepEqual(subjects({ ...ORIGINAL, params: MAIN, height: 300_000 }), always);
  assert.deepEqual(subjects({ ...ORIGINAL, params: MAIN, height: 200_000 }), [...always, "coins made anew"]);
  assert.deepEqual(subjects({ ...ORIGINAL, params: MAIN, height: 2_000_000 }), [...always, "coins made anew"]);
});
