/**
 * A chain on a disk that loses what was not synced, stopped at any moment at all: what it finds at the
 * next start is a state that was true, and no older than what it had said to be safe.
 *
 * TIDINGS_CRASH_SEEDS says how many seeds are run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { fromHex } from "../../src/base/bytes.ts";
import { below, type Rng, seededRng } from "../../src/base/rng.ts";
import { decodeCoin } from "../../src/chain/coin_codec.ts";
import type { BlockId } from "../../src/chain/header_index.ts";
import { BLOCKS_TO_KEEP } from "../../src/chain/prune_choice.ts";
import { displayHash } from "../../src/primitives/hash.ts";
import { VirtualDisk } from "../../src/sim/virtual_disk.ts";
import { type BlockNode, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone } from "../support/blocks.ts";
import { ChainHarness } from "../support/chain_harness.ts";
import { testSize } from "../support/environment.ts";

const SEEDS = testSize("TIDINGS_CRASH_SEEDS", 2);
const CRASHES = 5;
/** So that a flush of what two or three of them make is cut into slices. */
const OUTPUTS = 2_600;

const PARAMS = QUICK_MATURITY;
const SETTINGS = { params: PARAMS, blockFileBytes: 2_000, pruneTarget: 0 };

/**
 * Empty blocks that may be pruned, then a chain and a fork of it, with many coins, of equal work
 * but for one.
 */
let base: readonly BlockNode[] = [];
let main: readonly BlockNode[] = [];
let side: readonly BlockNode[] = [];
/** With `base` on it. */
const template = new VirtualDisk();

before(() => {
  const tree = new BlockTree(PARAMS);
  base = tree.grow(tree.genesis, BLOCKS_TO_KEEP + 20);
  main = branch(tree, base.at(-1) as BlockNode, 0, 9);
  side = branch(tree, main[2] as BlockNode, 50, 5);
  const harness = new ChainHarness(SETTINGS, template, seededRng(1));
  for (const { block } of base) harness.chain.addBlock(block, { requested: true });
  harness.coinsOnDisk();
  template.sync();
});

function branch(tree: BlockTree, from: BlockNode, firstCoin: number, count: number): readonly BlockNode[] {
  const nodes: BlockNode[] = [];
  for (let i = 0; i < count; i++) {
    const spend = spendAnyone([coinbaseOf(base[firstCoin + i] as BlockNode)], 0, i % 2 === 0 ? OUTPUTS : 3);
    nodes.push(tree.extend(nodes.at(-1) ?? from, { transactions: [spend] }));
  }
  return nodes;
}

/** What was said to be safe: as much work as a tip with it has, or more, is found again. */
interface Promises {
  /** A kill keeps it. */
  connected: bigint;
  /** A power cut keeps it too. */
  durable: bigint;
}

class Life {
  readonly #harness: ChainHarness;
  readonly #disk: VirtualDisk;
  readonly #rng: Rng;
  readonly #isSynced: boolean;
  readonly #promises: Promises;
  #seen = 0;

  constructor(harness: ChainHarness, disk: VirtualDisk, rng: Rng, isSynced: boolean, promises: Promises) {
    this.#harness = harness;
    this.#disk = disk;
    this.#rng = rng;
    this.#isSynced = isSynced;
    this.#promises = promises;
  }

  run(turns: number): void {
    const { chain } = this.#harness;
    for (let turn = 0; turn < turns; turn++) {
      const what = below(this.#rng, 100);
      if (what < 6) this.#feed();
      else if (what < 50) chain.work();
      else if (what < 65) this.#harness.verifyOne();
      else if (what < 92) this.#harness.acknowledge();
      else if (what < 96) this.#flush();
      else if (what < 98 && this.#prune()) return;
      this.#note();
    }
  }

  /** True when the world is to end just behind it. */
  #prune(): boolean {
    this.#harness.chain.pruneTo(this.#harness.height);
    if (below(this.#rng, 2) === 0) return false;
    while (this.#harness.acknowledge());
    this.#note();
    return true;
  }

  /** Stops in the middle of what is being written. */
  crash(isPowerCut: boolean): VirtualDisk {
    for (const { batch } of this.#harness.batches.slice(0, below(this.#rng, 3))) {
      const steps = this.#disk.write(batch);
      const count = below(this.#rng, 12);
      for (let step = 0; step < count; step++) if (steps.next().done === true) break;
      if (steps.next().done !== true) break;
    }
    return isPowerCut ? this.#disk.afterPowerCut(this.#rng) : this.#disk;
  }

  #feed(): void {
    const { chain } = this.#harness;
    const source = below(this.#rng, 2) === 0 ? main : [...main.slice(0, 3), ...side];
    const missing = source.filter(({ block }) => {
      const id = chain.headers.find(block.hash);
      return id === undefined || !chain.headers.hasBlock(id);
    });
    for (const { block } of missing.slice(0, 1 + below(this.#rng, 4))) {
      chain.addBlock(block, { requested: true });
    }
  }

  #flush(): void {
    const { chain } = this.#harness;
    const work = chain.isRollingForward ? 0n : chain.headers.chainWork(chain.tip);
    chain.flush(() => {
      if (work > this.#promises.durable) this.#promises.durable = work;
    });
  }

  #note(): void {
    const { chain, events } = this.#harness;
    for (; this.#seen < events.length; this.#seen++) {
      const event = events[this.#seen];
      if (event?.type !== "tip-changed") continue;
      const work = chain.headers.chainWork(event.to);
      if (work > this.#promises.connected) this.#promises.connected = work;
      if (this.#isSynced && work > this.#promises.durable) this.#promises.durable = work;
    }
  }
}

/** All coins after `tip`, from the blocks alone. */
function twinAt(tip: BlockNode): ReadonlyMap<string, string> {
  const path: BlockNode[] = [];
  for (let at: BlockNode | undefined = tip; at?.parent !== undefined; at = at.parent) path.push(at);
  const coins = new Map<string, string>();
  for (const { block, height } of path.reverse()) {
    for (const [at, { txid, inputs, outputs }] of block.transactions.entries()) {
      if (at > 0) {
        for (const { prevout } of inputs) coins.delete(`${displayHash(prevout.txid)} ${prevout.index}`);
      }
      for (const [index, { value, script }] of outputs.entries()) {
        if (script[0] === 0x6a) continue;
        coins.set(`${displayHash(txid)} ${index}`, `${value} ${height} ${at === 0} ${script}`);
      }
    }
  }
  return coins;
}

function checkCoins(harness: ChainHarness): void {
  harness.coinsOnDisk();
  const tip = [...base, ...main, ...side].find(({ block }) => displayHash(block.hash) === harness.tipHash);
  const expected = tip === undefined ? new Map<string, string>() : twinAt(tip);
  const entries = harness.disk.coins.entries(fromHex("43"), fromHex("44"));
  assert.equal(entries.length, expected.size);
  for (const [key, stored] of entries) {
    const { value, height, isCoinbase, script } = decodeCoin(key, stored);
    const index = key.length === 34 ? key[33] : ((key[33] as number) & 0x7f) + 0x80 * (key[34] as number);
    const name = `${displayHash(key.slice(1, 33) as BlockNode["block"]["hash"])} ${index}`;
    assert.equal(`${value} ${height} ${isCoinbase} ${script}`, expected.get(name), name);
  }
}

/** Every block of the tip's chain that is not pruned can be read, and undone. */
function checkBlocks({ chain }: ChainHarness): void {
  for (let height = Math.max(1, chain.prunedBelow); chain.activeAt(height) !== undefined; height++) {
    const id = chain.activeAt(height) as BlockId;
    assert.ok(chain.readBlock(id) !== undefined, `block at ${height}`);
    assert.ok(chain.readUndo(id) !== undefined, `undo at ${height}`);
  }
}

for (let seed = 1; seed <= SEEDS; seed++) {
  const isSynced = seed % 2 === 0;
  const how = isSynced ? "near the tip" : "while catching up";
  test(`seed ${seed}: ${how}, neither kills nor power cuts take what was safe`, () => {
    const rng = seededRng(seed);
    const settings = { ...SETTINGS, maxTipAge: isSynced ? 1e12 : 0 };
    // Nothing is lost of what was synced: a copy.
    let disk = template.afterPowerCut(rng);
    const promises: Promises = { connected: 0n, durable: 0n };
    for (let crash = 0; crash < CRASHES; crash++) {
      const harness = new ChainHarness(settings, disk, seededRng(seed + crash));
      // As io/data_dir.ts does: what a killed process left in the system's hands is built on from here.
      disk.sync();
      harness.settle();
      const { chain } = harness;
      const work = chain.headers.chainWork(chain.tip);
      assert.ok(work >= promises.durable, `crash ${crash}: at ${harness.height}`);
      promises.connected = promises.durable = work;
      checkCoins(harness);
      checkBlocks(harness);
      const life = new Life(harness, disk, rng, isSynced, promises);
      life.run(10 + below(rng, 150));
      const isPowerCut = below(rng, 2) === 0;
      disk = life.crash(isPowerCut);
      if (!isPowerCut) promises.durable = promises.connected;
    }
  });
}
