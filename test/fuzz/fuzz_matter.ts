import type { Bytes } from "../../src/base/bytes.ts";
import { below, randomBytes, type Rng } from "../../src/base/rng.ts";
import type { ChainParams } from "../../src/params/chain_params.ts";
import { type BlockHash, type HashKey, hashKey } from "../../src/primitives/hash.ts";
import type { Transaction } from "../../src/primitives/transaction.ts";
import { type BlockNode, BlockTree, coinbaseOf, spendAnyone } from "../support/blocks.ts";

const BLOCKS = 60;
/** Payments in the mempool's reach, and as many that spend them. */
const LOOSE = 30;

/** Blocks that fork from each other, and payments out of them: what messages may be about. */
export class FuzzMatter {
  readonly nodes: BlockNode[] = [];
  readonly transactions: Transaction[] = [];
  readonly tip: BlockNode;
  readonly #tree: BlockTree;
  readonly #blocks = new Map<HashKey, BlockNode>();
  readonly #byId = new Map<HashKey, Transaction>();
  readonly #spent = new Set<BlockNode>();

  constructor(params: ChainParams, rng: Rng) {
    this.#tree = new BlockTree(params);
    let tip = this.#tree.genesis;
    for (let i = 0; i < BLOCKS; i++) {
      const from = below(rng, 8) === 0 ? (this.nodes.at(-1 - below(rng, 3)) ?? tip) : tip;
      const transactions = i > 10 && i % 5 === 0 ? [this.#spend(rng, tip)] : [];
      const next = this.#tree.extend(from, { transactions });
      this.nodes.push(next);
      if (next.height > tip.height) tip = next;
    }
    this.tip = tip;
    this.#addTransactions(rng, tip);
    for (const node of this.nodes) this.#blocks.set(hashKey(node.block.hash), node);
    for (const transaction of this.transactions) {
      this.#byId.set(hashKey(transaction.txid), transaction);
      this.#byId.set(hashKey(transaction.wtxid), transaction);
    }
  }

  get lastTime(): number {
    return Math.max(...this.nodes.map(({ block }) => block.header.time));
  }

  /** The hash of something that there is, or of nothing. */
  hash(rng: Rng): Bytes {
    if (below(rng, 8) === 0) return randomBytes(rng, 32) as BlockHash;
    if (below(rng, 2) === 0) return pick(rng, this.nodes).block.hash;
    const transaction = pick(rng, this.transactions);
    return below(rng, 2) === 0 ? transaction.txid : transaction.wtxid;
  }

  block(hash: Bytes): BlockNode | undefined {
    return this.#blocks.get(hashKey(hash));
  }

  transaction(id: Bytes): Transaction | undefined {
    return this.#byId.get(hashKey(id));
  }

  /** The longest chain, without genesis, lowest first. */
  get chain(): readonly BlockNode[] {
    return ancestors(this.tip).toReversed();
  }

  #addTransactions(rng: Rng, tip: BlockNode): void {
    for (let i = 0; i < LOOSE; i++) this.transactions.push(this.#spend(rng, tip));
    for (const node of ancestors(tip).slice(3, 13)) {
      this.transactions.push(spendAnyone([coinbaseOf(node)], 9_000));
    }
    // And children of those, some without their parents.
    for (const parent of this.transactions.slice(0, LOOSE)) {
      const [output] = parent.outputs;
      if (output === undefined) continue;
      this.transactions.push(spendAnyone([{ outPoint: { txid: parent.txid, index: 0 },
        value: output.value }], 2_000));
    }
  }

  /** Blocks spend each coin once at most, so that their chain is good; loose transactions may collide. */
  #spend(rng: Rng, tip: BlockNode): Transaction {
    const node = pick(rng, ancestors(tip).slice(3).filter((each) => !this.#spent.has(each)));
    this.#spent.add(node);
    return spendAnyone([coinbaseOf(node)], 1_000 + below(rng, 5_000), 1 + below(rng, 3));
  }
}

export function pick<T>(rng: Rng, items: readonly T[]): T {
  return items[below(rng, items.length)] as T;
}

/** `node` and what lies below it, without genesis. */
function ancestors(node: BlockNode): readonly BlockNode[] {
  const found: BlockNode[] = [];
  for (let at: BlockNode | undefined = node; at?.parent !== undefined; at = at.parent) found.push(at);
  return found;
}
