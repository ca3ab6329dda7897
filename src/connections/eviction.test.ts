import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Duration, Instant } from "../base/time.ts";
import type { PeerId } from "../peer/peer.ts";
import type { NetworkName } from "../primitives/network_address.ts";
import { type EvictionCandidate, selectEviction } from "./eviction.ts";

function candidate(id: number, changes: Partial<EvictionCandidate> = {}): EvictionCandidate {
  return {
    id: id as PeerId,
    connectedAt: id as Instant,
    minPing: undefined,
    lastBlockAt: undefined,
    lastTransactionAt: undefined,
    isFullNode: false,
    relay: true,
    groupKey: 0,
    isLocal: false,
    network: "ipv4",
    isDiscouraged: false,
    ...changes,
  };
}

const anyCandidates = fc.array(
  fc.record({
    connectedAt: fc.nat(100).map((at) => at as Instant),
    minPing: fc.option(fc.nat(50), { nil: undefined }).map((ping) => ping as Duration | undefined),
    lastBlockAt: fc.option(fc.nat(50), { nil: undefined }).map((at) => at as Instant | undefined),
    lastTransactionAt: fc.option(fc.nat(50), { nil: undefined }).map((at) => at as Instant | undefined),
    isFullNode: fc.boolean(),
    relay: fc.boolean(),
    groupKey: fc.nat(8),
    isLocal: fc.boolean(),
    network: fc.constantFrom<NetworkName>("ipv4", "ipv6", "onion", "i2p", "cjdns"),
  }),
  { maxLength: 90, size: "max" },
).map((list) => list.map((each, id) => candidate(id, each)));

/** Peers that stand out by `score` in one measure only, among `others` that do not. */
function survives(count: number, standOut: (rank: number) => Partial<EvictionCandidate>): void {
  fc.assert(fc.property(anyCandidates, fc.integer({ min: 1, max: count }), (others, number) => {
    const plain = others.map((each) => ({
      ...each, minPing: 60 as Duration, lastBlockAt: undefined, lastTransactionAt: undefined, groupKey: 0,
    }));
    const best = Array.from({ length: number }, (_, rank) =>
      candidate(1000 + rank, { minPing: 60 as Duration, connectedAt: 1000 as Instant, ...standOut(rank) }));
    const evicted = selectEviction([...best, ...plain]);
    assert.ok(evicted === undefined || evicted < 1000, `evicted ${evicted}`);
  }));
}

test("twenty peers are all kept: each deserves it by some measure", () => {
  fc.assert(fc.property(anyCandidates, (all) => {
    if (all.length <= 20) assert.equal(selectEviction(all), undefined);
  }));
});

test("of thirty or more that want transactions, one has to go", () => {
  fc.assert(fc.property(anyCandidates, (all) => {
    const evicted = selectEviction(all.map((each) => ({ ...each, relay: true })));
    if (all.length >= 30) assert.notEqual(evicted, undefined);
    if (evicted !== undefined) assert.ok(all.some(({ id }) => id === evicted));
  }));
});

test("the eight with the shortest round trips stay", () => {
  survives(8, (rank) => ({ minPing: rank as Duration }));
});
test("the four that last brought a transaction stay", () => {
  survives(4, (rank) => ({ lastTransactionAt: (100 + rank) as Instant }));
});
test("the four that last brought a block stay", () => {
  survives(4, (rank) => ({ lastBlockAt: (100 + rank) as Instant }));
});
test("of full nodes that want no transactions, twelve that brought blocks stay", () => {
  survives(12, (rank) => ({ relay: false, isFullNode: true, lastBlockAt: (100 + rank) as Instant }));
});
test("the four whose group comes last stay", () => survives(4, (rank) => ({ groupKey: 100 + rank })));

test("the older half of what is left stays", () => {
  const all = Array.from({ length: 60 }, (_, id) => candidate(id, { minPing: 1 as Duration }));
  const evicted = selectEviction(all);
  assert.ok(evicted !== undefined && evicted >= 20, `evicted ${evicted}`);
});

test("the youngest of the largest group goes", () => {
  const isAlone = (id: number): boolean => id < 30 || id > 65;
  const groupOf = (id: number): number => (isAlone(id) ? id : 0);
  const all = Array.from({ length: 80 }, (_, id) => candidate(id, { groupKey: groupOf(id) }));
  const evicted = selectEviction(all);
  assert.ok(evicted !== undefined && evicted >= 30 && evicted <= 65, `evicted ${evicted}`);
});

test("of those who may go, one whose address misbehaved before goes first, and only such a one", () => {
  fc.assert(fc.property(anyCandidates, fc.nat(89), (all, marked) => {
    const evicted = selectEviction(all);
    const isMarked = (id: number): boolean => id % 90 === marked;
    const other = selectEviction(all.map((each) => ({ ...each, isDiscouraged: isMarked(each.id) })));
    assert.equal(evicted === undefined, other === undefined);
    if (other !== evicted) assert.ok(isMarked(other as number));
  }));
  const all = Array.from({ length: 60 }, (_, id) => candidate(id, { minPing: 1 as Duration, groupKey: id }));
  const isMarked = (id: number): boolean => id >= 30 && id < 33;
  const evicted = selectEviction(all.map((each) => ({ ...each, isDiscouraged: isMarked(each.id) })));
  assert.equal(evicted, 32);
});

test("peers of slow networks have a quarter of the places that age gives", () => {
  // The youngest of all, and first in the list, so that nothing else speaks for them.
  const networkOf = (id: number): NetworkName => (id >= 56 ? "onion" : "ipv4");
  const all = Array.from({ length: 60 }, (_, i) => candidate(59 - i, { network: networkOf(59 - i) }));
  const evicted = selectEviction(all);
  assert.ok(evicted !== undefined && evicted < 56, `evicted ${evicted}`);
});
