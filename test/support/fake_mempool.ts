import type { Admission, MempoolEntry } from "../../src/mempool/mempool.ts";
import type { Sats } from "../../src/primitives/amount.ts";
import { type HashKey, hashKey, type Txid } from "../../src/primitives/hash.ts";
import type { OutPoint, Transaction } from "../../src/primitives/transaction.ts";
import { spend } from "./mempool_harness.ts";

let names = 0;

/** A transaction that spends nothing that anybody knows. */
export function unrelated(): Transaction {
  const txid = new Uint8Array(32);
  new DataView(txid.buffer).setUint32(0, ++names);
  return spend([{ txid: txid as Txid, index: 0 }], 10_000);
}

/** Stands in for `Mempool`: admits all but what the lists below say. */
export class FakeMempool {
  sequence = 0;
  usage = 0;
  /** Verdicts wait until `settle`. */
  isSlow = false;
  readonly missing = new Map<HashKey, readonly OutPoint[]>();
  readonly rejected = new Map<HashKey, string>();
  /** Of those: from which a witness was taken. */
  readonly stripped = new Set<HashKey>();
  readonly submitted: Transaction[] = [];
  accepted: (entry: MempoolEntry) => void = () => {};
  readonly #entries = new Map<HashKey, MempoolEntry>();
  readonly #waiting: (() => void)[] = [];

  get size(): number {
    return this.#entries.size;
  }

  entries(): Iterable<MempoolEntry> {
    return this.#entries.values();
  }

  get(txid: Uint8Array): MempoolEntry | undefined {
    return this.#entries.get(hashKey(txid));
  }

  getByWtxid(wtxid: Uint8Array): MempoolEntry | undefined {
    const key = hashKey(wtxid);
    return [...this.#entries.values()].find((entry) => hashKey(entry.transaction.wtxid) === key);
  }

  submit(transaction: Transaction, done: (admission: Admission) => void): void {
    this.submitted.push(transaction);
    if (this.isSlow) this.#waiting.push(() => done(this.#judge(transaction)));
    else done(this.#judge(transaction));
  }

  settle(): void {
    for (const judge of this.#waiting.splice(0)) judge();
  }

  add(transaction: Transaction, fee = 1_000): MempoolEntry {
    const { vsize } = transaction;
    const entry: MempoolEntry = {
      transaction, fee: fee as Sats, modifiedFee: fee, vsize, time: 0, height: 0,
        sequence: ++this.sequence, usage: 0,
      sigopCost: 0, dependsOnTip: false, scriptFlags: 0,
    };
    this.#entries.set(hashKey(transaction.txid), entry);
    this.accepted(entry);
    return entry;
  }

  remove(transaction: Transaction): void {
    this.#entries.delete(hashKey(transaction.txid));
  }

  #judge(transaction: Transaction): Admission {
    const key = hashKey(transaction.txid);
    const missing = this.missing.get(key)?.filter(({ txid }) => this.get(txid) === undefined) ?? [];
    if (missing.length > 0) return { type: "missing-inputs", missing };
    const rule = this.rejected.get(key);
    const isStripped = this.stripped.has(key);
    if (rule !== undefined) return { type: "rejected", violation: { rule, detail: "" }, isStripped };
    if (this.#entries.has(key)) return { type: "known" };
    return { type: "accepted", entry: this.add(transaction) };
  }
}
