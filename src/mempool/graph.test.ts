import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { output, spend } from "../../test/support/mempool_harness.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Txid } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { closure, cluster, type GraphEntry, MempoolGraph, type PoolNode } from "./graph.ts";

const OUTPUTS = 4;

function entry(transaction: Transaction, sequence: number, fee: number): GraphEntry {
  return { transaction, fee: fee as Sats, modifiedFee: fee, vsize: 100 + (sequence % 7), usage: 1_000, sequence };
}

/** `count` transactions, each of which spends one or two outputs of earlier ones or of strangers. */
function family(parents: readonly (readonly number[])[]): Transaction[] {
  const made: Transaction[] = [];
  const used: number[] = [];
  parents.forEach((choices, at) => {
    const stranger = { txid: new Uint8Array(32).fill(at + 1) as Txid, index: 0 };
    const prevouts = new Set(choices.map((choice) => choice % (at + 1)));
    const spent = [...prevouts].flatMap((parent) => {
      const index = used[parent] ?? 0;
      used[parent] = index + 1;
      const transaction = made[parent];
      return transaction === undefined || index >= OUTPUTS ? [] : [output(transaction, index)];
    });
    made.push(spend([stranger, ...spent], 10_000, { outputs: OUTPUTS }));
  });
  return made;
}

function checkSums(graph: MempoolGraph<GraphEntry>): void {
  const nodes = [...graph.nodes()];
  for (const node of nodes) {
    const below = nodes.filter((each) => closure(each, "parents").has(node));
    assert.equal(node.packageFee, below.reduce((sum, each) => sum + each.entry.fee, 0));
    assert.equal(node.packageVsize, below.reduce((sum, each) => sum + each.entry.vsize, 0));
    for (const parent of node.parents) assert.ok(nodes.includes(parent) && parent.children.has(node));
    for (const child of node.children) assert.ok(nodes.includes(child) && child.parents.has(node));
  }
  assert.equal(graph.worst(), naiveWorst(nodes));
}

function naiveWorst(nodes: readonly PoolNode<GraphEntry>[]): PoolNode<GraphEntry> | undefined {
  const order = nodes.toSorted((a, b) => {
    const difference = a.packageFee / a.packageVsize - b.packageFee / b.packageVsize;
    return difference === 0 ? b.entry.sequence - a.entry.sequence : difference;
  });
  return order[0];
}

test("sums, links and the worst package stay right while transactions come, go and come back", () => {
  const shape = fc.array(fc.array(fc.nat(30), { maxLength: 3 }), { minLength: 2, maxLength: 16 });
  const steps = fc.array(fc.nat(15), { maxLength: 40 });
  fc.assert(
    fc.property(shape, steps, (parents, toggles) => {
      const transactions = family(parents);
      const graph = new MempoolGraph<GraphEntry>();
      transactions.forEach((each, at) => void graph.add(entry(each, at + 1, (at * 37) % 11)));
      checkSums(graph);
      for (const toggle of toggles) {
        const at = toggle % transactions.length;
        const transaction = transactions[at] as Transaction;
        const node = graph.find(transaction.txid);
        // A parent may leave before its children, as into a block, and come back after them.
        if (node === undefined) graph.add(entry(transaction, at + 1, (at * 37) % 11));
        else graph.remove(node);
        checkSums(graph);
      }
    }),
    { numRuns: 60 },
  );
});

test("stale offers do not pile up: the worst is found after many changes to one family", () => {
  const graph = new MempoolGraph<GraphEntry>();
  const [root, child] = family([[], [0]]) as [Transaction, Transaction];
  graph.add(entry(root, 1, 5));
  for (let i = 0; i < 2_000; i++) graph.remove(graph.add(entry(child, 2, i)));
  assert.equal(graph.worst()?.entry.transaction, root);
  assert.equal(graph.size, 1);
});

test("a cluster is all that hangs together, in both directions", () => {
  const graph = new MempoolGraph<GraphEntry>();
  const transactions = family([[], [], [0, 1], [1], []]);
  const nodes = transactions.map((each, at) => graph.add(entry(each, at + 1, 1)));
  assert.deepEqual(
    cluster([nodes[0] as PoolNode<GraphEntry>]),
    new Set([nodes[0], nodes[2], nodes[1], nodes[3]]),
  );
  assert.deepEqual(cluster([nodes[4] as PoolNode<GraphEntry>]), new Set([nodes[4]]));
});
