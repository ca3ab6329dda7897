/**
 * Who spends whom in the mempool, and what goes first when there is no more room.
 *
 * Each node knows the fees and sizes of itself with all its descendants, since they must go
 * together. The heap of candidates for eviction is never searched: a node whose sums change gets
 * a new offer, and the stale one is passed over when it comes up.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { Heap } from "../base/heap.ts";
import type { Sats } from "../primitives/amount.ts";
import { hashKey, type HashKey, type Txid } from "../primitives/hash.ts";
import type { OutPoint, Transaction } from "../primitives/transaction.ts";

/** What of an entry the graph looks at. */
export interface GraphEntry {
  readonly transaction: Transaction;
  readonly fee: Sats;
  /** The fee by which it is judged (`prioritise`): may be below zero. */
  modifiedFee: number;
  readonly vsize: number;
  /** Bytes of memory. */
  readonly usage: number;
  readonly sequence: number;
}

export interface PoolNode<E extends GraphEntry> {
  readonly entry: E;
  readonly parents: Set<PoolNode<E>>;
  readonly children: Set<PoolNode<E>>;
  /** Sums over this and its descendants, of modified fees. */
  packageFee: number;
  packageVsize: number;
}

interface Offer<E extends GraphEntry> {
  readonly node: PoolNode<E>;
  readonly fee: number;
  readonly vsize: number;
}

/** Stale offers that may lie about, for each live one, before all are thrown away. */
const STALE_OFFERS_FACTOR = 3;

export class MempoolGraph<E extends GraphEntry> {
  /** In the order of sequence numbers. */
  #byTxid = new Map<HashKey, PoolNode<E>>();
  readonly #byWtxid = new Map<HashKey, PoolNode<E>>();
  readonly #spenders = new Map<string, PoolNode<E>>();
  #offers = new Heap<Offer<E>>(isWorse);
  #virtualBytes = 0;
  #usage = 0;
  #totalFee = 0;

  get size(): number {
    return this.#byTxid.size;
  }

  get virtualBytes(): number {
    return this.#virtualBytes;
  }

  /** Bytes of memory. */
  get usage(): number {
    return this.#usage;
  }

  get totalFee(): Sats {
    return this.#totalFee as Sats;
  }

  nodes(): Iterable<PoolNode<E>> {
    return this.#byTxid.values();
  }

  find(txid: Txid): PoolNode<E> | undefined {
    return this.#byTxid.get(hashKey(txid));
  }

  findByWtxid(wtxid: Bytes): PoolNode<E> | undefined {
    return this.#byWtxid.get(hashKey(wtxid));
  }

  spender(outPoint: OutPoint): PoolNode<E> | undefined {
    return this.#spenders.get(outPointKey(outPoint));
  }

  /** Those here whose outputs `transaction` spends. */
  parentsOf({ inputs }: Transaction): Set<PoolNode<E>> {
    const parents = new Set<PoolNode<E>>();
    for (const { prevout } of inputs) {
      const parent = this.find(prevout.txid);
      if (parent !== undefined) parents.add(parent);
    }
    return parents;
  }

  /** Those here that spend outputs of `transaction`, be it here itself or not. */
  childrenOf({ txid, outputs }: Transaction): Set<PoolNode<E>> {
    const children = new Set<PoolNode<E>>();
    for (let index = 0; index < outputs.length; index++) {
      const child = this.spender({ txid, index });
      if (child !== undefined) children.add(child);
    }
    return children;
  }

  /** Its inputs are spent by no other; children may be here already, when a block was taken back. */
  add(entry: E): PoolNode<E> {
    const { transaction } = entry;
    const parents = this.parentsOf(transaction);
    const children = this.childrenOf(transaction);
    const node: PoolNode<E> = { entry, parents, children, packageFee: 0, packageVsize: 0 };
    this.#byTxid.set(hashKey(transaction.txid), node);
    this.#byWtxid.set(hashKey(transaction.wtxid), node);
    this.#total(entry, 1);
    for (const { prevout } of transaction.inputs) this.#spenders.set(outPointKey(prevout), node);
    for (const parent of parents) parent.children.add(node);
    for (const child of children) child.parents.add(node);
    if (children.size === 0) {
      for (const each of closure(node, "parents")) this.#count(each, entry, 1);
    } else {
      // A diamond below may hang from an ancestor already: sum anew rather than guess.
      for (const each of closure(node, "parents")) this.#recount(each);
    }
    return node;
  }

  /** Takes out this one alone: its children stay, their inputs being confirmed or about to be refused. */
  remove(node: PoolNode<E>): void {
    const { transaction } = node.entry;
    assert(this.find(transaction.txid) === node, "only what is here is taken out");
    const ancestors = closure(node, "parents");
    ancestors.delete(node);
    this.#byTxid.delete(hashKey(transaction.txid));
    this.#byWtxid.delete(hashKey(transaction.wtxid));
    this.#total(node.entry, -1);
    for (const { prevout } of transaction.inputs) this.#spenders.delete(outPointKey(prevout));
    for (const parent of node.parents) parent.children.delete(node);
    for (const child of node.children) child.parents.delete(node);
    const isLeaf = node.children.size === 0;
    for (const each of ancestors) {
      if (isLeaf) this.#count(each, node.entry, -1);
      else this.#recount(each);
    }
  }

  /** From now on it counts as if it paid `delta` satoshi more. */
  prioritise(node: PoolNode<E>, delta: number): void {
    node.entry.modifiedFee += delta;
    for (const each of closure(node, "parents")) {
      each.packageFee += delta;
      this.#offer(each);
    }
  }

  /** The one whose removal, descendants and all, loses the least per virtual byte. */
  worst(): PoolNode<E> | undefined {
    for (let offer = this.#offers.peek(); offer !== undefined; offer = this.#offers.peek()) {
      if (this.#isLive(offer)) return offer.node;
      this.#offers.pop();
    }
    return undefined;
  }

  /** For when something came in that is older than what was here. */
  sortBySequence(): void {
    this.#byTxid = new Map([...this.#byTxid].sort(([, a], [, b]) => a.entry.sequence - b.entry.sequence));
  }

  #total({ fee, vsize, usage }: E, sign: 1 | -1): void {
    this.#totalFee += sign * fee;
    this.#virtualBytes += sign * vsize;
    this.#usage += sign * usage;
  }

  #count(node: PoolNode<E>, { modifiedFee, vsize }: E, sign: 1 | -1): void {
    node.packageFee += sign * modifiedFee;
    node.packageVsize += sign * vsize;
    this.#offer(node);
  }

  #recount(node: PoolNode<E>): void {
    node.packageFee = 0;
    node.packageVsize = 0;
    for (const { entry } of closure(node, "children")) {
      node.packageFee += entry.modifiedFee;
      node.packageVsize += entry.vsize;
    }
    this.#offer(node);
  }

  #offer(node: PoolNode<E>): void {
    if (this.#offers.size > STALE_OFFERS_FACTOR * (this.size + 100)) this.#dropStaleOffers();
    this.#offers.push({ node, fee: node.packageFee, vsize: node.packageVsize });
  }

  #dropStaleOffers(): void {
    this.#offers = new Heap<Offer<E>>(isWorse);
    for (const node of this.#byTxid.values()) {
      this.#offers.push({ node, fee: node.packageFee, vsize: node.packageVsize });
    }
  }

  #isLive({ node, fee, vsize }: Offer<E>): boolean {
    const isHere = this.find(node.entry.transaction.txid) === node;
    return isHere && fee === node.packageFee && vsize === node.packageVsize;
  }
}

/** Lower fee rate first; among equals the later admission. */
function isWorse<E extends GraphEntry>(a: Offer<E>, b: Offer<E>): boolean {
  const difference = a.fee * b.vsize - b.fee * a.vsize;
  return difference !== 0 ? difference < 0 : a.node.entry.sequence > b.node.entry.sequence;
}

/** `start` and all that can be reached from it one way. */
export function closure<E extends GraphEntry>(
  start: PoolNode<E>,
  way: "parents" | "children",
): Set<PoolNode<E>> {
  const found = new Set([start]);
  for (const node of found) for (const next of node[way]) found.add(next);
  return found;
}

/** Everything that hangs together with `starts`, in either direction. */
export function cluster<E extends GraphEntry>(starts: Iterable<PoolNode<E>>): Set<PoolNode<E>> {
  const found = new Set(starts);
  for (const node of found) {
    for (const parent of node.parents) found.add(parent);
    for (const child of node.children) found.add(child);
  }
  return found;
}

function outPointKey({ txid, index }: OutPoint): string {
  return `${hashKey(txid)}${index}`;
}

/** In the order of sequence numbers: parents before children. */
export function inOrder<E extends GraphEntry>(nodes: Iterable<PoolNode<E>>): PoolNode<E>[] {
  return [...nodes].sort((a, b) => a.entry.sequence - b.entry.sequence);
}
