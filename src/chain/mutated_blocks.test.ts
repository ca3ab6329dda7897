/**
 * A block can be changed on the way without a change of its header's hash. Whoever sends such a block is
 * to blame; the block itself must still be taken when it comes as it was.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { alteredBlock, type BlockNode, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone } from "../../test/support/blocks.ts";
import { ChainHarness } from "../../test/support/chain_harness.ts";
import { signedBlock } from "../../test/support/signed_block.ts";
import { transactionsMerkleRoot } from "../consensus/merkle.ts";
import { Block } from "../primitives/block.ts";
import type { Txid } from "../primitives/hash.ts";
import { type Input, NULL_OUT_POINT, SEQUENCE_FINAL, Transaction } from "../primitives/transaction.ts";

const signed = signedBlock();
const { block: honest } = signed;
const all = honest.transactions;

function harness(): ChainHarness {
  const world = new ChainHarness({ params: signed.params });
  for (const { block } of signed.below) assert.equal(world.chain.addBlock(block, { requested: true }).type, "accepted");
  return world.settle();
}

/** The same transaction with other witnesses. */
function withWitness(transaction: Transaction, change: (input: Input) => Input["witness"]): Transaction {
  const { version, inputs, outputs, locktime } = transaction;
  return Transaction.of({
    version, outputs, locktime, inputs: inputs.map((input) => ({ ...input, witness: change(input) })),
  });
}

function replaced(at: number, transaction: Transaction): readonly Transaction[] {
  return all.map((each, index) => (index === at ? transaction : each));
}

const witnessed = all.findIndex((transaction, at) => at > 0 && transaction.hasWitness);
const coinbase = all[0] as Transaction;
const MUTATIONS: readonly (readonly [what: string, transactions: readonly Transaction[], rule: string])[] = [
  ["its last four transactions twice (CVE-2012-2459)", [...all, ...all.slice(8)], "bad-txns-duplicate"],
  ["two transactions swapped", [...all.slice(0, 2), ...all.slice(2, 4).toReversed(), ...all.slice(4)], "bad-txnmrklroot"],
  ["a transaction left out", all.slice(0, -1), "bad-txnmrklroot"],
  ["no transactions", [], "bad-txnmrklroot"],
  ["no coinbase", all.slice(1), "bad-txnmrklroot"],
  ["a witness stripped", replaced(witnessed, withWitness(all[witnessed] as Transaction, () => [])), "bad-witness-merkle-match"],
  ["a witness changed", replaced(witnessed, withWitness(all[witnessed] as Transaction, () => [Uint8Array.of(1)])),
    "bad-witness-merkle-match"],
  ["all witnesses stripped", all.map((each) => withWitness(each, () => [])), "bad-witness-nonce-size"],
  ["another reserved value", replaced(0, withWitness(coinbase, () => [new Uint8Array(32).fill(1)])),
    "bad-witness-merkle-match"],
  ["two reserved values", replaced(0, withWitness(coinbase, ({ witness }) => [...witness, ...witness])),
    "bad-witness-nonce-size"],
  ["a coinbase's witness that makes it too heavy", replaced(0, withWitness(coinbase, () => [new Uint8Array(4_000_000)])),
    "bad-witness-nonce-size"],
];

for (const [what, transactions, rule] of MUTATIONS) {
  test(`a block that comes with ${what} leaves its header good, and the block is taken as it was`, () => {
    const world = harness();
    const verdict = world.chain.addBlock(Block.of(honest.header, transactions), { requested: true });
    assert.ok(verdict.type === "invalid", verdict.type);
    assert.deepEqual([verdict.violation.rule, verdict.mutated], [rule, true]);
    const id = world.chain.headers.find(honest.hash);
    assert.ok(id === undefined || !world.chain.headers.isInvalid(id));
    assert.equal(world.chain.addBlock(honest, { requested: true }).type, "accepted");
    world.settle();
    assert.equal(world.height, signed.height);
  });
}

test("witnesses in a block that commits to none leave its header good", () => {
  const tree = new BlockTree(QUICK_MATURITY);
  const [base] = tree.grow(tree.genesis, 3);
  const tip = tree.grow(base as BlockNode, 3).at(-1) as BlockNode;
  const world = new ChainHarness({ params: QUICK_MATURITY });
  const spend = spendAnyone([coinbaseOf(base as BlockNode)]);
  const made = tree.extend(tip, { transactions: [spend] });
  for (const { block } of pathTo(tip)) world.chain.addBlock(block, { requested: true });
  world.settle();
  const bare = withoutCommitment(made.block);
  const filled = Block.of(bare.header, [bare.transactions[0] as Transaction, withWitness(spend, () => [Uint8Array.of(7)])]);
  const verdict = world.chain.addBlock(filled, { requested: true });
  assert.ok(verdict.type === "invalid" && verdict.mutated && verdict.violation.rule === "unexpected-witness");
  assert.equal(world.chain.addBlock(bare, { requested: true }).type, "accepted");
  world.settle();
  assert.equal(world.height, made.height);
});

function pathTo(node: BlockNode): readonly BlockNode[] {
  return node.parent === undefined ? [] : [...pathTo(node.parent), node];
}

/** A block without witnesses need not commit to any. */
function withoutCommitment(block: Block): Block {
  const [first, ...others] = block.transactions as [Transaction, ...Transaction[]];
  const { version, inputs, outputs, locktime } = first;
  const plain = Transaction.of({
    version, locktime, inputs: inputs.map((input) => ({ ...input, witness: [] })), outputs: outputs.slice(0, 1),
  });
  const transactions = [plain, ...others];
  return alteredBlock(block, { merkleRoot: transactionsMerkleRoot(transactions) }, transactions);
}

test("what breaks a rule by itself is refused, and its header is not even remembered", () => {
  const world = harness();
  const input = { prevout: { txid: new Uint8Array(32).fill(3) as Txid, index: 0 }, scriptSig: new Uint8Array(0),
    sequence: SEQUENCE_FINAL, witness: [] };
  const outputs = [{ value: 1 as Transaction["outputs"][0]["value"], script: new Uint8Array(4).fill(0x51) }];
  const sixtyFour = Transaction.of({ version: 2, inputs: [input], outputs, locktime: 0 });
  assert.equal(sixtyFour.bytes.length, 64);
  const second = Transaction.of({
    version: 2, outputs, locktime: 0, inputs: [{ ...input, prevout: NULL_OUT_POINT, scriptSig: Uint8Array.of(1, 2) }],
  });
  for (const [transactions, rule, mutated] of [
    // It may be two hashes of the tree's next level.
    [[sixtyFour], "bad-cb-missing", true],
    [[coinbase, second], "bad-cb-multiple", false],
  ] as const) {
    const block = alteredBlock(honest, { merkleRoot: transactionsMerkleRoot(transactions) }, transactions);
    const verdict = world.chain.addBlock(block, { requested: true });
    assert.ok(verdict.type === "invalid");
    assert.deepEqual([verdict.violation.rule, verdict.mutated], [rule, mutated]);
    assert.equal(world.chain.headers.find(block.hash), undefined);
  }
});
