/**
 * Our own transactions that are being broadcast in private, and to whom each was given.
 *
 * Source: Bitcoin Core, private_broadcast.cpp.
 *
 * @module
 */
import { addDuration, type Clock, type Duration, type Instant, minutes } from "../base/time.ts";
import type { PeerId } from "../peer/peer.ts";
import { displayHash, type Wtxid } from "../primitives/hash.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import type { Transaction } from "../primitives/transaction.ts";

/** More are refused: a wallet has a few, and each takes connections until it comes back from the network. */
export const PRIVATE_TRANSACTIONS_MAX = 10_000;

/** One that nobody has taken for so long is sent out again. */
const STALE_AFTER_NOTHING = minutes(5);
/** One that was taken, but has not come back for so long, too. */
const STALE_AFTER_SENT = minutes(1);

/** That a transaction was given to one peer. */
export interface PrivateSend {
  readonly address: NetworkAddress;
  readonly sentAt: Instant;
  /** When it said that it has it; a pong after the transaction. */
  readonly receivedAt: Instant | undefined;
}

export interface PrivateEntry {
  readonly transaction: Transaction;
  readonly addedAt: Instant;
  readonly sends: readonly PrivateSend[];
}

interface MutableSend extends PrivateSend {
  receivedAt: Instant | undefined;
}

interface MutableEntry extends PrivateEntry {
  readonly sends: MutableSend[];
}

interface Sending {
  readonly entry: MutableEntry;
  readonly send: MutableSend;
}

/** How urgent a transaction is: the least in the first number that differs goes first. */
type Priority = readonly [picked: number, received: number, lastPicked: number, lastReceived: number];

export class PrivateQueue {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #entries = new Map<string, MutableEntry>();
  /** By peer, until it is forgotten: each is given one transaction and no more. */
  readonly #sendings = new Map<PeerId, Sending>();

  constructor(clock: Clock, max = PRIVATE_TRANSACTIONS_MAX) {
    this.#clock = clock;
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  [Symbol.iterator](): Iterator<PrivateEntry> {
    return this.#entries.values();
  }

  add(transaction: Transaction): "added" | "known" | "full" {
    const key = displayHash(transaction.wtxid);
    if (this.#entries.has(key)) return "known";
    if (this.#entries.size >= this.#max) return "full";
    this.#entries.set(key, { transaction, addedAt: this.#clock.now(), sends: [] });
    return "added";
  }

  /** Returns to how many peers it was given that have it for certain; `undefined` when it was not here. */
  remove(wtxid: Wtxid): number | undefined {
    const key = displayHash(wtxid);
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    return entry?.sends.filter(({ receivedAt }) => receivedAt !== undefined).length;
  }

  /** The most urgent one, which from now on is `peer`'s; `undefined` when there is none. */
  pick(peer: PeerId, address: NetworkAddress): Transaction | undefined {
    let entry: MutableEntry | undefined;
    for (const each of this.#entries.values()) {
      if (entry === undefined || comesBefore(priorityOf(each), priorityOf(entry))) entry = each;
    }
    if (entry === undefined) return undefined;
    const send = { address, sentAt: this.#clock.now(), receivedAt: undefined };
    entry.sends.push(send);
    this.#sendings.set(peer, { entry, send });
    return entry.transaction;
  }

  /** What was picked for `peer`, if it is still to be sent. */
  pickedFor(peer: PeerId): Transaction | undefined {
    const transaction = this.#sendings.get(peer)?.entry.transaction;
    if (transaction === undefined) return undefined;
    return this.#entries.get(displayHash(transaction.wtxid))?.transaction;
  }

  /** `peer` has what was picked for it. */
  received(peer: PeerId): void {
    const sending = this.#sendings.get(peer);
    if (sending !== undefined) sending.send.receivedAt = this.#clock.now();
  }

  /** The connection is gone. Returns whether its peer had received its transaction. */
  forgetPeer(peer: PeerId): boolean {
    const hasReceived = this.#sendings.get(peer)?.send.receivedAt !== undefined;
    this.#sendings.delete(peer);
    return hasReceived;
  }

  /** Those that ought to have come back by now, or that nobody has taken. */
  stale(): readonly Transaction[] {
    const now = this.#clock.now();
    const entries = [...this.#entries.values()];
    return entries.filter((entry) => isStale(entry, now)).map(({ transaction }) => transaction);
  }
}

function isStale({ addedAt, sends }: PrivateEntry, now: Instant): boolean {
  const received = sends.flatMap(({ receivedAt }) => receivedAt ?? []);
  const isOlder = (at: Instant, than: Duration): boolean => addDuration(at, than) < now;
  if (received.length === 0) return isOlder(addedAt, STALE_AFTER_NOTHING);
  return isOlder(Math.max(...received) as Instant, STALE_AFTER_SENT);
}

function priorityOf({ sends }: PrivateEntry): Priority {
  const received = sends.flatMap(({ receivedAt }) => receivedAt ?? []);
  const last = (times: readonly number[]): number => Math.max(Number.NEGATIVE_INFINITY, ...times);
  return [sends.length, received.length, last(sends.map(({ sentAt }) => sentAt)), last(received)];
}

function comesBefore(a: Priority, b: Priority): boolean {
  for (const [index, value] of a.entries()) {
    const other = b[index] as number;
    if (value !== other) return value < other;
  }
  return false;
}

/** Both ids, as Bitcoin Core logs them where it tells of private broadcasts. */
export function bothIdsText({ txid, wtxid }: Transaction): string {
  return `txid=${displayHash(txid)}, wtxid=${displayHash(wtxid)}`;
}
