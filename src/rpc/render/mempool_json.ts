import type { Mempool, MempoolEntry } from "../../mempool/mempool.ts";
import { displayHash, type HashKey, hashKey } from "../../primitives/hash.ts";
import { coins } from "../json.ts";
import type { MempoolEntryJson } from "../schema.ts";
import { amount, boolean, hex, list, number, object, time } from "../shape.ts";

interface Sum {
  readonly count: number;
  readonly vsize: number;
  readonly fee: number;
}

/** Who spends whose outputs, as the pool stands now. */
export class MempoolFamilies {
  readonly #mempool: Mempool;

  constructor(mempool: Mempool) {
    this.#mempool = mempool;
  }

  parents({ transaction }: MempoolEntry): readonly MempoolEntry[] {
    return unique(transaction.inputs.map(({ prevout }) => this.#mempool.get(prevout.txid)));
  }

  children({ transaction: { txid, outputs } }: MempoolEntry): readonly MempoolEntry[] {
    return unique(outputs.map((_, index) => this.#mempool.spender({ txid, index })));
  }

  /** `entry` and all before it. */
  ancestorsOf(entry: MempoolEntry): Iterable<MempoolEntry> {
    return closure(entry, (each) => this.parents(each));
  }

  /** `entry` and all after it. */
  descendantsOf(entry: MempoolEntry): Iterable<MempoolEntry> {
    return closure(entry, (each) => this.children(each));
  }

  ancestors(entry: MempoolEntry): Sum {
    return sum(this.ancestorsOf(entry));
  }

  descendants(entry: MempoolEntry): Sum {
    return sum(this.descendantsOf(entry));
  }
}

function unique(entries: readonly (MempoolEntry | undefined)[]): readonly MempoolEntry[] {
  return [...new Set(entries.filter((entry) => entry !== undefined))];
}

function closure(
  first: MempoolEntry, next: (entry: MempoolEntry) => readonly MempoolEntry[],
): Iterable<MempoolEntry> {
  const found = new Map<HashKey, MempoolEntry>();
  const open = [first];
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    const key = hashKey(entry.transaction.txid);
    if (found.has(key)) continue;
    found.set(key, entry);
    open.push(...next(entry));
  }
  return found.values();
}

function sum(entries: Iterable<MempoolEntry>): Sum {
  let [count, vsize, fee] = [0, 0, 0];
  for (const entry of entries) {
    count += 1;
    vsize += entry.vsize;
    fee += entry.modifiedFee;
  }
  return { count, vsize, fee };
}

export function mempoolEntryJson(entry: MempoolEntry, families: MempoolFamilies): MempoolEntryJson {
  const { transaction } = entry;
  const ancestors = families.ancestors(entry);
  const descendants = families.descendants(entry);
  return {
    vsize: entry.vsize,
    weight: transaction.weight,
    time: entry.time,
    height: entry.height,
    descendantcount: descendants.count,
    descendantsize: descendants.vsize,
    ancestorcount: ancestors.count,
    ancestorsize: ancestors.vsize,
    wtxid: displayHash(transaction.wtxid),
    fees: {
      base: coins(entry.fee),
      modified: coins(entry.modifiedFee),
      ancestor: coins(ancestors.fee),
      descendant: coins(descendants.fee),
    },
    depends: families.parents(entry).map((parent) => displayHash(parent.transaction.txid)),
    spentby: families.children(entry).map((child) => displayHash(child.transaction.txid)),
    unbroadcast: false,
  };
}

export const mempoolEntryShape = object({
  vsize: number("A quarter of its weight, or of what its signatures weigh, rounded up"),
  weight: number("Its weight (BIP141)"),
  time: time("When it was admitted, in Unix seconds"),
  height: number("Height of the tip at that time"),
  descendantcount: number("It and the transactions that spend from it"),
  descendantsize: number("The sum of their virtual sizes"),
  ancestorcount: number("It and the transactions it spends from"),
  ancestorsize: number("The sum of their virtual sizes"),
  wtxid: hex("Its hash with the witness"),
  fees: object({
    base: amount("Its fee in coins"),
    modified: amount("Its fee with what the operator added to it"),
    ancestor: amount("The fees of it and its ancestors"),
    descendant: amount("The fees of it and its descendants"),
  }),
  depends: list(hex("A transaction in the mempool that it spends from")),
  spentby: list(hex("A transaction in the mempool that spends from it")),
  unbroadcast: boolean("Whether it came from here and no peer has asked for it yet"),
});
