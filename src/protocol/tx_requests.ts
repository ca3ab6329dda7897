/**
 * Which transaction to ask which peer for, and when.
 *
 * ```text
 *            its time comes          asked, the best of its hash
 *   delayed ───────────────▶ ready ─────────────────────────────▶ requested
 *      │                       │                                      │
 *      └───────────────────────┴── answered, or out of time ──────────┴──▶ done
 * ```
 *
 * - One request is out for a hash at a time: the next peer is asked when the first has failed.
 * - A peer is never asked twice for what it announced once.
 * - Of the peers that may be asked now, preferred ones come first, and among equals chance decides,
 *   so that nobody can win by being quick.
 * - When all announcements of a hash are done, all are forgotten.
 *
 * The rules of Bitcoin Core's txrequest.h, where the reasons are given at length. As there, the
 * announcements of a hash stand in an order whose first says all that has to be known of it, so that a
 * thousand peers that announce the same make no step a thousand times as long.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { IndexedHeap, type Placed } from "../base/indexed_heap.ts";
import type { Rng } from "../base/rng.ts";
import type { Instant } from "../base/time.ts";
import { TimerTable } from "../base/timer_table.ts";
import type { PeerId } from "../peer/peer.ts";
import { type HashKey, hashKey, hashOfKey } from "../primitives/hash.ts";

/** Announcements whose time has come that are seen to at once: about a millisecond. */
export const ADVANCED_AT_ONCE_MAX = 500;

/** A transaction by one of its two ids. */
export interface TxReference {
  readonly hash: Bytes;
  readonly isWtxid: boolean;
}

type State = "requested" | "ready" | "delayed" | "done";

/** In which order they stand among those of their hash. */
const RANKS: Readonly<Record<State, number>> = { requested: 0, ready: 1, delayed: 2, done: 3 };

interface Announcement extends Placed {
  readonly of: HashRecord;
  readonly by: PeerRecord;
  readonly isWtxid: boolean;
  readonly preferred: boolean;
  /** Drawn when it came: what decides among equals. */
  readonly lot: number;
  /** Order of arrival, so that parents are asked for before children. */
  readonly sequence: number;
  state: State;
}

/** What is known of one hash. */
interface HashRecord {
  /** The one form of it that is kept: bytes take five times as much. */
  readonly key: HashKey;
  /** The request that is out, if one is; otherwise the best that may be asked now. */
  readonly announcements: IndexedHeap<Announcement>;
  /** The first of them, when it may be asked. */
  best: Announcement | undefined;
}

/** What one peer has announced. */
interface PeerRecord {
  readonly id: PeerId;
  readonly all: Map<HashKey, Announcement>;
  /** Those that are the best of their hashes. */
  readonly best: Set<Announcement>;
  inFlight: number;
}

export class TxRequests {
  readonly #rng: Rng;
  readonly #byHash = new Map<HashKey, HashRecord>();
  readonly #byPeer = new Map<PeerId, PeerRecord>();
  /** When a delayed one becomes ready, and when a request is out of time. */
  readonly #timers = new TimerTable<Announcement>();
  #size = 0;
  #sequence = 0;
  #bests = 0;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  /** All announcements, of all peers and in any state. */
  get size(): number {
    return this.#size;
  }

  count(peer: PeerId): number {
    return this.#byPeer.get(peer)?.all.size ?? 0;
  }

  inFlight(peer: PeerId): number {
    return this.#byPeer.get(peer)?.inFlight ?? 0;
  }

  /** Whether `requestable` has something for some peer. */
  get hasRequestable(): boolean {
    return this.#bests > 0;
  }

  /** When `requestable` may have something that it has not now, for lack of time. */
  nextAt(): Instant | undefined {
    return this.#timers.next();
  }

  /**
   * `peer` has a transaction, which it may be asked for from `from` on, or at once. A second time changes
   * nothing.
   */
  announced(
    peer: PeerId, { hash, isWtxid }: TxReference, preferred: boolean, from: Instant | undefined,
  ): void {
    const by = this.#byPeer.get(peer) ?? { id: peer, all: new Map(), best: new Set(), inFlight: 0 };
    const key = hashKey(hash);
    if (by.all.has(key)) return;
    const of = this.#byHash.get(key) ?? recordOf(key);
    const announcement: Announcement = {
      of, by, isWtxid, preferred, place: 0,
      // 31 bits, which are kept in place.
      lot: this.#rng.u32() >>> 1, sequence: this.#sequence++, state: from === undefined ? "ready" : "delayed",
    };
    this.#byPeer.set(peer, by);
    this.#byHash.set(of.key, of);
    by.all.set(of.key, announcement);
    of.announcements.add(announcement);
    this.#size++;
    if (from !== undefined) this.#timers.set(announcement, from);
    this.#choose(of);
  }

  /** What to ask `peer` for now, in the order in which it was announced. Say so with `requested`. */
  requestable(peer: PeerId): readonly TxReference[] {
    const best = this.#byPeer.get(peer)?.best;
    if (best === undefined || best.size === 0) return [];
    return [...best].sort((a, b) => a.sequence - b.sequence).map(referenceTo);
  }

  /**
   * Lets time pass: what has become ready, and which requests went unanswered. No more than so many are
   * seen to at once; `nextAt` is in the past while there are others.
   */
  advance(now: Instant): readonly (TxReference & { readonly peer: PeerId })[] {
    const expired: (TxReference & { readonly peer: PeerId })[] = [];
    for (let count = 0; count < ADVANCED_AT_ONCE_MAX; count++) {
      const due = this.#timers.take(now);
      if (due === undefined) break;
      const { state, by: { id: peer } } = due;
      if (state === "requested") expired.push({ peer, ...referenceTo(due) });
      this.#move(due, state === "requested" ? "done" : "ready");
    }
    return expired;
  }

  /** `peer` was asked; it has until `expiry` to answer. */
  requested(peer: PeerId, hash: Bytes, expiry: Instant): void {
    const announcement = this.#find(peer, hash);
    if (announcement === undefined) return;
    if (announcement.state === "done" || announcement.state === "requested") return;
    const before = announcement.of.announcements.peek();
    this.#move(announcement, "requested");
    this.#timers.set(announcement, expiry);
    if (before !== announcement && before?.state === "requested") this.#move(before, "done");
  }

  /** The transaction came from `peer`, or the word that it has it not. */
  answered(peer: PeerId, hash: Bytes): void {
    const announcement = this.#find(peer, hash);
    if (announcement !== undefined && announcement.state !== "done") this.#move(announcement, "done");
  }

  /** Nobody need be asked for it any more. */
  forgetTransaction(hash: Bytes): void {
    const record = this.#byHash.get(hashKey(hash));
    if (record !== undefined) this.#forget(record);
  }

  /** The connection is closed. */
  forgetPeer(peer: PeerId): void {
    const record = this.#byPeer.get(peer);
    if (record === undefined) return;
    for (const announcement of record.all.values()) {
      const { of } = announcement;
      of.announcements.delete(announcement);
      this.#drop(announcement);
      this.#choose(of);
    }
  }

  /** Who could still be asked for it, or has been and may yet answer. */
  candidatePeers(hash: Bytes): readonly PeerId[] {
    const peers: PeerId[] = [];
    for (const { state, by } of this.#byHash.get(hashKey(hash))?.announcements ?? []) {
      if (state !== "done") peers.push(by.id);
    }
    return peers;
  }

  #find(peer: PeerId, hash: Bytes): Announcement | undefined {
    const all = this.#byPeer.get(peer)?.all;
    return all === undefined || all.size === 0 ? undefined : all.get(hashKey(hash));
  }

  #move(announcement: Announcement, state: State): void {
    this.#leaveState(announcement);
    announcement.state = state;
    if (state === "requested") announcement.by.inFlight++;
    announcement.of.announcements.settle(announcement);
    this.#choose(announcement.of);
  }

  #leaveState(announcement: Announcement): void {
    if (announcement.state === "requested") announcement.by.inFlight--;
    if (announcement.state !== "ready") this.#timers.cancel(announcement);
  }

  /** Sees what the first now is; when all are done, forgets them. */
  #choose(record: HashRecord): void {
    const first = record.announcements.peek();
    if (first === undefined || first.state === "done") return this.#forget(record);
    this.#setBest(record, first.state === "ready" ? first : undefined);
  }

  #setBest(record: HashRecord, best: Announcement | undefined): void {
    const before = record.best;
    if (best === before) return;
    record.best = best;
    if (before?.by.best.delete(before) === true) this.#bests--;
    if (best === undefined) return;
    best.by.best.add(best);
    this.#bests++;
  }

  #forget(record: HashRecord): void {
    this.#setBest(record, undefined);
    this.#byHash.delete(record.key);
    for (const announcement of record.announcements) this.#drop(announcement);
  }

  /** Of its peer's record and the timers; it is out of its hash's, or that goes as a whole. */
  #drop(announcement: Announcement): void {
    const { by, of } = announcement;
    this.#leaveState(announcement);
    by.all.delete(of.key);
    this.#size--;
    if (by.all.size === 0) this.#byPeer.delete(by.id);
  }
}

function recordOf(key: HashKey): HashRecord {
  return { key, announcements: new IndexedHeap(comesBefore), best: undefined };
}

function referenceTo({ of, isWtxid }: Announcement): TxReference {
  return { hash: hashOfKey(of.key), isWtxid };
}

function comesBefore(a: Announcement, b: Announcement): boolean {
  if (a.state !== b.state) return RANKS[a.state] < RANKS[b.state];
  if (a.preferred !== b.preferred) return a.preferred;
  return a.lot === b.lot ? a.sequence < b.sequence : a.lot < b.lot;
}
