/**
 * Which transaction to ask which peer for, and when.
 *
 * ```text
 *                  its time comes             best of its hash            asked
 *   delayed ───────────────────────▶ ready ────────────────────▶ best ──────────▶ requested
 *                                      ▲         a better one     │                   │
 *                                      └──────────────────────────┘   answered, or    ▼
 *                                                                     out of time   done
 * ```
 *
 * - One request is out for a hash at a time: the next peer is asked when the first has failed.
 * - A peer is never asked twice for what it announced once.
 * - Of the peers that may be asked now, preferred ones come first, and among equals chance decides,
 *   so that nobody can win by being quick.
 * - When all announcements of a hash are done, all are forgotten.
 *
 * The rules of Bitcoin Core's txrequest.h, where the reasons are given at length.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import type { Rng } from "../base/rng.ts";
import type { Instant } from "../base/time.ts";
import { TimerTable } from "../base/timer_table.ts";
import type { PeerId } from "../peer/peer.ts";
import { type HashKey, hashKey } from "../primitives/hash.ts";

/** A transaction by one of its two ids. */
export interface TxReference {
  readonly hash: Bytes;
  readonly isWtxid: boolean;
}

type State = "delayed" | "ready" | "best" | "requested" | "done";

interface Announcement extends TxReference {
  readonly key: HashKey;
  readonly peer: PeerId;
  readonly preferred: boolean;
  /** Drawn when it came: what decides among equals. */
  readonly lot: number;
  /** Order of arrival, so that parents are asked for before children. */
  readonly sequence: number;
  state: State;
}

/** What one peer has announced. */
interface PeerRecord {
  readonly all: Map<HashKey, Announcement>;
  readonly best: Set<Announcement>;
  inFlight: number;
}

export class TxRequests {
  readonly #rng: Rng;
  readonly #byHash = new Map<HashKey, Announcement[]>();
  readonly #byPeer = new Map<PeerId, PeerRecord>();
  /** When a delayed one becomes ready, and when a request is out of time. */
  readonly #timers = new TimerTable<Announcement>();
  #sequence = 0;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  /** All announcements, of all peers and in any state. */
  get size(): number {
    let size = 0;
    for (const { all } of this.#byPeer.values()) size += all.size;
    return size;
  }

  count(peer: PeerId): number {
    return this.#byPeer.get(peer)?.all.size ?? 0;
  }

  inFlight(peer: PeerId): number {
    return this.#byPeer.get(peer)?.inFlight ?? 0;
  }

  /** When `requestable` may have something that it has not now, for lack of time. */
  nextAt(): Instant | undefined {
    return this.#timers.next();
  }

  /** `peer` has a transaction, which it may be asked for from `from` on. A second time changes nothing. */
  announced(peer: PeerId, { hash, isWtxid }: TxReference, preferred: boolean, from: Instant): void {
    const key = hashKey(hash);
    const record = this.#byPeer.get(peer) ?? { all: new Map(), best: new Set(), inFlight: 0 };
    if (record.all.has(key)) return;
    this.#byPeer.set(peer, record);
    const announcement: Announcement = {
      key, hash, isWtxid, peer, preferred, lot: this.#rng.u32(), sequence: this.#sequence++, state: "delayed",
    };
    record.all.set(key, announcement);
    const others = this.#byHash.get(key);
    if (others === undefined) this.#byHash.set(key, [announcement]);
    else others.push(announcement);
    this.#timers.set(announcement, from);
  }

  /** What to ask `peer` for now, in the order in which it was announced. Say so with `requested`. */
  requestable(peer: PeerId): readonly TxReference[] {
    const best = this.#byPeer.get(peer)?.best;
    if (best === undefined || best.size === 0) return [];
    return [...best].sort((a, b) => a.sequence - b.sequence);
  }

  /** Lets time pass: what has become ready, and which requests went unanswered. */
  advance(now: Instant): readonly (TxReference & { readonly peer: PeerId })[] {
    const expired: Announcement[] = [];
    for (let due = this.#timers.take(now); due !== undefined; due = this.#timers.take(now)) {
      if (due.state === "requested") {
        expired.push(due);
        this.#finish(due);
      } else {
        due.state = "ready";
        this.#choose(due.key);
      }
    }
    return expired;
  }

  /** `peer` was asked; it has until `expiry` to answer. */
  requested(peer: PeerId, hash: Bytes, expiry: Instant): void {
    const key = hashKey(hash);
    const announcement = this.#byPeer.get(peer)?.all.get(key);
    if (announcement === undefined) return;
    if (announcement.state === "done" || announcement.state === "requested") return;
    for (const other of this.#byHash.get(key) ?? []) {
      if (other.state === "requested") this.#setState(other, "done");
    }
    this.#setState(announcement, "requested");
    this.#timers.set(announcement, expiry);
    this.#choose(key);
  }

  /** The transaction came from `peer`, or the word that it has it not. */
  answered(peer: PeerId, hash: Bytes): void {
    const announcement = this.#byPeer.get(peer)?.all.get(hashKey(hash));
    if (announcement !== undefined && announcement.state !== "done") this.#finish(announcement);
  }

  /** Nobody need be asked for it any more. */
  forgetTransaction(hash: Bytes): void {
    const key = hashKey(hash);
    for (const announcement of this.#byHash.get(key) ?? []) this.#drop(announcement);
    this.#byHash.delete(key);
  }

  /** The connection is closed. */
  forgetPeer(peer: PeerId): void {
    const record = this.#byPeer.get(peer);
    if (record === undefined) return;
    for (const announcement of record.all.values()) {
      const others = (this.#byHash.get(announcement.key) ?? []).filter((each) => each !== announcement);
      this.#drop(announcement);
      if (others.length === 0) this.#byHash.delete(announcement.key);
      else this.#byHash.set(announcement.key, others);
      this.#choose(announcement.key);
    }
    this.#byPeer.delete(peer);
  }

  /** Who could still be asked for it, or has been and may yet answer. */
  candidatePeers(hash: Bytes): readonly PeerId[] {
    const all = this.#byHash.get(hashKey(hash)) ?? [];
    return all.filter(({ state }) => state !== "done").map(({ peer }) => peer);
  }

  #finish(announcement: Announcement): void {
    this.#setState(announcement, "done");
    this.#choose(announcement.key);
  }

  /** Makes the best of the ready ones `best`, unless a request is out; when all are done, forgets them. */
  #choose(key: HashKey): void {
    const all = this.#byHash.get(key) ?? [];
    let top: Announcement | undefined;
    let isRequested = false;
    let isOver = true;
    for (const each of all) {
      if (each.state !== "done") isOver = false;
      if (each.state === "requested") isRequested = true;
      if ((each.state === "ready" || each.state === "best") && isBetter(each, top)) top = each;
    }
    if (isOver) {
      for (const each of all) this.#drop(each);
      this.#byHash.delete(key);
      return;
    }
    for (const each of all) {
      if (each.state === "best" && (each !== top || isRequested)) this.#setState(each, "ready");
    }
    if (top !== undefined && !isRequested) this.#setState(top, "best");
  }

  #setState(announcement: Announcement, state: State): void {
    const record = this.#byPeer.get(announcement.peer);
    assert(record !== undefined, "an announcement's peer has a record");
    if (announcement.state === "best") record.best.delete(announcement);
    if (announcement.state === "requested") record.inFlight--;
    if (state === "best") record.best.add(announcement);
    if (state === "requested") record.inFlight++;
    if (state === "done") this.#timers.cancel(announcement);
    announcement.state = state;
  }

  #drop(announcement: Announcement): void {
    this.#setState(announcement, "done");
    const record = this.#byPeer.get(announcement.peer);
    record?.all.delete(announcement.key);
    if (record?.all.size === 0) this.#byPeer.delete(announcement.peer);
  }
}

function isBetter(a: Announcement, b: Announcement | undefined): boolean {
  if (b === undefined) return true;
  if (a.preferred !== b.preferred) return a.preferred;
  return a.lot === b.lot ? a.sequence < b.sequence : a.lot < b.lot;
}
