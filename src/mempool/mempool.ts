/**
 * The mempool: transactions that are valid on top of the tip and wait for a block.
 *
 * A transaction is checked in two turns: everything but its scripts at once, the scripts elsewhere
 * (`VerifyPort`), and then the first part again, since the tip and the pool may have moved.
 *
 * @module
 */
import type { Logger } from "../base/logger.ts";
import type { Clock } from "../base/time.ts";
import { packSpentOutputs } from "../consensus/packed_outputs.ts";
import { violation } from "../consensus/rule_violation.ts";
import type { VerifyJob, VerifyPort } from "../consensus/verify_job.ts";
import { formatCoins, type Sats } from "../primitives/amount.ts";
import type { Block } from "../primitives/block.ts";
import type { Coin } from "../primitives/coin.ts";
import { displayHash, type Txid } from "../primitives/hash.ts";
import type { OutPoint, Transaction } from "../primitives/transaction.ts";
import { STANDARD_VERIFY_FLAGS } from "../script/flags.ts";
import { type Appraisal, dependsOnTip, isStillMature } from "./admission.ts";
import { DisconnectedTransactions } from "./disconnected_transactions.ts";
import {
  type Candidate, type CoinView, Entrance, type EntranceSettings, type Refusal, rejected,
} from "./entrance.ts";
import { lacksWitness } from "./input_policy.ts";
import { FeeDeltas } from "./fee_deltas.ts";
import { FeeFloor } from "./fee_floor.ts";
import { closure, inOrder, MempoolGraph, type PoolNode } from "./graph.ts";
import { detached, entryUsage } from "./memory_usage.ts";

/** What admission needs to know of the chain: `ChainState` satisfies it through node/chain_view.ts. */
export interface ChainView extends CoinView {
  /** Script flags that a block after the tip is held to. */
  readonly nextBlockScriptFlags: number;
}

export interface MempoolSettings extends EntranceSettings {
  /** Most bytes of memory that transactions may take (`-maxmempool`). */
  readonly maxBytes: number;
}

export interface MempoolEntry extends Appraisal {
  readonly transaction: Transaction;
  /** The fee with what the operator added, by which it is judged: may be below zero (`prioritise`). */
  modifiedFee: number;
  /** Unix seconds at which it was admitted. */
  readonly time: number;
  /** Height of the tip at that time. */
  readonly height: number;
  /**
   * Counts admissions, so that announcements can say 'everything up to here'. What came back from
   * a block that was taken back counts as older than all else: zero and below.
   */
  readonly sequence: number;
  /** Bytes of memory. */
  readonly usage: number;
  /** Flags under which its scripts were checked here; zero for what came back from a block. */
  readonly scriptFlags: number;
  /** A lower tip could make it premature: it waits for a height or a time, or spends a coinbase. */
  readonly dependsOnTip: boolean;
}

export type Admission =
  | { readonly type: "accepted"; readonly entry: MempoolEntry }
  | Refusal;

export type RemovalReason = "block" | "conflict" | "reorg" | "sizelimit" | "expiry";

export type MempoolEvent =
  | { readonly type: "tx-accepted"; readonly entry: MempoolEntry }
  | { readonly type: "tx-removed"; readonly entry: MempoolEntry; readonly reason: RemovalReason };

export interface MempoolPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly chain: ChainView;
  readonly verify: VerifyPort;
  event(event: MempoolEvent): void;
}

type Node = PoolNode<MempoolEntry>;

export class Mempool {
  readonly #ports: MempoolPorts;
  readonly #settings: MempoolSettings;
  readonly #graph = new MempoolGraph<MempoolEntry>();
  readonly #floor: FeeFloor;
  readonly #deltas = new FeeDeltas();
  readonly #entrance: Entrance<MempoolEntry>;
  readonly #disconnected = new DisconnectedTransactions();
  #hasDisconnected = false;
  /** The newest entry while it may still have to go at once: no one has been told of it. */
  #arriving: MempoolEntry | undefined;
  #sequence = 0;
  /** The lowest ever given; what comes back from blocks goes below it. */
  #lowestSequence = 1;
  /** Unix seconds before which nothing here expires. */
  #nextExpiry = Number.POSITIVE_INFINITY;

  constructor(ports: MempoolPorts, settings: MempoolSettings) {
    this.#ports = ports;
    this.#settings = settings;
    this.#floor = new FeeFloor(settings.policy.incrementalFeeRate);
    const floor = () => this.#rollingFeeRate();
    this.#entrance = new Entrance(this.#graph, ports.chain, settings, this.#deltas, floor);
  }

  get size(): number {
    return this.#graph.size;
  }

  /** Sum of virtual sizes. */
  get virtualBytes(): number {
    return this.#graph.virtualBytes;
  }

  /** Bytes of memory in use, against `maxBytes`. */
  get usage(): number {
    return this.#graph.usage;
  }

  get totalFee(): Sats {
    return this.#graph.totalFee;
  }

  /** What a transaction must pay now: the floor, or more while the pool is full. Satoshi per 1,000 vbytes. */
  get minFeeRate(): Sats {
    return Math.max(this.#rollingFeeRate(), this.#settings.minRelayFeeRate) as Sats;
  }

  /** What room is worth while the pool is, or was lately, full; zero otherwise. Satoshi per 1,000 vbytes. */
  get rollingFeeRate(): Sats {
    return this.#rollingFeeRate() as Sats;
  }

  /** Sequence number of the newest admission. */
  get sequence(): number {
    return this.#sequence;
  }

  get(txid: Txid): MempoolEntry | undefined {
    return this.#graph.find(txid)?.entry;
  }

  getByWtxid(wtxid: Uint8Array): MempoolEntry | undefined {
    return this.#graph.findByWtxid(wtxid)?.entry;
  }

  /** In the order of admission, parents before children. */
  *entries(): Iterable<MempoolEntry> {
    for (const { entry } of this.#graph.nodes()) yield entry;
  }

  spender(outPoint: OutPoint): MempoolEntry | undefined {
    return this.#graph.spender(outPoint)?.entry;
  }

  /** Checks, has scripts verified elsewhere, re-checks, adds; `done` is called now or in a later turn. */
  submit(transaction: Transaction, done: (admission: Admission) => void): void {
    this.#verified(transaction, done, (candidate, flags) => done(this.#admit(transaction, candidate, flags)));
  }

  /** The same checks, and no change. */
  test(transaction: Transaction, done: (admission: Admission) => void): void {
    this.#verified(transaction, done, (candidate, flags) => {
      done({ type: "accepted", entry: this.#newEntry(transaction, candidate, this.#sequence + 1, flags) });
    });
  }

  /**
   * Whether it is here, and was checked under all of `flags`: a block that has it need not check it again.
   */
  areScriptsKnown(transaction: Transaction, flags: number): boolean {
    if (this.size === 0) return false;
    const entry = this.getByWtxid(transaction.wtxid);
    return entry !== undefined && (entry.scriptFlags & flags) === flags;
  }

  /** What the operator added to fees, of transactions here and elsewhere: never zero. */
  get feeDeltas(): Iterable<{ readonly txid: Txid; readonly delta: number }> {
    return this.#deltas.entries();
  }

  /** Judges a transaction, here or yet to come, as if it paid `change` satoshi more than before. */
  prioritise(txid: Txid, change: number): void {
    const before = this.#deltas.of(txid);
    const delta = this.#deltas.add(txid, change);
    const node = this.#graph.find(txid);
    if (node !== undefined) this.#graph.prioritise(node, delta - before);
    const what = `${displayHash(txid)} (${node === undefined ? "not " : ""}in mempool)`;
    const sum = `fee += ${formatCoins(change as Sats)}, new delta=${formatCoins(delta as Sats)}`;
    this.#ports.logger.info(`PrioritiseTransaction: ${what} ${delta === 0 ? "delta cleared" : sum}`);
  }

  blockConnected(block: Block): void {
    // While the chain is downloaded, there is nothing here that a block could concern.
    const isEmpty = this.size === 0 && this.#deltas.isEmpty && this.#disconnected.isEmpty;
    for (const transaction of isEmpty ? [] : block.transactions) {
      this.#deltas.forget(transaction.txid);
      this.#disconnected.confirm(transaction.txid);
      const node = this.#graph.find(transaction.txid);
      if (node !== undefined) this.#remove(node, "block");
      this.#removeConflicts(transaction);
    }
    this.#floor.blockConnected(this.#ports.clock.unixTime());
  }

  /** Its transactions come back, those that are still valid. */
  blockDisconnected(block: Block): void {
    this.#hasDisconnected = true;
    for (const lost of this.#disconnected.add(block)) this.#removeSpendersOf(lost);
  }

  /** After all connects and disconnects of a step: what is no longer valid goes. */
  tipChanged(): void {
    if (this.#hasDisconnected) {
      this.#hasDisconnected = false;
      this.#readmit(this.#disconnected.take());
      this.#removePremature();
    }
    this.#limit();
  }

  #verified(
    transaction: Transaction,
    refused: (admission: Admission) => void,
    accepted: (candidate: Candidate, scriptFlags: number) => void,
  ): void {
    const first = this.#entrance.check(transaction, "relay");
    if (first.type !== "candidate") return refused(first);
    const job = this.#verifyJob(transaction, first.coins);
    this.#ports.verify(job, (found) => {
      if (found !== undefined) {
        const stripped = lacksWitness(transaction, first.coins) ? { isStripped: true } : {};
        return refused({ type: "rejected", violation: found, ...stripped });
      }
      // Later: a block or another transaction may have come between.
      const again = this.#entrance.check(transaction, "relay");
      if (again.type === "candidate") accepted(again, job.flags);
      else refused(again);
    });
  }

  #verifyJob(transaction: Transaction, coins: readonly Coin[]): VerifyJob {
    return {
      kind: "transaction",
      bytes: transaction.bytes,
      spentOutputs: packSpentOutputs(coins),
      flags: STANDARD_VERIFY_FLAGS | this.#ports.chain.nextBlockScriptFlags,
      inputCount: coins.length,
    };
  }

  #admit(transaction: Transaction, candidate: Candidate, scriptFlags: number): Admission {
    const entry = this.#newEntry(detached(transaction), candidate, ++this.#sequence, scriptFlags);
    this.#arriving = entry;
    this.#add(entry);
    this.#limit();
    this.#arriving = undefined;
    if (this.get(entry.transaction.txid) === undefined) return rejected(violation("mempool full"));
    this.#ports.event({ type: "tx-accepted", entry });
    return { type: "accepted", entry };
  }

  #rollingFeeRate(): number {
    return this.#floor.current(this.#ports.clock.unixTime(), this.usage / this.#settings.maxBytes);
  }

  #newEntry(
    transaction: Transaction,
    { coins, appraisal, modifiedFee }: Candidate,
    sequence: number,
    scriptFlags: number,
  ): MempoolEntry {
    return {
      transaction,
      ...appraisal,
      modifiedFee,
      scriptFlags,
      usage: entryUsage(transaction),
      time: this.#ports.clock.unixTime(),
      height: this.#ports.chain.tipHeight,
      dependsOnTip: dependsOnTip(transaction, coins),
      sequence,
    };
  }

  #add(entry: MempoolEntry): void {
    this.#graph.add(entry);
    this.#nextExpiry = Math.min(this.#nextExpiry, entry.time + this.#expirySeconds);
  }

  get #expirySeconds(): number {
    return this.#settings.policy.expirySeconds;
  }

  #remove(node: Node, reason: RemovalReason): void {
    this.#graph.remove(node);
    if (node.entry !== this.#arriving) this.#ports.event({ type: "tx-removed", entry: node.entry, reason });
  }

  /** With all that builds on it, children first. Returns how many went. */
  #removeFamily(node: Node, reason: RemovalReason): number {
    const family = inOrder(closure(node, "children")).reverse();
    for (const each of family) this.#remove(each, reason);
    return family.length;
  }

  #removeConflicts({ inputs }: Transaction): void {
    for (const { prevout } of inputs) {
      const node = this.#graph.spender(prevout);
      if (node === undefined) continue;
      this.#deltas.forget(node.entry.transaction.txid);
      this.#removeFamily(node, "conflict");
    }
  }

  #removeSpendersOf(transaction: Transaction): void {
    for (const child of this.#graph.childrenOf(transaction)) {
      // An earlier child may have taken this one along.
      if (this.#has(child)) this.#removeFamily(child, "reorg");
    }
  }

  #has(node: Node): boolean {
    return this.#graph.find(node.entry.transaction.txid) === node;
  }

  /** `transactions` of blocks taken back, in the order of the chain: they count as older than all here. */
  #readmit(transactions: readonly Transaction[]): void {
    this.#lowestSequence -= transactions.length;
    transactions.forEach((transaction, at) => this.#readmitOne(transaction, this.#lowestSequence + at));
    this.#graph.sortBySequence();
  }

  /** Its scripts were verified with its block. */
  #readmitOne(transaction: Transaction, sequence: number): void {
    const found = this.#entrance.check(transaction, "reorg");
    if (found.type === "candidate") {
      const entry = this.#newEntry(transaction, found, sequence, 0);
      this.#add(entry);
      this.#ports.event({ type: "tx-accepted", entry });
    } else if (this.get(transaction.txid) === undefined) {
      this.#removeSpendersOf(transaction);
    }
  }

  /** What a lower tip, or one with an earlier time, makes invalid again. */
  #removePremature(): void {
    for (const node of [...this.#graph.nodes()]) {
      if (!node.entry.dependsOnTip || !this.#has(node)) continue;
      const { transaction } = node.entry;
      const coins = this.#entrance.coins(transaction);
      const isGood = coins.type === "coins" && isStillMature(transaction, coins.coins, this.#ports.chain);
      if (!isGood) this.#removeFamily(node, "reorg");
    }
  }

  #limit(): void {
    const now = this.#ports.clock.unixTime();
    if (now > this.#nextExpiry) this.#expire(now);
    if (this.usage > this.#settings.maxBytes) this.#trim();
  }

  #expire(now: number): void {
    const cutoff = now - this.#expirySeconds;
    let count = 0;
    let oldest = Number.POSITIVE_INFINITY;
    for (const node of [...this.#graph.nodes()]) {
      if (!this.#has(node)) continue;
      if (node.entry.time < cutoff) count += this.#removeFamily(node, "expiry");
      else oldest = Math.min(oldest, node.entry.time);
    }
    this.#nextExpiry = oldest + this.#expirySeconds;
    if (count === 0) return;
    this.#ports.logger.debug("mempool", () => `Expired ${count} transactions from the memory pool`);
  }

  #trim(): void {
    let count = 0;
    let highestRate = 0;
    for (let worst = this.#graph.worst(); worst !== undefined; worst = this.#graph.worst()) {
      if (this.usage <= this.#settings.maxBytes) break;
      const rate = Math.floor((worst.packageFee * 1_000) / worst.packageVsize);
      this.#floor.raise(rate);
      highestRate = Math.max(highestRate, rate);
      count += this.#removeFamily(worst, "sizelimit");
    }
    const raised = formatCoins((highestRate + this.#settings.policy.incrementalFeeRate) as Sats);
    const line = `Removed ${count} txn, rolling minimum fee bumped to ${raised} BTC/kvB`;
    this.#ports.logger.debug("mempool", () => line);
  }
}
