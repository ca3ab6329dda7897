/**
 * `kill -9`, again and again, at moments drawn over sync, flushes, reorganisations and pruning: each
 * start after it succeeds without reindex, has every block that was reported connected, and the coins
 * that a naive twin has at its tip.
 *
 * TIDINGS_KILLS says how often (a few by default), TIDINGS_SEED which moments. With BITCOIND set, the
 * chain's end is compared with its coin hash as well.
 *
 * @module
 */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { toHex } from "../../src/base/bytes.ts";
import { below, type Rng, seededRng } from "../../src/base/rng.ts";
import { displayHash } from "../../src/primitives/hash.ts";
import { Daemon, skipWithoutBitcoind } from "../interop/daemon.ts";
import type { BlockNode } from "../support/blocks.ts";
import { testSeed, testSize } from "../support/environment.ts";
import { tempDir } from "../support/temp_dir.ts";
import { coinHashAt, type CrashChain, makeCrashChain } from "./crash_chain.ts";
import { KillTarget } from "./kill_target.ts";

const KILLS = testSize("TIDINGS_KILLS", 4);
const SEED = testSeed(1);
/** A test of more would pass the time that one may take. */
const KILLS_PER_TEST = 10;
/** So few kills come to no pruning, for which there would have to be BLOCKS_TO_KEEP. */
const KILLS_FEW = 4;
const CHAIN_LENGTH = KILLS > 20 ? 600 : KILLS > KILLS_FEW ? 340 : 160;

/** Blocks of a fork, and of what overtakes it. */
const FORK_BLOCKS_MAX = 20;

/** Bitcoin Core's MIN_BLOCKS_TO_KEEP. */
const BLOCKS_TO_KEEP = 288;
/** The first file has these at least: the chain begins with short blocks. */
const FIRST_FILE_BLOCKS = 102;
/** Asked for at a time: two files or three, so that there are some for the next kill. */
const PRUNED_BLOCKS = 24;

const FLUSH_BEGINS = /\[coindb\] Writing \d+ changed coins/;
const FLUSH_ENDS = /\[coindb\] Coins are written/;
const PRUNES = /\[prune\] Prune: UnlinkPrunedFiles/;

type Moment = "sync" | "flush" | "stop" | "reorganisation" | "pruning";
type Extra = "inside a flush" | "files deleted" | "replayed" | "rounds";
/** A third of the kills at least are to hit a flush. */
const MOMENTS: readonly Moment[] = ["flush", "sync", "flush", "reorganisation", "stop", "pruning"];

/** Of `gettxoutsetinfo`. */
interface CoinsInfo {
  readonly bestblock: string;
  readonly height: number;
  readonly hash_serialized_3: string;
}

/** Of `getblockchaininfo`. */
interface ChainInfo {
  readonly pruneheight?: number;
}

const root = tempDir();

class KillRun {
  readonly #chain: CrashChain;
  readonly #rng: Rng;
  readonly #byHash: ReadonlyMap<string, BlockNode>;
  #round = 0;
  /** Place in the chain of the next block to be handed over. */
  #at = 0;
  /** The highest block that the node has reported connected. */
  #best: BlockNode | undefined;
  #node: KillTarget | undefined;
  readonly counts: Record<Moment | Extra, number> = {
    sync: 0, flush: 0, stop: 0, reorganisation: 0, pruning: 0,
    "inside a flush": 0, "files deleted": 0, replayed: 0, rounds: 0,
  };

  constructor(chain: CrashChain, rng: Rng) {
    this.#chain = chain;
    this.#rng = rng;
    this.#byHash = new Map(chain.blocks.map((each) => [displayHash(each.block.hash), each]));
  }

  get #folder(): string {
    return join(root, String(this.#round));
  }

  async killOnce(moment: Moment): Promise<void> {
    const node = this.#node ??= await this.#start();
    const first = node.lines.length;
    const kind = await this.#approach(node, moment);
    await node.kill();
    this.counts[kind]++;
    const lines = node.lines.slice(first);
    if (isInsideFlush(lines)) this.counts["inside a flush"]++;
    if (lines.some((line) => PRUNES.test(line))) this.counts["files deleted"]++;
    const again = this.#node = await this.#start();
    // Blocks of a fork that never became the tip may not have been written yet.
    const isAtEnd = this.#at >= this.#chain.blocks.length;
    this.#at = Math.max(0, this.#at - FORK_BLOCKS_MAX);
    if (again.lines.some((line) => line.includes("Replaying blocks"))) this.counts.replayed++;
    await this.check(again);
    if (isAtEnd) await this.#newRound();
  }

  /** What the node has is right. */
  async check(node: KillTarget): Promise<void> {
    const best = this.#best;
    for (let waits = 0; best !== undefined && waits < 3_000; waits++) {
      if ((await node.call<number>("getblockcount")) >= best.height) break;
      await delay(10);
    }
    const info = await node.call<CoinsInfo>("gettxoutsetinfo");
    const tip = this.#byHash.get(info.bestblock);
    if (info.height === 0 && best === undefined) return;
    assert.ok(tip !== undefined, `the tip ${info.bestblock} is one that it was given`);
    assert.ok(tip.height >= (best?.height ?? 0),
      `at ${tip.height}, and ${best?.height} had been reported connected`);
    assert.equal(info.hash_serialized_3, coinHashAt(tip), `coins at height ${tip.height}`);
    const damage = node.lines.find((line) => /damage|reindex|\[error\]|Error:/i.test(line));
    assert.equal(damage, undefined);
  }

  async finish(): Promise<void> {
    const node = this.#node;
    if (node === undefined) return;
    await this.#feed(node, this.#chain.blocks.length);
    await this.check(node);
    assert.equal(await node.call("getbestblockhash"), displayHash(this.#chain.tip.block.hash));
    await node.stop();
    this.#node = undefined;
  }

  async close(): Promise<void> {
    await this.#node?.kill();
  }

  async #newRound(): Promise<void> {
    await this.finish();
    rmSync(this.#folder, { recursive: true });
    this.counts.rounds++;
    this.#round++;
    this.#at = 0;
    this.#best = undefined;
  }

  /** Every other time it takes itself to be near the tip, where each block is synced. */
  #start(): Promise<KillTarget> {
    const age = below(this.#rng, 2) === 0 ? 1 : 4_000_000_000;
    return KillTarget.start(this.#folder, "-prune=1", `-maxtipage=${age}`);
  }

  /** Comes to the moment, or near it; whatever is under way then is cut off. */
  async #approach(node: KillTarget, moment: Moment): Promise<Moment> {
    const share = Math.ceil(this.#chain.blocks.length / 12);
    switch (moment) {
      case "sync": {
        void this.#feed(node, this.#at + 4 * share).catch(() => {});
        await delay(below(this.#rng, 200));
        return "sync";
      }
      case "flush":
      case "stop": {
        await this.#feed(node, this.#at + 1 + below(this.#rng, 2 * share));
        const begins = node.line(FLUSH_BEGINS);
        void node.call(moment === "flush" ? "gettxoutsetinfo" : "stop").catch(() => {});
        await Promise.race([begins, delay(2_000)]);
        await delay(below(this.#rng, 25));
        return moment;
      }
      case "reorganisation": {
        const next = this.#chain.overtakings.find((place) => place >= this.#at);
        if (next === undefined) return this.#approach(node, "sync");
        await this.#feed(node, next);
        void this.#feed(node, next + 1).catch(() => {});
        await delay(below(this.#rng, 25));
        return "reorganisation";
      }
      case "pruning": {
        const { pruneheight: kept = 0 } = await node.call<ChainInfo>("getblockchaininfo");
        const until = Math.max(kept, FIRST_FILE_BLOCKS) + PRUNED_BLOCKS;
        const height = await this.#feedTo(node, until + BLOCKS_TO_KEEP + below(this.#rng, share));
        if (height < until + BLOCKS_TO_KEEP) return this.#approach(node, "sync");
        const begins = node.line(PRUNES);
        void node.call("pruneblockchain", until).catch(() => {});
        // Mostly while files go, now and then while it is made ready.
        if (below(this.#rng, 4) > 0) await Promise.race([begins, delay(2_000)]);
        await delay(below(this.#rng, 4));
        return "pruning";
      }
    }
  }

  /** Hands over blocks until the tip is that high, or there are no more. Gives the tip's height. */
  async #feedTo(node: KillTarget, height: number): Promise<number> {
    let at = await node.call<number>("getblockcount");
    while (at < height && this.#at < this.#chain.blocks.length) {
      await this.#feed(node, this.#at + Math.max(1, height - at));
      at = await node.call<number>("getblockcount");
    }
    return at;
  }

  /** Hands over the blocks up to place `to`, one after the other. */
  async #feed(node: KillTarget, to: number): Promise<void> {
    for (; this.#at < Math.min(to, this.#chain.blocks.length); this.#at++) {
      const each = this.#chain.blocks[this.#at] as BlockNode;
      const verdict = await node.call<string | null>("submitblock", toHex(each.block.bytes));
      assert.ok(verdict === null || verdict === "inconclusive" || verdict === "duplicate", `${verdict}`);
      if (verdict === null && each.height > (this.#best?.height ?? 0)) this.#best = each;
    }
  }
}

/** Whether the last flush that began has not ended. */
function isInsideFlush(lines: readonly string[]): boolean {
  const last = lines.filter((line) => FLUSH_BEGINS.test(line) || FLUSH_ENDS.test(line)).at(-1);
  return last !== undefined && FLUSH_BEGINS.test(last);
}

const run = new KillRun(makeCrashChain(CHAIN_LENGTH, seededRng(SEED)), seededRng(SEED + 1));
after(() => run.close());

for (let first = 0; first < KILLS; first += KILLS_PER_TEST) {
  const last = Math.min(first + KILLS_PER_TEST, KILLS);
  test(`seed ${SEED}: kills ${first + 1} to ${last} lose no block that was reported, and no coin`,
    async () => {
    for (let kill = first; kill < last; kill++) await run.killOnce(MOMENTS[kill % MOMENTS.length] as Moment);
  });
}

test("after all of them the rest of the chain is taken, and the coins at its end are the twin's", async () => {
  await run.finish();
  console.log(`${KILLS} kills, seed ${SEED}: ${JSON.stringify(run.counts)}`);
  if (KILLS >= 200) {
    assert.ok(run.counts["inside a flush"] >= 50, `${run.counts["inside a flush"]} inside a flush`);
    assert.ok(run.counts.replayed > 0, "a coin database of two heads was mended");
  }
});

test("a reindex that is killed, again and again, goes on at the next start, to the same coins", async () => {
  const folder = join(root, "reindex");
  const chain = makeCrashChain(CHAIN_LENGTH, seededRng(SEED));
  const rng = seededRng(SEED + 2);
  const node = await KillTarget.start(folder);
  for (const { block } of chain.blocks) await node.call("submitblock", toHex(block.bytes));
  await node.kill();
  const kills = Math.max(2, Math.floor(KILLS / 20));
  for (let kill = 0; kill < kills; kill++) {
    const again = await KillTarget.start(folder, ...(kill === 0 ? ["-reindex"] : []));
    if (kill === 0) await again.hasLogged(/Reindexing block file blk00000\.dat/);
    await delay(below(rng, 150));
    await again.kill();
  }
  const last = await KillTarget.start(folder);
  while (!(await last.call<{ loaded: boolean }>("getmempoolinfo")).loaded) await delay(10);
  const info = await last.call<CoinsInfo>("gettxoutsetinfo");
  assert.equal(info.bestblock, displayHash(chain.tip.block.hash));
  assert.equal(info.hash_serialized_3, coinHashAt(chain.tip));
  await last.stop();
});

test("bitcoind finds the same coins at the end of the chain", { skip: skipWithoutBitcoind }, async () => {
  const chain = makeCrashChain(CHAIN_LENGTH, seededRng(SEED));
  const daemon = await Daemon.start("bitcoind", join(root, "bitcoind"));
  await daemon.callEach("submitblock", chain.blocks.map(({ block }) => [toHex(block.bytes)]));
  const { bestblock, hash_serialized_3: hash } = await daemon.call<CoinsInfo>("gettxoutsetinfo");
  assert.equal(bestblock, displayHash(chain.tip.block.hash));
  assert.equal(hash, coinHashAt(chain.tip));
  await daemon.stop();
});
