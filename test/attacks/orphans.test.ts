/** Transactions whose parents never come, sent to fill memory, to take time, or to push out others'. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { randomBytes, seededRng } from "../../src/base/rng.ts";
import { minutes } from "../../src/base/time.ts";
import { decodeWith } from "../../src/codec/codec.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import type { PeerId } from "../../src/peer/peer.ts";
import type { Txid } from "../../src/primitives/hash.ts";
import { type OutPoint, type Transaction, transactionCodec } from "../../src/primitives/transaction.ts";
import { Orphanage } from "../../src/protocol/orphanage.ts";
import { liveBytes } from "../fuzz/fuzz_bounds.ts";
import { BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone } from "../support/blocks.ts";
import { besideNaive, twoColumns } from "../support/two_columns.ts";
import { VictimWorld } from "../support/victim_world.ts";

installNodeCrypto();

const rng = seededRng(1);
const tree = new BlockTree(QUICK_MATURITY);
const chain = tree.grow(tree.genesis, 5);

function outputsOf(txid: Txid, from: number, count: number): readonly OutPoint[] {
  return Array.from({ length: count }, (_, index) => ({ txid, index: from + index }));
}

/** A transaction that spends what nobody knows. */
function orphanOf(spent: readonly OutPoint[]): Transaction {
  return spendAnyone(spent.map((outPoint) => ({ outPoint, value: 1_000 })), 7);
}

function unknownTxid(): Txid {
  return randomBytes(rng, 32) as Txid;
}

/** Members of sets that are gone through while `work` is done. */
function membersVisited(work: () => void): number {
  const original = Set.prototype[Symbol.iterator];
  let visited = 0;
  Set.prototype[Symbol.iterator] = function* <T>(this: Set<T>): SetIterator<T> {
    for (const each of { [Symbol.iterator]: () => original.call(this) as SetIterator<T> }) {
      visited++;
      yield each;
    }
  };
  try {
    work();
  } finally {
    Set.prototype[Symbol.iterator] = original;
  }
  return visited;
}

test("attack 7, orphans with quadratic work (CVE-2024-52914): a block looks at those that conflict, once each", (t) => {
  const orphanage = new Orphanage();
  const parent = unknownTxid();
  const orphans = outputsOf(parent, 0, 2_000).map((spent) => orphanOf([spent]));
  for (const [index, each] of orphans.entries()) orphanage.add(each, (index % 20) as PeerId);
  const others = orphanOf(outputsOf(parent, 5_000, 1_000));
  const rival = orphanOf(outputsOf(parent, 0, 1_000));
  const visited = [others, rival].map((each) => membersVisited(() => orphanage.deleteConflicts([each])));
  const { defended, undefended } = besideNaive(t, "all orphans of the parent for each input",
    { node: visited, other: [2_000 * 1_000, 2_000 * 1_000] });
  assert.equal(orphanage.size, 1_000, "those of the rival's inputs are gone");
  assert.ok((defended[0] as number) < 10, `${defended[0]} for other outputs of the same parent`);
  assert.ok((defended[1] as number) < 5_000, `${defended[1]} for 1,000 conflicts`);
  assert.ok(undefended.every((steps) => steps > 100 * 5_000));
});

test("attack 8, orphanage churn: what an honest peer sent survives a flood of orphans from 100 others", (t) => {
  const { defended, undefended } = twoColumns(t, "orphan-shares", (without) => {
    const world = new VictimWorld({ without });
    world.give(chain);
    const parent = spendAnyone([coinbaseOf(chain[0]!)], 1_000, 2);
    const spent = { outPoint: { txid: parent.txid, index: 0 }, value: parent.outputs[0]!.value };
    const child = spendAnyone([spent], 1_000, 2);
    const honest = world.inbound();
    honest.says({ type: "tx", value: { transaction: child } });
    for (let i = 0; i < 100; i++) {
      const attacker = world.inbound();
      // Each counts as 21; there is room for 142 of them.
      for (let j = 0; j < 3; j++) {
        attacker.says({ type: "tx", value: { transaction: orphanOf(outputsOf(unknownTxid(), 0, 200)) } });
      }
    }
    honest.says({ type: "tx", value: { transaction: parent } });
    world.pass(minutes(0.1));
    const isChildAccepted = world.core.mempool.get(child.txid) !== undefined;
    return { kept: [...world.core.orphans].length, isChildAccepted };
  });
  assert.ok(defended.isChildAccepted);
  assert.ok(defended.kept >= 100 && defended.kept <= 142, `${defended.kept} orphans kept`);
  assert.ok(!undefended.isChildAccepted);
});

test("attack 8, orphans of 399,000 empty items: what is kept of one is its 400 kB, not 45 MB", (t) => {
  const world = new VictimWorld();
  world.give(chain);
  // The node's memory of transactions, and the compiler's, come before.
  world.inbound().says({ type: "tx", value: { transaction: stuffed(399_000) } });
  const before = liveBytes();
  for (let i = 0; i < 10; i++) {
    world.inbound().says({ type: "tx", value: { transaction: stuffed(399_000) } });
  }
  const taken = liveBytes() - before;
  const { defended } = besideNaive(t, "a view for each item", { node: taken, other: 10 * 399_000 * 107 });
  assert.equal([...world.core.orphans].length, 11);
  assert.ok(defended < 40_000_000, `${defended} bytes for ten`);
});

/** Spends what nobody knows, with so many items of no bytes in its witness. */
function stuffed(items: number): Transaction {
  const bytes = new Uint8Array(6 + 42 + 20 + 5 + items + 4);
  bytes.set([2, 0, 0, 0, 0, 1, 1]);
  bytes.set(unknownTxid(), 7);
  // One output, with a script of ten bytes: less is too small for policy.
  bytes[48] = 1;
  bytes[57] = 10;
  bytes.set([0xfe, items & 0xff, (items >> 8) & 0xff, items >> 16, 0], 68);
  return decodeWith(transactionCodec, bytes);
}
