/**
 * Transactions that came before a parent of theirs, kept until it comes.
 *
 * Each belongs to the peer that sent it, goes with it, and counts against its share alone: nobody
 * can push out what another sent.
 *
 * @module
 */
import { equalBytes } from "../base/bytes.ts";
import type { PeerId } from "../peer/peer.ts";
import { type HashKey, hashKey, type Txid } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";

/** Orphans of one peer: enough for a few long chains announced out of order. */
export const ORPHANS_PER_PEER_MAX = 100;
/** Their weight together, as much as one transaction may have by policy (MAX_STANDARD_TX_WEIGHT). */
export const ORPHAN_WEIGHT_PER_PEER_MAX = 400_000;

export interface Orphan {
  readonly transaction: Transaction;
  readonly peer: PeerId;
}

export class Orphanage {
  /** By wtxid; of one peer, oldest first. */
  readonly #orphans = new Map<HashKey, Orphan>();
  readonly #byPeer = new Map<PeerId, Set<Orphan>>();
  /** By the txid of each transaction that they spend from. */
  readonly #byParent = new Map<HashKey, Set<Orphan>>();

  get size(): number {
    return this.#orphans.size;
  }

  /** Oldest first. */
  all(): Iterable<Orphan> {
    return this.#orphans.values();
  }

  has(wtxid: Uint8Array): boolean {
    return this.#orphans.has(hashKey(wtxid));
  }

  /** Keeps `transaction`, at the cost of the oldest of the same peer; returns whether it is kept. */
  add(transaction: Transaction, peer: PeerId): boolean {
    if (this.has(transaction.wtxid) || transaction.weight > ORPHAN_WEIGHT_PER_PEER_MAX) return false;
    const orphan: Orphan = { transaction, peer };
    const ofPeer = this.#byPeer.get(peer) ?? new Set();
    this.#byPeer.set(peer, ofPeer.add(orphan));
    this.#orphans.set(hashKey(transaction.wtxid), orphan);
    for (const parent of parentsOf(transaction)) {
      const key = hashKey(parent);
      this.#byParent.set(key, (this.#byParent.get(key) ?? new Set()).add(orphan));
    }
    this.#trim(ofPeer);
    return true;
  }

  /** Those that spend an output of `txid`. */
  childrenOf(txid: Uint8Array): readonly Orphan[] {
    return [...(this.#byParent.get(hashKey(txid)) ?? [])];
  }

  delete(wtxid: Uint8Array): boolean {
    const orphan = this.#orphans.get(hashKey(wtxid));
    if (orphan === undefined) return false;
    this.#orphans.delete(hashKey(wtxid));
    deleteFrom(this.#byPeer, orphan.peer, orphan);
    for (const parent of parentsOf(orphan.transaction)) deleteFrom(this.#byParent, hashKey(parent), orphan);
    return true;
  }

  /** Those that spend what `inputs` spend, the transaction itself among them; says how many. */
  deleteConflicts({ inputs }: Transaction): number {
    let deleted = 0;
    for (const { prevout } of inputs) {
      for (const { transaction } of this.childrenOf(prevout.txid)) {
        const spendsIt = transaction.inputs.some(({ prevout: spent }) => {
          return spent.index === prevout.index && equalBytes(spent.txid, prevout.txid);
        });
        if (spendsIt && this.delete(transaction.wtxid)) deleted++;
      }
    }
    return deleted;
  }

  deletePeer(peer: PeerId): void {
    for (const { transaction } of [...(this.#byPeer.get(peer) ?? [])]) this.delete(transaction.wtxid);
  }

  #trim(ofPeer: ReadonlySet<Orphan>): void {
    let weight = 0;
    for (const { transaction } of ofPeer) weight += transaction.weight;
    for (const { transaction } of ofPeer) {
      if (ofPeer.size <= ORPHANS_PER_PEER_MAX && weight <= ORPHAN_WEIGHT_PER_PEER_MAX) return;
      weight -= transaction.weight;
      this.delete(transaction.wtxid);
    }
  }
}

/** Txids that its inputs refer to, each once. */
export function parentsOf({ inputs }: Transaction): readonly Txid[] {
  const parents = new Map<HashKey, Txid>();
  for (const { prevout } of inputs) parents.set(hashKey(prevout.txid), prevout.txid);
  return [...parents.values()];
}

function deleteFrom<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
}
