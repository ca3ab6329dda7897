import assert from "node:assert/strict";
import { test } from "node:test";
import { WITHOUT_NOTHING } from "../base/defences.ts";
import { silentLogger } from "../base/logger.ts";
import { seededRng } from "../base/rng.ts";
import type { Admission } from "../mempool/mempool.ts";
import type { PeerId } from "../peer/peer.ts";
import { hashKey, type Txid } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { unrelated } from "../../test/support/fake_mempool.ts";
import { output, spend } from "../../test/support/mempool_harness.ts";
import { OrphanIntake, PARENTS_PER_MESSAGE_MAX } from "./orphan_intake.ts";

const [A, B] = [0, 1] as unknown as readonly [PeerId, PeerId];

function bench() {
  const known = new Set<string>();
  const noted: (readonly [peer: PeerId, parents: number])[] = [];
  const tried: (readonly [peer: PeerId, transaction: Transaction])[] = [];
  const world = { known, noted, tried, hasRoom: true, verdict: { type: "known" } as Admission };
  const intake = new OrphanIntake({
    rng: seededRng(1), logger: silentLogger, without: WITHOUT_NOTHING,
    isParentKnown: (txid: Txid) => known.has(hashKey(txid)),
    noteParents: (peer, parents) => {
      if (world.hasRoom) noted.push([peer, parents.length]);
      return world.hasRoom;
    },
    ready: () => {},
    retry: (transaction, peer, done) => {
      tried.push([peer, transaction]);
      done(world.verdict);
    },
  });
  return Object.assign(world, { intake });
}

function childOf(...parents: readonly Transaction[]): Transaction {
  return spend(parents.map((parent) => output(parent)), 5_000);
}

test("of an orphan's parents those that are known are not asked for", () => {
  const { intake, known, noted } = bench();
  const [here, missing] = [unrelated(), unrelated()];
  known.add(hashKey(here.txid));
  intake.keep(childOf(here, missing), A, [B, A]);
  assert.deepEqual(noted, [[A, 1], [B, 1]]);
});

test("for whom there is no room, no orphan is kept", () => {
  const world = bench();
  world.hasRoom = false;
  const child = childOf(unrelated());
  world.intake.keep(child, A, [B]);
  assert.ok(!world.intake.has(child.wtxid));
});

test("with very many parents, the sender is asked for all, and others as long as the message allows", () => {
  const { intake, noted } = bench();
  const parents = Array.from({ length: PARENTS_PER_MESSAGE_MAX / 2 }, () => unrelated());
  intake.keep(childOf(...parents), A, [1, 2, 3] as unknown as readonly PeerId[]);
  assert.deepEqual(noted.map(([peer]) => peer), [0, 1]);
  const more = Array.from({ length: PARENTS_PER_MESSAGE_MAX + 1 }, () => unrelated());
  intake.keep(childOf(...more), A, [B]);
  assert.deepEqual(noted.slice(2), [[A, more.length]]);
});

test("whoever announces an orphan again is asked once, within what is left of the message", () => {
  const { intake, noted } = bench();
  const child = childOf(unrelated(), unrelated());
  intake.keep(child, A, []);
  assert.equal(intake.announced(child.wtxid, B, 1), 0);
  assert.equal(intake.announced(child.wtxid, B, 2), 2);
  assert.equal(intake.announced(child.wtxid, B, 2), 0);
  assert.equal(intake.announced(unrelated().wtxid, B, 2), 0);
  assert.deepEqual(noted, [[A, 2], [B, 2]]);
});

test("an orphan is tried again as it was, ten in a turn, and stays only while inputs are missing", () => {
  const world = bench();
  const { intake, tried } = world;
  const parent = unrelated();
  const children = Array.from({ length: 12 }, (_, index) => spend([output(parent, index)], 100 + index));
  for (const child of children) intake.keep(child, A, []);
  intake.parentCame(parent);
  world.verdict = { type: "missing-inputs", missing: [] };
  intake.retry();
  assert.equal(tried.length, 10);
  assert.ok(children.every(({ wtxid }) => intake.has(wtxid)));
  world.verdict = { type: "known" };
  intake.retry();
  assert.deepEqual(tried.map(([, { bytes }]) => bytes), children.map(({ bytes }) => bytes));
  assert.deepEqual(children.map(({ wtxid }) => intake.has(wtxid)), children.map((_, index) => index < 10));
  assert.ok(!intake.hasReady);
});
