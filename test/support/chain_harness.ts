/**
 * A `ChainState` with stores in memory, on which every acknowledgment is a step of its own, so
 * that a test can stop the world between any two of them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fromHex } from "../../src/base/bytes.ts";
import type { Logger } from "../../src/base/logger.ts";
import { type Rng, seededRng } from "../../src/base/rng.ts";
import type { Instant, UnixSeconds } from "../../src/base/time.ts";
import type {
  ChainEvent, ChainSettings, PersistBatch, RestoredChain,
} from "../../src/chain/chain_ports.ts";
import { hashCoinEntries } from "../../src/chain/coins_hash.ts";
import { SNAPSHOT_BASE_FILE } from "../../src/chain/snapshot/snapshot_files.ts";
import type { IndexKind } from "../../src/chain/indexes/index_kinds.ts";
import { ChainState } from "../../src/chain/chain_state.ts";
import { PruneLocks } from "../../src/chain/prune_locks.ts";
import type { RuleViolation } from "../../src/consensus/rule_violation.ts";
import type { VerifyJob } from "../../src/consensus/verify_job.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import { type BlockHash, displayHash, HASH_BYTES } from "../../src/primitives/hash.ts";
import { MemoryFiles } from "../../src/store/memory_files.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";

const CHAIN_SETTINGS: ChainSettings = {
  params: REGTEST,
  pruneTarget: undefined,
  coinsCacheBytes: 8 * 1024 * 1024,
  minimumChainWork: 0n,
  assumeValid: undefined,
  maxTipAge: 24 * 60 * 60,
  blockFileBytes: 1024 * 1024,
};

/** After genesis, so that thousands of blocks ten minutes apart are not ahead of their time. */
const DAYS = 100;

interface Written {
  readonly batch: PersistBatch;
  readonly done: () => void;
}

interface VerifyRequest {
  readonly job: VerifyJob;
  readonly done: (violation: RuleViolation | undefined) => void;
}

/** What a disk holds. */
export interface Disk {
  readonly files: MemoryFiles;
  readonly index: MemoryStore;
  readonly coins: MemoryStore;
  /** For coins of a snapshot, which a test puts there. */
  readonly snapshotCoins?: MemoryStore;
  readonly indexes: Readonly<Record<IndexKind, MemoryStore>>;
  /** What was written is to survive a power cut. */
  sync?(): void;
}

export class ChainHarness {
  readonly disk: Disk;
  readonly chain: ChainState;
  readonly events: ChainEvent[] = [];
  readonly log: string[] = [];
  readonly jobs: VerifyRequest[] = [];
  readonly batches: Written[] = [];
  readonly hashRequests: ((hash: string | undefined) => void)[] = [];
  /** Why it could not go on. */
  failure: string | undefined;
  readonly pruneLocks = new PruneLocks(this.#logger());
  /** Every batch ever sent, by what it held. */
  batchCount = 0;
  /** Unix seconds. */
  now: number;
  readonly settings: ChainSettings;

  constructor(
    settings: Partial<ChainSettings> = {},
    disk: Disk = newDisk(),
    rng: Rng = seededRng(1),
    restored: Partial<RestoredChain> = {},
  ) {
    this.disk = disk;
    this.settings = { ...CHAIN_SETTINGS, ...settings };
    this.now = this.settings.params.genesis.header.time + DAYS * 24 * 60 * 60;
    const base = disk.files.read(SNAPSHOT_BASE_FILE, 0, HASH_BYTES) as BlockHash | undefined;
    this.chain = new ChainState(this.#ports(rng), this.settings, {
      entries: disk.index.entries(fromHex("00"), fromHex("ff")),
      blockFiles: disk.files.listNow("blocks"),
      ...(base === undefined ? {} : { snapshotBase: base }),
      ...restored,
    });
  }

  /** Acknowledges the oldest batch, or does only the first parts of it. */
  acknowledge(): boolean {
    const next = this.batches.shift();
    if (next === undefined) return false;
    this.applyBatch(next.batch, 4);
    next.done();
    return true;
  }

  /** Writes the first `parts` of files, index, coins, removals. */
  applyBatch(batch: PersistBatch, parts: number): void {
    const { files, index, coins, snapshotCoins = [], indexes = [], removeFiles, sync } = batch;
    if (parts > 0) this.disk.files.applyWrites(files);
    if (parts > 1) this.disk.index.apply(index);
    if (parts > 2) this.disk.coins.apply(coins);
    if (parts > 2) this.disk.snapshotCoins?.apply(snapshotCoins);
    if (parts > 2) for (const { kind, changes } of indexes) this.disk.indexes[kind].apply(changes);
    if (sync && parts > 3) this.disk.sync?.();
    if (parts > 3) this.disk.files.applyRemovals(removeFiles);
  }

  verifyOne(violation?: RuleViolation): boolean {
    const next = this.jobs.shift();
    next?.done(violation);
    return next !== undefined;
  }

  /** Answers who asked for the hash of the coins. */
  hashOne(): boolean {
    const next = this.hashRequests.shift();
    next?.(hashCoinEntries(this.disk.coins.entries(fromHex("43"), fromHex("44"))));
    return next !== undefined;
  }

  /** One step of whatever can go on; false when nothing can. */
  step(): boolean {
    return this.chain.work() || this.verifyOne() || this.acknowledge() || this.hashOne();
  }

  /** Lets everything run until nothing is left to do. */
  settle(): this {
    for (let turns = 0; turns < 1_000_000; turns++) {
      if (!this.step()) {
        assert.ok(this.chain.isIdle, "with nothing left to do, the chain is idle");
        return this;
      }
    }
    return assert.fail("it never comes to rest");
  }

  /** What a new process finds: batches that were not acknowledged are lost. */
  crash(settings: Partial<ChainSettings> = {}, restored: Partial<RestoredChain> = {}): ChainHarness {
    return new ChainHarness({ ...this.settings, ...settings }, this.disk, seededRng(2), restored);
  }

  /** A clean stop and start. */
  restart(settings: Partial<ChainSettings> = {}): ChainHarness {
    this.settle();
    this.chain.flush(() => {});
    this.settle();
    return this.crash(settings);
  }

  get tipHash(): string {
    return displayHash(this.chain.headers.hash(this.chain.tip));
  }

  get height(): number {
    return this.chain.headers.height(this.chain.tip);
  }

  /** What is in the coin database once all is flushed: a fingerprint of the coins. */
  coinsOnDisk(): readonly string[] {
    this.settle();
    this.chain.flush(() => {});
    this.settle();
    return this.disk.coins.entries(fromHex("43"), fromHex("44")).map(([key, value]) => `${key}:${value}`);
  }

  #ports(rng: Rng) {
    return {
      clock: { now: () => (this.now * 1000) as Instant, unixTime: () => this.now as UnixSeconds },
      rng,
      logger: this.#logger(),
      pruneLocks: this.pruneLocks,
      files: this.disk.files,
      index: this.disk.index,
      coins: this.disk.coins,
      snapshotCoins: this.disk.snapshotCoins,
      hashCoins: (done: (hash: string | undefined) => void) => {
        this.hashRequests.push(done);
      },
      fatal: (why: string) => {
        this.failure = why;
      },
      verify: (job: VerifyJob, done: (violation: RuleViolation | undefined) => void) => {
        this.jobs.push({ job, done });
      },
      persist: (batch: PersistBatch, done: () => void) => {
        this.batchCount++;
        this.batches.push({ batch, done });
      },
      event: (event: ChainEvent) => {
        this.events.push(event);
      },
    };
  }

  #logger(): Logger {
    const line = (text: string) => void this.log.push(text);
    return {
      info: line,
      warning: line,
      error: line,
      debug: (_, text) => line(text()),
      trace: (_, text) => line(text()),
    };
  }
}

export function newDisk(): Disk {
  const indexes = {
    txindex: new MemoryStore(),
    coinstatsindex: new MemoryStore(),
    txospenderindex: new MemoryStore(),
    blockfilterindex: new MemoryStore(),
  };
  const stores = { index: new MemoryStore(), coins: new MemoryStore(), snapshotCoins: new MemoryStore() };
  return { files: new MemoryFiles(), ...stores, indexes };
}
