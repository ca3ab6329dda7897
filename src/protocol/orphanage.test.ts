import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Bytes } from "../base/bytes.ts";
import type { PeerId } from "../peer/peer.ts";
import type { Txid, Wtxid } from "../primitives/hash.ts";
import { Transaction } from "../primitives/transaction.ts";
import { output, spend } from "../../test/support/mempool_harness.ts";
import {
  FULL_SHARES_MAX, ORPHAN_LATENCY_MAX, ORPHAN_WEIGHT_MAX, ORPHAN_WEIGHT_PER_PEER, Orphanage,
} from "./orphanage.ts";

const [A, B] = [0, 1] as unknown as readonly [PeerId, PeerId];
const first = (): number => 0;

function txid(name: number): Txid {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, name);
  return bytes as Txid;
}

/** Spends output `index` of a transaction called `parent`. */
function child(parent: number, index: number, outputs = 1): Transaction {
  return spend([{ txid: txid(parent), index }], 10_000, { outputs });
}

/** With a witness of so many bytes, and ids that are not its own, since to hash it would take long. */
function heavy(parent: number, bytes: number): Transaction {
  const transaction = withWitness(parent, [new Uint8Array(bytes)]);
  transaction.setIds(txid(parent + 1_000_000), txid(parent + 2_000_000) as Bytes as Wtxid);
  return transaction;
}

function withWitness(parent: number, witness: readonly Uint8Array[]): Transaction {
  const { version, inputs: [input], outputs, locktime } = child(parent, 0);
  return Transaction.of({ version, outputs, locktime, inputs: [{ ...input!, witness }] });
}

/** The txids of those that are ready now. */
function readyFrom(orphanage: Orphanage, parent: Txid): readonly Txid[] {
  orphanage.parentCame({ txid: parent }, first);
  const ready: Txid[] = [];
  for (let next = orphanage.takeReady(); next !== undefined; next = orphanage.takeReady()) {
    ready.push(next.orphan.txid);
  }
  return ready;
}

test("an orphan is ready when a transaction comes that it spends from, until it is taken out", () => {
  const orphanage = new Orphanage();
  const orphan = spend([1, 2, 1].map((name, index) => ({ txid: txid(name), index })), 1_000);
  assert.ok(orphanage.add(orphan, A));
  for (const name of [1, 2]) assert.deepEqual(readyFrom(orphanage, txid(name)), [orphan.txid]);
  assert.deepEqual(readyFrom(orphanage, txid(3)), []);
  assert.deepEqual(orphanage.get(orphan.wtxid)?.parents, [txid(1), txid(2)]);
  assert.ok(orphanage.delete(orphan.wtxid));
  for (const name of [1, 2]) assert.deepEqual(readyFrom(orphanage, txid(name)), []);
});

test("an orphan goes with the last who announced it", () => {
  const orphanage = new Orphanage();
  const orphan = child(1, 0);
  assert.ok(orphanage.add(orphan, A));
  assert.ok(!orphanage.add(orphan, B), "one copy is enough");
  orphanage.deletePeer(A);
  assert.deepEqual([...orphanage.get(orphan.wtxid)!.announcers], [B]);
  orphanage.deletePeer(B);
  assert.equal(orphanage.size, 0);
});

test("an orphan that is ready stays so when the peer goes on whose account it was, and another has it", () => {
  const orphanage = new Orphanage();
  const orphan = child(1, 0);
  for (const peer of [A, B]) orphanage.add(orphan, peer);
  orphanage.parentCame({ txid: txid(1) }, first);
  orphanage.deletePeer(A);
  const { orphan: { wtxid }, peer } = orphanage.takeReady()!;
  assert.deepEqual([wtxid, peer], [orphan.wtxid, B]);
  assert.ok(!orphanage.hasReady);
});

test("peers take turns in having their orphans tried again", () => {
  const orphanage = new Orphanage();
  for (let index = 0; index < 5; index++) orphanage.add(child(1, index), A);
  orphanage.add(child(1, 9), B);
  orphanage.parentCame({ txid: txid(1) }, first);
  assert.deepEqual([1, 2, 3].map(() => orphanage.takeReady()?.peer), [A, B, A]);
});

test("what is kept of an orphan is its bytes: 399,000 items of its witness are not", () => {
  const orphanage = new Orphanage();
  const orphan = withWitness(1, new Array<Uint8Array>(399_000).fill(new Uint8Array(0)));
  assert.ok(orphanage.add(orphan, A));
  const kept = orphanage.get(orphan.wtxid)!;
  assert.deepEqual(kept.bytes, orphan.bytes);
  assert.notEqual(kept.bytes.buffer, orphan.bytes.buffer, "nor what they were part of");
  assert.ok(!orphanage.add(heavy(2, ORPHAN_WEIGHT_MAX), A), "heavier than policy allows");
});

test("one peer alone may have as much weight as is its share, and loses its oldest when there is more", () => {
  const orphanage = new Orphanage();
  const fitting = Math.floor(ORPHAN_WEIGHT_PER_PEER / child(1, 0).weight);
  const mine = Array.from({ length: fitting + 5 }, (_, index) => child(1, index));
  for (const each of mine) orphanage.add(each, A);
  assert.deepEqual(mine.map((each) => orphanage.has(each.wtxid)), mine.map((_, index) => index >= 5));
});

test("when there are too many orphans, the peer that has most of them loses its oldest", () => {
  const orphanage = new Orphanage();
  const some = Array.from({ length: 900 }, (_, index) => child(1, index));
  for (const peer of [A, B, 2 as PeerId]) {
    for (const each of some.slice(900 - 300 * (peer + 1))) orphanage.add(each, peer);
  }
  const most = Array.from({ length: 1_300 }, (_, index) => child(2, index));
  for (const each of most) orphanage.add(each, 3 as PeerId);
  assert.deepEqual(some.map((each) => orphanage.has(each.wtxid)), some.map(() => true));
  const lost = 300 + 600 + 900 + 1_300 - ORPHAN_LATENCY_MAX;
  assert.deepEqual(most.map((each) => orphanage.has(each.wtxid)), most.map((_, index) => index >= lost));
});

test("ten inputs count as much as an orphan", () => {
  const orphanage = new Orphanage();
  const large = Array.from({ length: 20 }, (_, name) => {
    return spend(Array.from({ length: 2_000 }, (_, index) => ({ txid: txid(name), index })), 1_000);
  });
  for (const [peer, each] of large.entries()) orphanage.add(each, peer as PeerId);
  assert.equal(orphanage.size, Math.floor(ORPHAN_LATENCY_MAX / 201));
});

test("orphans that a parent has come for are the last to go", () => {
  const orphanage = new Orphanage();
  const fitting = Math.floor(ORPHAN_WEIGHT_PER_PEER / child(1, 0).weight);
  const mine = Array.from({ length: fitting }, (_, index) => child(index === 0 ? 7 : 1, index));
  for (const each of mine) orphanage.add(each, A);
  orphanage.parentCame({ txid: txid(7) }, first);
  orphanage.add(child(2, 0), A);
  assert.deepEqual(mine.slice(0, 3).map(({ wtxid }) => orphanage.has(wtxid)), [true, false, true]);
});

test("the weight of all orphans together is bounded, however many peers send them", () => {
  const orphanage = new Orphanage();
  for (let peer = 0; peer < 2 * FULL_SHARES_MAX; peer++) orphanage.add(heavy(peer, 390_000), peer as PeerId);
  const weight = [...orphanage.all()].reduce((sum, orphan) => sum + orphan.weight, 0);
  assert.ok(weight <= FULL_SHARES_MAX * ORPHAN_WEIGHT_PER_PEER, `${weight}`);
  assert.ok(weight > (FULL_SHARES_MAX - 1) * ORPHAN_WEIGHT_PER_PEER, `${weight}`);
});

test("whatever others do, a peer keeps what is within its share", () => {
  const peers = fc.integer({ min: 1, max: 20 });
  const sent = fc.record({ peer: fc.nat(19), size: fc.constantFrom(1, 200, 2_000), isHeavy: fc.boolean() });
  fc.assert(
    fc.property(peers, fc.array(sent, { maxLength: 400 }), (count, flood) => {
      const orphanage = new Orphanage();
      const share = Math.floor(ORPHAN_LATENCY_MAX / 21);
      const honest = Array.from({ length: share }, (_, index) => child(1, index));
      for (const each of honest) orphanage.add(each, 99 as PeerId);
      for (const [name, { peer, size, isHeavy }] of flood.entries()) {
        const prevouts = Array.from({ length: size }, (_, index) => ({ txid: txid(100 + name), index }));
        const transaction = isHeavy ? heavy(100 + name, 300_000) : spend(prevouts, 1_000);
        orphanage.add(transaction, (peer % count) as PeerId);
      }
      for (const each of honest) assert.ok(orphanage.has(each.wtxid));
    }),
    { numRuns: 10 },
  );
});

/** All that one peer may have, but for less than one small orphan. */
const wholeShare = [heavy(8, 300_000), heavy(9, ORPHAN_WEIGHT_PER_PEER - 300_000 - 800)];

/** A flat list of announcements. */
class NaiveOrphanage {
  announcements: { readonly transaction: Transaction; readonly peer: PeerId }[] = [];

  add(transaction: Transaction, peer: PeerId): void {
    const isHere = this.announcements.some((each) => each.transaction === transaction && each.peer === peer);
    if (!isHere) this.announcements.push({ transaction, peer });
  }

  delete(isGone: (transaction: Transaction, peer: PeerId) => boolean): void {
    this.announcements = this.announcements.filter(({ transaction, peer }) => !isGone(transaction, peer));
  }
}

test("Orphanage does what a flat list of announcements does, and nothing is left when the peers have gone", () => {
  const pool = [1, 2, 3].flatMap((parent) => [0, 1].map((index) => child(parent, index)));
  pool.push(spend([output(child(1, 0)), { txid: txid(2), index: 0 }], 5));
  const operation = fc.record({
    kind: fc.constantFrom("add", "add", "add", "delete", "conflicts", "peer", "ready"),
    peer: fc.constantFrom(A, B), pick: fc.nat(pool.length - 1),
  });
  const spendsSame = (a: Transaction, b: Transaction): boolean => a.inputs.some(({ prevout }) => {
    return b.inputs.some(({ prevout: { txid, index } }) => {
      return index === prevout.index && Buffer.compare(txid, prevout.txid) === 0;
    });
  });
  fc.assert(
    fc.property(fc.array(operation), (operations) => {
      const real = new Orphanage();
      const naive = new NaiveOrphanage();
      for (const { kind, peer, pick } of operations) {
        const picked = pool[pick]!;
        if (kind === "add") {
          real.add(picked, peer);
          naive.add(picked, peer);
        } else if (kind === "delete") {
          real.delete(picked.wtxid);
          naive.delete((each) => each === picked);
        } else if (kind === "conflicts") {
          real.deleteConflicts([picked]);
          naive.delete((each) => spendsSame(each, picked));
        } else if (kind === "peer") {
          real.deletePeer(peer);
          naive.delete((_, each) => each === peer);
        } else {
          const parent = picked.inputs[0]!.prevout.txid;
          const children = naive.announcements.filter(({ transaction: { inputs } }) => {
            return inputs.some(({ prevout }) => Buffer.compare(prevout.txid, parent) === 0);
          });
          const expected = new Set(children.map((each) => each.transaction)).size;
          assert.equal(readyFrom(real, parent).length, expected);
        }
        const announced = [...real.all()].flatMap(({ wtxid, announcers }) => {
          return [...announcers].map((id) => `${Buffer.from(wtxid).toString("hex")} ${id}`);
        });
        assert.deepEqual(announced.sort(), naive.announcements.map(({ transaction: { wtxid }, peer: id }) => {
          return `${Buffer.from(wtxid).toString("hex")} ${id}`;
        }).sort());
      }
      for (const peer of [A, B]) real.deletePeer(peer);
      assert.deepEqual([real.size, real.hasReady], [0, false]);
      // Nothing weighs on what comes later.
      for (const each of wholeShare) real.add(each, A);
      assert.equal(real.size, wholeShare.length);
    }),
  );
});
