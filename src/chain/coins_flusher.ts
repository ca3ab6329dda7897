import type { Clock, Instant } from "../base/time.ts";
import { hours } from "../base/time.ts";
import type { BlockHash } from "../primitives/hash.ts";
import type { CoinsCache, CoinsFlush } from "./coins_cache.ts";
import type { BatchParts } from "./outbox.ts";

/** However little has changed: so that a crash never costs more than connecting an hour's blocks again. */
const FLUSH_INTERVAL = hours(1);

export interface FlusherPorts {
  readonly clock: Clock;
  /** The tip, and the parts of a batch that must reach the disk before coins as of it do. */
  begin(): { readonly head: BlockHash; readonly parts: BatchParts };
  send(parts: BatchParts, done: () => void): void;
  /** After each flush. */
  flushed(): void;
}

/** Writes changed coins, a slice at a time, the next when the one before it is on disk. */
export class CoinsFlusher {
  readonly #ports: FlusherPorts;
  readonly #coins: CoinsCache;
  #budgetBytes: number;
  #waiters: (() => void)[] = [];
  #flushedAt: Instant;

  constructor(ports: FlusherPorts, coins: CoinsCache, budgetBytes: number) {
    this.#ports = ports;
    this.#coins = coins;
    this.#budgetBytes = budgetBytes;
    this.#flushedAt = ports.clock.now();
  }

  /** Memory that changed coins may take. */
  get budget(): number {
    return this.#budgetBytes;
  }

  setBudget(bytes: number): void {
    this.#budgetBytes = bytes;
  }

  get isIdle(): boolean {
    return !this.#coins.isFlushing && this.#waiters.length === 0;
  }

  /** Whether connecting must wait, or memory would pass the budget. */
  get isBehind(): boolean {
    return this.#coins.isFlushing && this.#coins.unsealedBytes > this.#sealAtBytes;
  }

  /** Half the budget is for what is being filled, half for what is being written. */
  get #sealAtBytes(): number {
    return this.#budgetBytes / 2;
  }

  /** `done` when all that has changed so far is on disk. */
  flush(done: () => void): void {
    this.#waiters.push(done);
    if (!this.#coins.isFlushing) this.#start();
  }

  /** Starts a flush when the budget or the time says so. */
  flushIfDue(): void {
    if (this.#coins.isFlushing) return;
    const age = this.#ports.clock.now() - this.#flushedAt;
    const isDue = this.#coins.unsealedBytes > this.#sealAtBytes || age >= FLUSH_INTERVAL || age < 0;
    if (isDue) this.#start();
  }

  #start(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    this.#flushedAt = this.#ports.clock.now();
    const { head, parts } = this.#ports.begin();
    this.#next(this.#coins.startFlush(head), parts, waiters);
  }

  #next(flush: CoinsFlush, parts: BatchParts, waiters: readonly (() => void)[]): void {
    const coins = flush.slice();
    if (coins !== undefined) {
      this.#ports.send({ ...parts, coins, sync: true }, () => this.#next(flush, {}, waiters));
      return;
    }
    flush.done();
    for (const done of waiters) done();
    this.#ports.flushed();
    if (this.#waiters.length > 0 && !this.#coins.isFlushing) this.#start();
  }
}
