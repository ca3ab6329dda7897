/**
 * Transactions that came before a parent of theirs, kept until it comes.
 *
 * An orphan belongs to every peer that announced it, and goes with the last of them. What is kept is
 * bounded over all peers, in weight and in the time that it takes to go through; each peer has its share,
 * which others cannot take. When there is too much, the peer that goes furthest beyond its share loses
 * its oldest.
 *
 * Only bytes are kept: what a transaction decodes to may take a hundred times as much.
 *
 * Source: Bitcoin Core, node/txorphanage.h, where the reasons are given at length.
 *
 * @module
 */
import { defined } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { type Without, WITHOUT_NOTHING } from "../base/defences.ts";
import type { PeerId } from "../peer/peer.ts";
import { type HashKey, hashKey, type Txid, type Wtxid } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";

/** As much as one transaction may have by policy (MAX_STANDARD_TX_WEIGHT). */
export const ORPHAN_WEIGHT_MAX = 400_000;
/** What is kept of each peer whatever the others do, so that the largest orphan fits. */
export const ORPHAN_WEIGHT_PER_PEER = 404_000;
/** Peers for each of which so much is kept; more of them share: 51 MB in all. */
export const FULL_SHARES_MAX = 125;
/**
 * One for each announcement of an orphan, and one for each ten inputs of it: they are gone through at
 * every block. So there are at most 60,000 inputs, which take some 30 MB. Each peer has an equal share.
 */
export const ORPHAN_LATENCY_MAX = 3_000;
const INPUTS_PER_LATENCY = 10;

export interface Orphan {
  readonly txid: Txid;
  readonly wtxid: Wtxid;
  /** The whole serialisation. */
  readonly bytes: Bytes;
  readonly weight: number;
  /** Of the transactions that it spends from, each once. */
  readonly parents: readonly Txid[];
  /** Who announced it. */
  readonly announcers: ReadonlySet<PeerId>;
}

/** An orphan whose parent has come, to be tried again on account of one peer. */
export interface ReadyOrphan {
  readonly orphan: Orphan;
  readonly peer: PeerId;
}

interface KeptOrphan extends Orphan {
  readonly announcers: Set<PeerId>;
  readonly spends: readonly Spend[];
  /** On whose account it is to be tried again. */
  readyFor: PeerId | undefined;
}

/** An output, by the transaction that makes it. */
interface Spend {
  readonly parent: HashKey;
  readonly index: number;
}

/** What one peer has announced. */
interface PeerShare {
  /** Oldest first. */
  readonly orphans: Set<KeptOrphan>;
  /** Those that are to be tried again on its account. */
  readonly ready: Set<KeptOrphan>;
  weight: number;
  latency: number;
}

export class Orphanage {
  /** By wtxid, oldest first. */
  readonly #orphans = new Map<HashKey, KeptOrphan>();
  readonly #byPeer = new Map<PeerId, PeerShare>();
  /** By the outputs that they spend. */
  readonly #spenders = new Map<HashKey, Map<number, Set<KeptOrphan>>>();
  /** Peers for which some are ready, whose turn is next first. */
  readonly #turns = new Set<PeerId>();
  readonly #without: Without;
  #weight = 0;
  #latency = 0;

  constructor(without: Without = WITHOUT_NOTHING) {
    this.#without = without;
  }

  get size(): number {
    return this.#orphans.size;
  }

  get hasReady(): boolean {
    return this.#turns.size > 0;
  }

  isReadyFor(peer: PeerId): boolean {
    return this.#turns.has(peer);
  }

  /** Oldest first. */
  all(): Iterable<Orphan> {
    return this.#orphans.values();
  }

  has(wtxid: Bytes): boolean {
    return this.#orphans.has(hashKey(wtxid));
  }

  get(wtxid: Bytes): Orphan | undefined {
    return this.#orphans.get(hashKey(wtxid));
  }

  /** Keeps `transaction`, announced by `peer`; returns whether it was not here before. */
  add(transaction: Transaction, peer: PeerId): boolean {
    if (transaction.weight > ORPHAN_WEIGHT_MAX) return false;
    const here = this.#orphans.get(hashKey(transaction.wtxid));
    const orphan = here ?? this.#keep(transaction);
    this.#addAnnouncer(orphan, peer);
    return here === undefined;
  }

  /** `peer` has it, too. */
  addAnnouncer(wtxid: Bytes, peer: PeerId): void {
    const orphan = this.#orphans.get(hashKey(wtxid));
    if (orphan !== undefined) this.#addAnnouncer(orphan, peer);
  }

  delete(wtxid: Bytes): boolean {
    const orphan = this.#orphans.get(hashKey(wtxid));
    if (orphan === undefined) return false;
    this.#delete(orphan);
    this.#limit();
    return true;
  }

  /** Those that spend what a block's `transactions` spend, these among them; says how many. */
  deleteConflicts(transactions: readonly Transaction[]): number {
    const conflicting = new Set<KeptOrphan>();
    for (const { inputs } of transactions) {
      for (const { prevout: { txid, index } } of inputs) {
        for (const orphan of this.#spenders.get(hashKey(txid))?.get(index) ?? []) conflicting.add(orphan);
      }
    }
    for (const orphan of conflicting) this.#delete(orphan);
    this.#limit();
    return conflicting.size;
  }

  deletePeer(peer: PeerId): void {
    for (const orphan of this.#byPeer.get(peer)?.orphans ?? []) this.#deleteAnnouncer(orphan, peer);
    this.#limit();
  }

  /** `parent` has come: those that spend from it are ready to be tried, by chance on account of whom. */
  parentCame({ txid }: Pick<Transaction, "txid">, draw: (count: number) => number): readonly ReadyOrphan[] {
    const ready: ReadyOrphan[] = [];
    for (const spenders of this.#spenders.get(hashKey(txid))?.values() ?? []) {
      for (const orphan of spenders) {
        if (orphan.readyFor !== undefined) continue;
        const peer = [...orphan.announcers][draw(orphan.announcers.size)] as PeerId;
        this.#setReady(orphan, peer);
        ready.push({ orphan, peer });
      }
    }
    return ready;
  }

  /** The next that is ready, of each peer in turn; it stays here, and is ready no more. */
  takeReady(): ReadyOrphan | undefined {
    const [peer] = this.#turns;
    if (peer === undefined) return undefined;
    const [first] = this.#byPeer.get(peer)?.ready ?? [];
    const orphan = defined(first, "a peer whose turn it is has one that is ready");
    this.#clearReady(orphan);
    if (this.#turns.delete(peer)) this.#turns.add(peer);
    return { orphan, peer };
  }

  #keep(transaction: Transaction): KeptOrphan {
    const { txid, wtxid, bytes, weight, inputs } = transaction;
    const parents = new Map<HashKey, Txid>();
    const spends = inputs.map(({ prevout }): Spend => {
      const parent = hashKey(prevout.txid);
      if (!parents.has(parent)) parents.set(parent, prevout.txid.slice() as Txid);
      return { parent, index: prevout.index };
    });
    const orphan: KeptOrphan = {
      txid, wtxid, weight, spends,
      // A copy: what it is part of may be much longer.
      bytes: bytes.slice(),
      parents: [...parents.values()], announcers: new Set(), readyFor: undefined,
    };
    this.#orphans.set(hashKey(wtxid), orphan);
    for (const { parent, index } of spends) {
      const byIndex = this.#spenders.get(parent) ?? new Map<number, Set<KeptOrphan>>();
      this.#spenders.set(parent, byIndex.set(index, (byIndex.get(index) ?? new Set()).add(orphan)));
    }
    this.#weight += weight;
    this.#latency += latencyOf(orphan) - 1;
    return orphan;
  }

  #delete(orphan: KeptOrphan): void {
    for (const peer of orphan.announcers) this.#deleteAnnouncer(orphan, peer);
  }

  #addAnnouncer(orphan: KeptOrphan, peer: PeerId): void {
    if (orphan.announcers.has(peer)) return;
    orphan.announcers.add(peer);
    const share = this.#byPeer.get(peer) ?? { orphans: new Set(), ready: new Set(), weight: 0, latency: 0 };
    this.#byPeer.set(peer, share);
    share.orphans.add(orphan);
    share.weight += orphan.weight;
    share.latency += latencyOf(orphan);
    this.#latency++;
    this.#limit();
  }

  /** With the last of them, the orphan goes. */
  #deleteAnnouncer(orphan: KeptOrphan, peer: PeerId): void {
    const share = defined(this.#byPeer.get(peer), "who announced an orphan has a share");
    const wasReady = orphan.readyFor === peer;
    this.#clearReady(orphan);
    orphan.announcers.delete(peer);
    share.orphans.delete(orphan);
    share.weight -= orphan.weight;
    share.latency -= latencyOf(orphan);
    this.#latency--;
    if (share.orphans.size === 0) this.#byPeer.delete(peer);
    const [other] = orphan.announcers;
    if (other === undefined) this.#forget(orphan);
    else if (wasReady) this.#setReady(orphan, other);
  }

  #forget(orphan: KeptOrphan): void {
    this.#orphans.delete(hashKey(orphan.wtxid));
    for (const { parent, index } of orphan.spends) {
      const byIndex = this.#spenders.get(parent);
      const spenders = byIndex?.get(index);
      spenders?.delete(orphan);
      if (spenders?.size === 0) byIndex?.delete(index);
      if (byIndex?.size === 0) this.#spenders.delete(parent);
    }
    this.#weight -= orphan.weight;
    this.#latency -= latencyOf(orphan) - 1;
  }

  #setReady(orphan: KeptOrphan, peer: PeerId): void {
    orphan.readyFor = peer;
    this.#byPeer.get(peer)?.ready.add(orphan);
    this.#turns.add(peer);
  }

  #clearReady(orphan: KeptOrphan): void {
    const { readyFor } = orphan;
    if (readyFor === undefined) return;
    orphan.readyFor = undefined;
    const ready = this.#byPeer.get(readyFor)?.ready;
    ready?.delete(orphan);
    if (ready?.size === 0) this.#turns.delete(readyFor);
  }

  /** Takes from who goes furthest beyond its share, its oldest first, until there is not too much. */
  #limit(): void {
    const peers = Math.max(1, this.#byPeer.size);
    const weightMax = ORPHAN_WEIGHT_PER_PEER * Math.min(peers, FULL_SHARES_MAX);
    const excessOf = ({ weight, latency }: PeerShare): number => {
      return Math.max(weight / weightMax, latency / ORPHAN_LATENCY_MAX) * peers;
    };
    while (this.#weight > weightMax || this.#latency > ORPHAN_LATENCY_MAX) {
      const worst = this.#without.has("orphan-shares") ? this.#whoHasOldest() : this.#mostOf(excessOf);
      if (worst === undefined) return;
      const [peer, share] = worst;
      this.#deleteAnnouncer(oldestOf(share), peer);
    }
  }

  #whoHasOldest(): readonly [PeerId, PeerShare] | undefined {
    const [oldest] = this.#orphans.values();
    return [...this.#byPeer].find(([, { orphans }]) => oldest !== undefined && orphans.has(oldest));
  }

  /** Of equals, the one that came last. */
  #mostOf(excessOf: (share: PeerShare) => number): readonly [PeerId, PeerShare] | undefined {
    let worst: readonly [PeerId, PeerShare] | undefined;
    let most = 0;
    for (const [peer, share] of this.#byPeer) {
      const excess = excessOf(share);
      if (excess < most || (excess === most && peer < (worst?.[0] ?? 0))) continue;
      worst = [peer, share];
      most = excess;
    }
    return worst;
  }
}

/** What is about to be tried again goes last. */
function oldestOf({ orphans, ready }: PeerShare): KeptOrphan {
  for (const orphan of orphans) if (!ready.has(orphan)) return orphan;
  const [oldest] = orphans;
  return defined(oldest, "who has a share has orphans");
}

/** Of one announcement of it. */
function latencyOf({ spends }: KeptOrphan): number {
  return 1 + Math.floor(spends.length / INPUTS_PER_LATENCY);
}
