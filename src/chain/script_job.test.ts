import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockTree, coinbaseOf, spendAnyone } from "../../test/support/blocks.ts";
import { concatBytes } from "../base/bytes.ts";
import { packSpentOutputs } from "../consensus/packed_outputs.ts";
import { verifyInputs } from "../consensus/verify_inputs.ts";
import type { Coin } from "../primitives/coin.ts";
import type { OutPoint, Transaction } from "../primitives/transaction.ts";
import { MANDATORY_VERIFY_FLAGS } from "../script/flags.ts";
import { scriptJob } from "./script_job.ts";

const FLAGS = MANDATORY_VERIFY_FLAGS;

/** A block of a coinbase, a spend of two coins, and two of one each. */
function makeBlock() {
  const tree = new BlockTree();
  const made = tree.grow(tree.genesis, 4).map(coinbaseOf);
  const [a, b, c, d] = made as [Spendable, Spendable, Spendable, Spendable];
  const transactions = [spendAnyone([a, b]), spendAnyone([c]), spendAnyone([d])];
  const { block } = tree.extend(tree.genesis, { transactions });
  const spent = made.map((_, at): Coin => {
    return { value: (at + 1) as Coin["value"], script: Uint8Array.of(0x51), height: at + 1, isCoinbase: true };
  });
  return { block, spent, transactions };
}

function connectionOf(spent: readonly Coin[]) {
  return { spent, spentCount: spent.length, spentOutputs: packSpentOutputs(spent), flags: FLAGS };
}

type Spendable = { readonly outPoint: OutPoint; readonly value: number };

test("of a block of which nothing is known, all is checked, and its bytes are not copied", () => {
  const { block, spent } = makeBlock();
  const job = scriptJob(block, connectionOf(spent), () => false);
  assert.deepEqual(job, {
    kind: "block", bytes: block.bytes, spentOutputs: packSpentOutputs(spent), flags: FLAGS, inputCount: 4,
  });
  assert.equal(job?.bytes, block.bytes);
});

test("what is known is left out, with the outputs that it spends, and the rest can be checked", () => {
  const { block, spent, transactions } = makeBlock();
  const [first, , last] = transactions as [Transaction, Transaction, Transaction];
  const known = (transaction: Transaction): boolean => transaction.txid.every((byte, i) => byte === first.txid[i]);
  const job = scriptJob(block, connectionOf(spent), known);
  assert.ok(job !== undefined);
  assert.equal(job.kind, "transactions");
  assert.deepEqual(job.bytes, concatBytes(transactions[1]?.bytes as Uint8Array, last.bytes));
  assert.deepEqual(job.spentOutputs, packSpentOutputs(spent.slice(2)));
  assert.equal(job.inputCount, 2);
  assert.equal(verifyInputs(job, 0, 2), undefined);
});

test("when everything is known there is no job, and the coinbase is never asked about", () => {
  const { block, spent } = makeBlock();
  const asked: boolean[] = [];
  const job = scriptJob(block, connectionOf(spent), ({ isCoinbase }, flags) => {
    asked.push(isCoinbase);
    return flags === FLAGS;
  });
  assert.equal(job, undefined);
  assert.deepEqual(asked, [false, false, false]);
});
