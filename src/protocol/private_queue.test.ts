import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { spend } from "../../test/support/mempool_harness.ts";
import { minutes, seconds, type UnixSeconds } from "../base/time.ts";
import type { PeerId } from "../peer/peer.ts";
import { displayHash, hashLiteral, type Txid } from "../primitives/hash.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { PrivateQueue } from "./private_queue.ts";

const PEER: NetworkAddress = { network: "onion", bytes: new Uint8Array(32), port: 8333 };

function transaction(number: number): Transaction {
  const txid = hashLiteral<Txid>(number.toString(16).padStart(64, "0"));
  return spend([{ txid, index: 0 }], 1000 + number);
}

const TRANSACTIONS = Array.from({ length: 4 }, (_, i) => transaction(i + 1));
const [A, B] = TRANSACTIONS as [Transaction, Transaction];

function queue(max?: number) {
  const clock = new VirtualClock(1_700_000_000 as UnixSeconds);
  return { clock, queue: new PrivateQueue(clock, max) };
}

const id = (number: number): PeerId => number as PeerId;

test("a transaction is taken once, and none beyond the bound", () => {
  const { queue: few } = queue(1);
  assert.equal(few.add(A), "added");
  assert.equal(few.add(A), "known");
  assert.equal(few.add(B), "full");
  assert.equal(few.remove(A.wtxid), 0);
  assert.equal(few.remove(A.wtxid), undefined);
  assert.equal(few.add(B), "added");
});

test("a peer is given one transaction, which it has when it says so", () => {
  const { clock, queue: sends } = queue();
  sends.add(A);
  assert.equal(sends.pick(id(1), PEER), A);
  assert.equal(sends.pickedFor(id(1)), A);
  assert.equal(sends.pickedFor(id(2)), undefined);
  clock.advance(seconds(2));
  sends.received(id(1));
  assert.deepEqual([...sends][0]?.sends.map(({ sentAt, receivedAt }) => (receivedAt ?? 0) - sentAt), [2000]);
  assert.equal(sends.forgetPeer(id(1)), true);
  assert.equal(sends.forgetPeer(id(1)), false);
  assert.equal(sends.remove(A.wtxid), 1);
});

test("what was taken back is not sent to whom it was picked for", () => {
  const { queue: sends } = queue();
  sends.add(A);
  sends.pick(id(1), PEER);
  sends.remove(A.wtxid);
  assert.equal(sends.pickedFor(id(1)), undefined);
  assert.equal(sends.pick(id(2), PEER), undefined);
});

test("one that nobody has is stale after five minutes, one that did not come back after one", () => {
  const { clock, queue: sends } = queue();
  sends.add(A);
  sends.pick(id(1), PEER);
  clock.advance(minutes(5));
  assert.deepEqual(sends.stale(), []);
  clock.advance(1 as never);
  assert.deepEqual(sends.stale(), [A]);
  sends.received(id(1));
  clock.advance(minutes(1));
  assert.deepEqual(sends.stale(), []);
  clock.advance(1 as never);
  assert.deepEqual(sends.stale(), [A]);
});

/** The same by sorting a plain list each time. */
class PlainQueue {
  readonly list: { transaction: Transaction; sends: { peer: number; at: number; got: number }[] }[] = [];

  pick(peer: number, at: number): Transaction | undefined {
    const last = (times: number[]): number => Math.max(-Infinity, ...times);
    const sorted = [...this.list].sort((a, b) => {
      const [got, other] =
        [a, b].map(({ sends }) => sends.map((send) => send.got).filter((when) => when >= 0));
      return a.sends.length - b.sends.length || (got?.length ?? 0) - (other?.length ?? 0)
        || compare(last(a.sends.map((send) => send.at)), last(b.sends.map((send) => send.at)))
        || compare(last(got ?? []), last(other ?? []));
    });
    sorted[0]?.sends.push({ peer, at, got: -1 });
    return sorted[0]?.transaction;
  }
}

function compare(a: number, b: number): number {
  return a < b ? -1 : Number(a > b);
}

test("the one that fewest were given, and that was given longest ago, goes next", () => {
  const operation = fc.oneof(
    fc.record({ type: fc.constant("add" as const), which: fc.nat(3) }),
    fc.record({ type: fc.constant("remove" as const), which: fc.nat(3) }),
    fc.record({ type: fc.constant("pick" as const), which: fc.nat(0) }),
    fc.record({ type: fc.constant("received" as const), which: fc.nat(20) }),
  );
  fc.assert(fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
    const { clock, queue: sends } = queue();
    const plain = new PlainQueue();
    for (const [step, { type, which }] of operations.entries()) {
      clock.advance(seconds(1));
      const given = TRANSACTIONS[which] as Transaction;
      if (type === "add" && sends.add(given) === "added") plain.list.push({ transaction: given, sends: [] });
      if (type === "remove" && sends.remove(given.wtxid) !== undefined) {
        plain.list.splice(plain.list.findIndex(({ transaction: each }) => each === given), 1);
      }
      if (type === "pick") assert.equal(sends.pick(id(step), PEER), plain.pick(step, clock.now()));
      if (type === "received") {
        sends.received(id(which));
        const send = plain.list.flatMap((each) => each.sends).find(({ peer }) => peer === which);
        if (send !== undefined) send.got = clock.now();
      }
    }
    assert.deepEqual(Array.from(sends, (each) => displayHash(each.transaction.txid)),
      plain.list.map((each) => displayHash(each.transaction.txid)));
  }));
});
