import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Bytes } from "../base/bytes.ts";
import { seededRng } from "../base/rng.ts";
import type { Instant } from "../base/time.ts";
import type { PeerId } from "../peer/peer.ts";
import { ADVANCED_AT_ONCE_MAX, TxRequests } from "./tx_requests.ts";

const [A, B, C] = [0, 1, 2] as unknown as readonly [PeerId, PeerId, PeerId];
const at = (time: number) => time as Instant;

function hash(id: number): Bytes {
  return new Uint8Array(32).fill(id);
}

function reference(id: number) {
  return { hash: hash(id), isWtxid: true };
}

function asked(requests: TxRequests, peer: PeerId): number[] {
  return requests.requestable(peer).map(({ hash }) => hash[0] as number);
}

test("what a peer announced is asked of it once its time has come, in the order it came in", () => {
  const requests = new TxRequests(seededRng(1));
  requests.announced(A, reference(2), true, at(5));
  requests.announced(A, reference(1), true, at(3));
  requests.advance(at(2));
  assert.deepEqual(asked(requests, A), []);
  assert.equal(requests.nextAt(), 3);
  requests.advance(at(5));
  assert.deepEqual(asked(requests, A), [2, 1]);
});

test("a preferred peer is asked first even when it announced last", () => {
  for (let seed = 0; seed < 20; seed++) {
    const requests = new TxRequests(seededRng(seed));
    requests.announced(A, reference(1), false, at(0));
    requests.advance(at(1));
    requests.announced(B, reference(1), true, at(1));
    requests.advance(at(1));
    assert.deepEqual([asked(requests, A), asked(requests, B)], [[], [1]]);
  }
});

test("chance decides among equals", () => {
  let first = 0;
  for (let seed = 0; seed < 400; seed++) {
    const requests = new TxRequests(seededRng(seed));
    for (const peer of [A, B]) requests.announced(peer, reference(1), true, at(0));
    requests.advance(at(0));
    first += asked(requests, A).length;
  }
  assert.ok(first > 150 && first < 250, `${first} of 400`);
});

test("the next peer is asked when the first says that it has it not, and not before", () => {
  const requests = new TxRequests(seededRng(1));
  requests.announced(A, reference(1), true, at(0));
  requests.announced(B, reference(1), false, at(0));
  requests.advance(at(0));
  requests.requested(A, hash(1), at(60));
  assert.deepEqual(asked(requests, B), []);
  requests.answered(A, hash(1));
  assert.deepEqual(asked(requests, B), [1]);
  assert.deepEqual(asked(requests, A), []);
});

test("a request that is not answered in time is given to another peer and never again to the first", () => {
  const requests = new TxRequests(seededRng(1));
  requests.announced(A, reference(1), true, at(0));
  requests.announced(B, reference(1), true, at(10));
  requests.advance(at(0));
  requests.requested(A, hash(1), at(60));
  assert.deepEqual(requests.advance(at(59)), []);
  assert.deepEqual(requests.advance(at(60)).map(({ peer }) => peer), [A]);
  requests.announced(A, reference(1), true, at(60));
  requests.advance(at(60));
  assert.deepEqual([asked(requests, A), asked(requests, B)], [[], [1]]);
});

test("when all who announced a transaction have failed, it is forgotten and may be announced anew", () => {
  const requests = new TxRequests(seededRng(1));
  requests.announced(A, reference(1), true, at(0));
  requests.advance(at(0));
  requests.requested(A, hash(1), at(60));
  requests.answered(A, hash(1));
  assert.equal(requests.size, 0);
  requests.announced(A, reference(1), true, at(1));
  requests.advance(at(1));
  assert.deepEqual(asked(requests, A), [1]);
});

test("a peer that leaves takes its announcements with it, and another is asked at once", () => {
  const requests = new TxRequests(seededRng(1));
  for (const peer of [A, B, C]) requests.announced(peer, reference(1), peer === A, at(0));
  requests.advance(at(0));
  requests.requested(A, hash(1), at(60));
  requests.forgetPeer(A);
  assert.equal(requests.count(A), 0);
  assert.equal(asked(requests, B).length + asked(requests, C).length, 1);
});

test("what needs no delay may be asked at once", () => {
  const requests = new TxRequests(seededRng(1));
  assert.ok(!requests.hasRequestable);
  requests.announced(A, reference(1), true, undefined);
  assert.deepEqual(asked(requests, A), [1]);
  assert.ok(requests.hasRequestable);
  assert.equal(requests.nextAt(), undefined);
});

test("so many announcements are seen to at once, and the others the next time", () => {
  const requests = new TxRequests(seededRng(1));
  const count = ADVANCED_AT_ONCE_MAX + 7;
  for (let id = 0; id < count; id++) {
    const bytes = Uint8Array.of(id, id >> 8, ...new Uint8Array(30));
    requests.announced(A, { hash: bytes, isWtxid: true }, true, at(1));
  }
  requests.advance(at(1));
  assert.equal(asked(requests, A).length, ADVANCED_AT_ONCE_MAX);
  assert.equal(requests.nextAt(), 1);
  requests.advance(at(1));
  assert.equal(asked(requests, A).length, count);
  assert.equal(requests.nextAt(), undefined);
});

type Kind = "announced" | "advance" | "requested" | "answered" | "forgetTransaction" | "forgetPeer" | "ask";

interface Row {
  readonly peer: PeerId;
  readonly id: number;
  readonly preferred: boolean;
  readonly sequence: number;
  readonly from: number;
  state: "candidate" | "requested" | "done";
  expiry: number;
}

/** A flat list of rows. What the rules leave to chance, it takes from the real one. */
class NaiveRequests {
  rows: Row[] = [];
  #sequence = 0;
  #now = -1;

  announced(peer: PeerId, id: number, preferred: boolean, from: number): void {
    if (this.rows.some((row) => row.peer === peer && row.id === id)) return;
    this.rows.push({ peer, id, preferred, from, sequence: this.#sequence++, state: "candidate", expiry: 0 });
  }

  advance(now: number): void {
    this.#now = Math.max(this.#now, now);
    for (const row of this.rows) if (row.state === "requested" && row.expiry <= now) row.state = "done";
    this.#tidy();
  }

  requested(peer: PeerId, id: number, expiry: number): void {
    const row = this.rows.find((each) => each.peer === peer && each.id === id && each.state === "candidate");
    if (row === undefined) return;
    for (const other of this.rows) if (other.id === id && other.state === "requested") other.state = "done";
    row.state = "requested";
    row.expiry = expiry;
  }

  answered(peer: PeerId, id: number): void {
    for (const row of this.rows) if (row.peer === peer && row.id === id) row.state = "done";
    this.#tidy();
  }

  forget(isGone: (row: Row) => boolean): void {
    this.rows = this.rows.filter((row) => !isGone(row));
    this.#tidy();
  }

  /** The rows of which one must be chosen for `id`. */
  choices(id: number): Row[] {
    if (this.rows.some((row) => row.id === id && row.state === "requested")) return [];
    const isReady = (row: Row): boolean => row.state === "candidate" && row.from <= this.#now;
    const ready = this.rows.filter((row) => row.id === id && isReady(row));
    const preferred = ready.filter((row) => row.preferred);
    return preferred.length > 0 ? preferred : ready;
  }

  #tidy(): void {
    this.rows = this.rows.filter(({ id }) => this.rows.some((row) => row.id === id && row.state !== "done"));
  }
}

test("TxRequests does what a flat list of announcements does", () => {
  const operation = fc.record({
    kind: fc.constantFrom<Kind>(
      "announced", "announced", "advance", "requested", "answered", "forgetTransaction", "forgetPeer", "ask",
    ),
    peer: fc.nat(3).map((id) => id as PeerId),
    id: fc.nat(3),
    preferred: fc.boolean(),
    wait: fc.option(fc.nat(10), { nil: undefined, freq: 10 }),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), fc.nat(), (operations, seed) => {
      const real = new TxRequests(seededRng(seed));
      const naive = new NaiveRequests();
      let now = 0;
      for (const { kind, peer, id, preferred, wait: from } of operations) {
        const wait = from ?? 0;
        if (kind === "announced") {
          real.announced(peer, reference(id), preferred, from === undefined ? undefined : at(now + wait));
          naive.announced(peer, id, preferred, now + wait);
        } else if (kind === "advance") {
          now += wait;
          real.advance(at(now));
          naive.advance(now);
        } else if (kind === "requested") {
          real.requested(peer, hash(id), at(now + wait + 1));
          naive.requested(peer, id, now + wait + 1);
        } else if (kind === "answered") {
          real.answered(peer, hash(id));
          naive.answered(peer, id);
        } else if (kind === "forgetTransaction") {
          real.forgetTransaction(hash(id));
          naive.forget((row) => row.id === id);
        } else if (kind === "forgetPeer") {
          real.forgetPeer(peer);
          naive.forget((row) => row.peer === peer);
        } else {
          real.advance(at(now));
          naive.advance(now);
          for (const each of asked(real, peer)) {
            real.requested(peer, hash(each), at(now + 60));
            naive.requested(peer, each, now + 60);
          }
        }
        real.advance(at(now));
        naive.advance(now);
        assertSame(real, naive);
      }
    }),
  );
});

function assertSame(real: TxRequests, naive: NaiveRequests): void {
  assert.equal(real.size, naive.rows.length);
  const chosen = [0, 1, 2, 3].flatMap((peer) => asked(real, peer as PeerId).map((id) => ({ peer, id })));
  for (const id of [0, 1, 2, 3]) {
    const choices = naive.choices(id);
    const picks = chosen.filter((each) => each.id === id);
    assert.equal(picks.length, Math.min(1, choices.length), `one pick for ${id}`);
    for (const { peer } of picks) assert.ok(choices.some((row) => row.peer === peer));
  }
  assert.equal(real.hasRequestable, chosen.length > 0);
  for (const peer of [0, 1, 2, 3] as unknown as PeerId[]) {
    const rows = naive.rows.filter((row) => row.peer === peer);
    assert.equal(real.count(peer), rows.length);
    assert.equal(real.inFlight(peer), rows.filter((row) => row.state === "requested").length);
    const order = asked(real, peer).map((id) => rows.find((row) => row.id === id)?.sequence ?? -1);
    assert.deepEqual(order, order.toSorted((a, b) => a - b));
  }
}
