/**
 * What is done with transactions that came before a parent of theirs: their parents are asked for, of
 * all who have announced them, and when one comes they are tried again.
 *
 * Source: Bitcoin Core, node/txdownloadman_impl.cpp.
 *
 * @module
 */
import type { Without } from "../base/defences.ts";
import type { Logger } from "../base/logger.ts";
import { below, type Rng } from "../base/rng.ts";
import { decodeWith } from "../codec/codec.ts";
import type { Admission } from "../mempool/mempool.ts";
import type { PeerId } from "../peer/peer.ts";
import { displayHash, hashKey, type HashKey, type Txid } from "../primitives/hash.ts";
import { type Transaction, transactionCodec } from "../primitives/transaction.ts";
import { idsText } from "./inventory_text.ts";
import { type Orphan, Orphanage, ORPHAN_WEIGHT_MAX } from "./orphanage.ts";

/** Orphans tried again in one turn: each is a whole admission. */
const RETRIES_PER_TURN = 10;
/**
 * Parents that are noted on account of one message, for all who are to be asked: an orphan may have
 * thousands of them, and be announced by a thousand peers. Its sender is asked for all.
 */
export const PARENTS_PER_MESSAGE_MAX = 1_000;

export interface OrphanIntakePorts {
  readonly rng: Rng;
  readonly logger: Logger;
  readonly without: Without;
  /** Whether there is no use in asking for it. */
  isParentKnown(txid: Txid): boolean;
  /** Notes that a peer has these; false when there is no room for them. */
  noteParents(peer: PeerId, parents: readonly Txid[]): boolean;
  /** Orphans are to be tried again on account of a peer. */
  ready(peer: PeerId): void;
  /** Tries it, on account of a peer; in `done` it is said what came of it. */
  retry(transaction: Transaction, peer: PeerId, done: (admission: Admission) => void): void;
}

export class OrphanIntake {
  readonly #ports: OrphanIntakePorts;
  readonly #orphanage: Orphanage;

  constructor(ports: OrphanIntakePorts) {
    this.#ports = ports;
    this.#orphanage = new Orphanage(ports.without);
  }

  /** Oldest first. */
  get orphans(): Iterable<Orphan> {
    return this.#orphanage.all();
  }

  get hasReady(): boolean {
    return this.#orphanage.hasReady;
  }

  isReadyFor(peer: PeerId): boolean {
    return this.#orphanage.isReadyFor(peer);
  }

  has(wtxid: Uint8Array): boolean {
    return this.#orphanage.has(wtxid);
  }

  /** Keeps a transaction until its parents come, which are asked of `sender` and of the `others`. */
  keep(transaction: Transaction, sender: PeerId, others: readonly PeerId[]): void {
    if (transaction.weight > ORPHAN_WEIGHT_MAX) return;
    const parents = parentsOf(transaction).filter((txid) => !this.#ports.isParentKnown(txid));
    let left = PARENTS_PER_MESSAGE_MAX;
    for (const peer of new Set([sender, ...others])) {
      left -= Math.max(1, parents.length);
      if (left < 0 && peer !== sender) return;
      if (!this.#noteParents(transaction, parents, peer) || !this.#orphanage.add(transaction, peer)) continue;
      this.#ports.logger.debug("txpackages", () => {
        return `stored orphan tx ${idsText(transaction)}, weight: ${transaction.weight} ` +
          `(mapsz ${this.#orphanage.size})`;
      });
    }
  }

  /**
   * `peer` has announced an orphan that is here: its parents may be asked of it, too. At most `most` of
   * them are looked up; returns how many were.
   */
  announced(wtxid: Uint8Array, peer: PeerId, most: number): number {
    const orphan = this.#orphanage.get(wtxid);
    if (orphan === undefined || orphan.announcers.has(peer) || orphan.parents.length > most) return 0;
    const parents = orphan.parents.filter((txid) => !this.#ports.isParentKnown(txid));
    if (parents.length > 0 && this.#noteParents(orphan, parents, peer)) {
      this.#orphanage.addAnnouncer(wtxid, peer);
    }
    return orphan.parents.length;
  }

  delete(wtxid: Uint8Array): void {
    this.#orphanage.delete(wtxid);
  }

  deletePeer(peer: PeerId): void {
    this.#orphanage.deletePeer(peer);
  }

  /** The transactions of a block that was connected. */
  confirmed(transactions: readonly Transaction[]): void {
    if (this.#orphanage.size === 0) return;
    const erased = this.#orphanage.deleteConflicts(transactions);
    for (const transaction of transactions) this.parentCame(transaction);
    if (erased === 0) return;
    this.#ports.logger.debug("txpackages", () => {
      return `Erased ${erased} orphan transaction(s) included or conflicted by block`;
    });
  }

  /** What spends from `parent` may now be good. */
  parentCame(parent: Transaction): void {
    if (this.#orphanage.size === 0) return;
    const { rng, logger } = this.#ports;
    for (const { orphan, peer } of this.#orphanage.parentCame(parent, (count) => below(rng, count))) {
      this.#ports.ready(peer);
      logger.debug("txpackages", () => `added ${idsText(orphan)} to peer ${peer} workset`);
    }
  }

  /** Tries some of those whose parents have come. */
  retry(): void {
    for (let count = 0; count < RETRIES_PER_TURN; count++) {
      const next = this.#orphanage.takeReady();
      if (next === undefined) return;
      const { orphan: { bytes, txid, wtxid }, peer } = next;
      const transaction = decodeWith(transactionCodec, bytes);
      transaction.setIds(txid, wtxid);
      this.#ports.retry(transaction, peer, (admission) => {
        if (admission.type !== "missing-inputs") this.#orphanage.delete(wtxid);
      });
    }
  }

  #noteParents({ wtxid }: Pick<Orphan, "wtxid">, parents: readonly Txid[], peer: PeerId): boolean {
    if (!this.#ports.noteParents(peer, parents)) return false;
    this.#ports.logger.debug("txpackages", () => {
      return `added peer=${peer} as a candidate for resolving orphan ${displayHash(wtxid)}`;
    });
    return true;
  }
}

/** Txids that its inputs refer to, each once. */
export function parentsOf({ inputs }: Transaction): readonly Txid[] {
  return [...new Map<HashKey, Txid>(inputs.map(({ prevout: { txid } }) => [hashKey(txid), txid])).values()];
}
