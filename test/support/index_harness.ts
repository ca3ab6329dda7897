/**
 * A `ChainHarness` with indexes beside the chain: all of them write through one queue, as a node does.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Logger } from "../../src/base/logger.ts";
import { seededRng } from "../../src/base/rng.ts";
import type { Instant, UnixSeconds } from "../../src/base/time.ts";
import type { ChainSettings } from "../../src/chain/chain_ports.ts";
import { INDEX_KINDS, type IndexKind } from "../../src/chain/indexes/index_kinds.ts";
import { Indexes } from "../../src/chain/indexes/indexes.ts";
import { muhashFactor } from "../../src/crypto/muhash.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import type { KeyValueReader } from "../../src/store/key_value_store.ts";
import { ChainHarness, type Disk, newDisk } from "./chain_harness.ts";

interface Setting {
  readonly settings?: Partial<ChainSettings>;
  readonly kinds?: readonly IndexKind[];
  readonly disk?: Disk;
}

export class IndexHarness {
  readonly world: ChainHarness;
  readonly indexes: Indexes;
  readonly log: string[];
  readonly #setting: Setting;
  /** Made in turns of their own. */
  readonly #multiplying: (() => void)[] = [];
  #seen = 0;
  /** Milliseconds. */
  now = 0;

  constructor(setting: Setting = {}) {
    const { settings = { params: REGTEST }, kinds = INDEX_KINDS, disk = newDisk() } = setting;
    this.#setting = { settings, kinds, disk };
    this.world = new ChainHarness(settings, disk, seededRng(1));
    this.log = this.world.log;
    const stores: Partial<Record<IndexKind, KeyValueReader>> = {};
    for (const kind of kinds) stores[kind] = disk.indexes[kind];
    this.indexes = new Indexes({
      chain: this.world.chain,
      pruneLocks: this.world.pruneLocks,
      clock: { now: () => this.now as Instant, unixTime: () => this.world.now as UnixSeconds },
      logger: this.#logger(),
      files: disk.files,
      stores,
      multiplyCoins: (change, done) => void this.#multiplying.push(() => done(muhashFactor(change))),
      persist: (kind, { changes, files, sync }, done) => {
        const batch = { files, index: [], coins: [], indexes: [{ kind, changes }], removeFiles: [], sync };
        this.world.batches.push({ batch, done });
      },
    });
  }

  /** One turn of something; false when there is nothing left to do. */
  turn(): boolean {
    const { world, indexes } = this;
    const worked = world.chain.work() || world.verifyOne();
    for (; this.#seen < world.events.length; this.#seen++) {
      const event = world.events[this.#seen];
      if (event?.type === "block-connected") indexes.blockConnected(event);
    }
    if (worked) return true;
    if (indexes.hasWork) {
      indexes.work(true);
      return true;
    }
    const multiply = this.#multiplying.shift();
    multiply?.();
    return multiply !== undefined || world.acknowledge();
  }

  settle(): this {
    for (let turns = 0; turns < 1_000_000; turns++) {
      if (this.turn()) continue;
      assert.ok(this.world.chain.isIdle && this.indexes.isIdle, "with nothing left to do, all is idle");
      return this;
    }
    return assert.fail("it never comes to rest");
  }

  /** What a new process finds: batches that were not acknowledged are lost. */
  crash(setting: Setting = {}): IndexHarness {
    return new IndexHarness({ ...this.#setting, ...setting });
  }

  /** A clean stop and start. */
  restart(setting: Setting = {}): IndexHarness {
    this.settle();
    this.world.chain.flush(() => this.indexes.flush(() => {}));
    this.settle();
    return this.crash(setting);
  }

  #logger(): Logger {
    const line = (text: string) => void this.world.log.push(text);
    return { info: line, warning: line, error: line, debug: (_, text) => line(text()), trace: () => {} };
  }
}
