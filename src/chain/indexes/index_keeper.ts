/**
 * Keeps one index in step with the chain, in pieces.
 *
 * ```text
 *               a next block is connected               it is done
 *   following ────────────────────────────▶ at work ─────────────────▶ following
 *       ▲       (or the last one is not on     │  enough is gathered, or nothing is left to do
 *       │       the chain: it is taken back)   ▼
 *       └──────────────────────────────── written, and acknowledged
 * ```
 *
 * Like Bitcoin Core's (index/base.cpp), an index is taken back only when there is another block to go
 * on with: after `invalidateblock` it still knows of the blocks that left.
 *
 * @module
 */
import type { Logger } from "../../base/logger.ts";
import { type Clock, type Instant, seconds } from "../../base/time.ts";
import type { FileWrite } from "../../store/file_store.ts";
import type { Change, KeyValueReader } from "../../store/key_value_store.ts";
import type { BlockId } from "../header_index.ts";
import { hasData, type IndexBlocks, type IndexedChain } from "./index_blocks.ts";
import { INDEX_TRAITS, type IndexTraits } from "./index_kinds.ts";
import { recordChanges } from "./index_record.ts";
import { rebuildAdvice, requireBlocks, restoreIndexer } from "./index_restore.ts";
import { IndexBatch, type Indexer, type Wait, type Work } from "./indexer.ts";

/** LevelDB takes about 1 µs of the loop for each. */
const BATCH_CHANGES_MAX = 8_000;
const BATCH_BYTES_MAX = 1024 * 1024;
/** Lost in a crash, and made again: a second's work or two. */
const BATCH_BLOCKS_MAX = 500;
/** Handed out, and not acknowledged. */
const BATCHES_UNDER_WAY_MAX = 2;

/** What a power cut may take back. */
const SYNC_INTERVAL = seconds(30);
const LOG_INTERVAL = seconds(30);

/** An index further behind than this is being built, and nobody waits for it. */
const LAG_MAX = 1_000;

export interface IndexWrite {
  readonly changes: readonly Change[];
  readonly files: readonly FileWrite[];
  /** Must survive a power cut, with all that was written before it. */
  readonly sync: boolean;
}

export interface KeeperPorts {
  readonly chain: IndexedChain;
  readonly blocks: IndexBlocks;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: KeyValueReader;
  /** Writes are made in the order given; `done` follows in a later turn. */
  persist(write: IndexWrite, done: () => void): void;
  /** What is on disk now reaches to this height. */
  reached(height: number): void;
}

type Move =
  | { readonly type: "append" | "remove"; readonly id: BlockId }
  /** Nothing to do before something else happens. */
  | { readonly type: "rest" };

const REST: Move = { type: "rest" };

export class IndexKeeper {
  readonly indexer: Indexer;
  readonly traits: IndexTraits;
  readonly #ports: KeeperPorts;
  /** The last block that was looked at; `undefined` before genesis. */
  #best: BlockId | undefined;
  /** The last one that was handed out for writing, that is written, and that a power cut cannot take back. */
  #sent: BlockId | undefined;
  #written: BlockId | undefined;
  #durable: BlockId | undefined;
  #job: Work | undefined;
  /** What the job waits for. */
  #wait: Wait | undefined;
  #batch = new IndexBatch();
  #batchBlocks = 0;
  #underWay = 0;
  #isSynced = false;
  #wasAnnounced = false;
  #fault: string | undefined;
  #waiters: (() => void)[] = [];
  #syncedAt: Instant;
  #loggedAt: Instant;

  /** @throws {ChainDataError} when what its store holds, or what is left of the blocks, is of no use */
  constructor(indexer: Indexer, ports: KeeperPorts) {
    this.indexer = indexer;
    this.traits = INDEX_TRAITS[indexer.kind];
    this.#ports = ports;
    this.#syncedAt = this.#loggedAt = ports.clock.now();
    const found = restoreIndexer(indexer, ports.store, ports.chain);
    requireBlocks(ports.chain, found?.best, this.traits);
    this.#best = this.#sent = this.#written = found?.best;
    if (found?.isDurable === true) this.#durable = found.best;
    ports.reached(this.height ?? 0);
  }

  /** Height of the last block that is written; `undefined` before genesis is. */
  get height(): number | undefined {
    return this.#written === undefined ? undefined : this.#ports.chain.headers.height(this.#written);
  }

  /** Whether it had come as far as the chain, and has kept up since. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Why it has stopped, if it has. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Whether all that the chain has is in it, and written. */
  get isIdle(): boolean {
    return this.#fault !== undefined ||
      (this.#job === undefined && this.#move() === REST && this.#isWritten);
  }

  /** Whether `step` has something to do now. */
  get hasWork(): boolean {
    if (this.#fault !== undefined) return false;
    if (this.#job !== undefined) return !this.#isWaiting;
    const move = this.#move();
    if (move.type === "rest") return this.#best !== this.#sent || (!this.#isSynced && this.#hasArrived);
    return this.#canBegin(move);
  }

  /** Whether it is where the chain is; one that is ahead waits for a chain that is being made again. */
  get #hasArrived(): boolean {
    const { chain } = this.#ports;
    if (this.#fault !== undefined || chain.isLoadingBlocks || !this.isIdle) return false;
    return this.#best === undefined || chain.validatedChain.has(this.#best) || chain.isIdle;
  }

  /** How far it has come, for whoever lets the last go first. */
  get position(): number {
    return this.#best === undefined ? -1 : this.#ports.chain.headers.height(this.#best);
  }

  /** Calls `done` once `isIdle`, or stopped. */
  whenIdle(done: () => void): void {
    this.#waiters.push(done);
    this.#settle();
  }

  /**
   * Does one piece, and says how many microseconds it took, about; `undefined` when there is nothing to do.
   */
  step(): number | undefined {
    if (this.#fault !== undefined || this.#isWaiting) return undefined;
    this.#job ??= this.#begin();
    if (this.#job === undefined) return undefined;
    const { done, value } = this.#job.next();
    this.#wait = typeof value === "object" ? value : undefined;
    if (done === true) this.#job = undefined;
    return typeof value === "number" ? value : 0;
  }

  /** Writes what is done so far, so that no power cut takes it back; `done` when that is so. */
  flush(done: () => void): void {
    if (this.#fault !== undefined || this.#best === undefined || this.#best === this.#durable) return done();
    // What is half done stays away: the record says as of which block the rest is.
    if (this.#job === undefined) return this.#send(true, done);
    this.#ports.persist({ changes: [], files: [], sync: true }, done);
  }

  /** Nothing is left to do for now: starts no job. */
  #begin(): Work | undefined {
    this.#leaveBehind();
    const move = this.#move();
    if (move.type === "rest") {
      if (this.#best !== this.#sent) this.#send(this.#isSyncDue());
      this.#settle();
      return undefined;
    }
    if (!this.#canBegin(move)) {
      if (move.type === "remove" && this.#best !== this.#sent) this.#send(false);
      return undefined;
    }
    return move.type === "append" ? this.#append(move.id) : this.#remove(move.id);
  }

  get #isWaiting(): boolean {
    return this.#wait?.isOver === false;
  }

  get #isWritten(): boolean {
    return this.#written === this.#best && this.#underWay === 0;
  }

  #canBegin({ type }: Move): boolean {
    // Taking back reads entries, which must be there.
    if (type === "remove") return this.#isWritten && this.#batchBlocks === 0;
    return this.#underWay < BATCHES_UNDER_WAY_MAX;
  }

  #move(): Move {
    const { headers, validatedChain: chain } = this.#ports.chain;
    const best = this.#best;
    const isOnChain = best === undefined || chain.has(best);
    const fork = isOnChain ? best : headers.lastCommonAncestor(best, chain.tip);
    const next = chain.at(fork === undefined ? 0 : headers.height(fork) + 1);
    if (next === undefined || !hasData(this.#ports.chain, next, this.traits)) return REST;
    return isOnChain ? { type: "append", id: next } : { type: "remove", id: best };
  }

  *#append(id: BlockId): Work {
    const block = yield* this.#ports.blocks.load(id, this.traits.needsUndo);
    if (typeof block === "string") return this.#stop(block);
    yield* this.indexer.append(block, this.#batch);
    this.#moved(id);
  }

  *#remove(id: BlockId): Work {
    const { blocks, chain } = this.#ports;
    const { removesByBlock } = this.indexer;
    const block = removesByBlock ? yield* blocks.load(id, this.traits.needsUndo) : blocks.place(id);
    if (typeof block === "string") return this.#stop(block);
    const removal = this.indexer.remove(block, this.#batch);
    const isDone = typeof removal === "boolean" ? removal : yield* removal;
    if (!isDone) return this.#stop(`Failed to rewind ${this.traits.title} to a previous chain tip`);
    this.#moved(chain.headers.previous(id));
    // Entries of the block before are read to take that back, too.
    this.#send(false);
  }

  #moved(best: BlockId | undefined): void {
    this.#best = best;
    this.#batchBlocks++;
    const { changes, bytes } = this.#batch;
    const isFull = changes.length >= BATCH_CHANGES_MAX || bytes >= BATCH_BYTES_MAX ||
      this.#batchBlocks >= BATCH_BLOCKS_MAX;
    if (isFull) this.#send(this.#isSyncDue());
    this.#logProgress();
  }

  #isSyncDue(): boolean {
    return this.#ports.clock.now() - this.#syncedAt >= SYNC_INTERVAL;
  }

  #send(sync: boolean, done: () => void = () => {}): void {
    const { chain, clock, persist } = this.#ports;
    const best = this.#best;
    if (best === undefined) return done();
    const record = { id: best, hash: chain.headers.hash(best), state: this.indexer.state() };
    const { changes, files } = this.#batch;
    for (const change of recordChanges(record, sync)) changes.push(change);
    this.#batch = new IndexBatch();
    this.#batchBlocks = 0;
    this.#sent = best;
    this.#underWay++;
    if (sync) this.#syncedAt = clock.now();
    persist({ changes, files, sync }, () => {
      this.#underWay--;
      this.#written = best;
      if (sync) this.#durable = best;
      this.#ports.reached(chain.headers.height(best));
      this.#settle();
      done();
    });
  }

  /** Tells those who wait, once there is nothing to wait for. */
  #settle(): void {
    if (!this.isIdle) return;
    if (this.#hasArrived) this.#announce();
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const done of waiters) done();
  }

  #announce(): void {
    this.#isSynced = true;
    if (this.#wasAnnounced) return;
    this.#wasAnnounced = true;
    const { height } = this;
    const where = height === undefined ? "" : ` at height ${height}`;
    this.#ports.logger.info(`${this.traits.title} is enabled${where}`);
  }

  #leaveBehind(): void {
    const { headers, validatedChain: { tip } } = this.#ports.chain;
    if (this.#isSynced && headers.height(tip) - this.position > LAG_MAX) this.#isSynced = false;
  }

  #logProgress(): void {
    const { clock, logger } = this.#ports;
    if (this.#isSynced || clock.now() - this.#loggedAt < LOG_INTERVAL) return;
    this.#loggedAt = clock.now();
    logger.info(`Syncing ${this.traits.title} with block chain from height ${this.position}`);
  }

  /** The chain goes on without it: what is in it stays good as of the block it has come to. */
  #stop(why: string): void {
    const { title, folder } = this.traits;
    this.#fault = why;
    this.#isSynced = false;
    this.#ports.logger.error(`${why}: ${title} stops at height ${this.position}. ${rebuildAdvice(folder)}`);
    this.#settle();
  }
}
