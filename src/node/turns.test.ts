import assert from "node:assert/strict";
import { test } from "node:test";
import { ANYONE, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone } from "../../test/support/blocks.ts";
import { silentLogger } from "../base/logger.ts";
import { seededRng } from "../base/rng.ts";
import type { Instant, UnixSeconds } from "../base/time.ts";
import { NEW_CHAIN } from "../chain/restore.ts";
import type { Block } from "../primitives/block.ts";
import { MemoryFiles } from "../store/memory_files.ts";
import { MemoryStore } from "../store/memory_store.ts";
import type { NodeInput } from "./effect.ts";
import { NodeCore } from "./node_core.ts";
import { defaultNodeOptions } from "./node_options.ts";

/** A node without peers, on a clock that moves on a little with every look, as a real one does. */
class LoneNode {
  readonly core: NodeCore;
  /** Inputs that its effects will lead to. */
  readonly due: NodeInput[] = [];
  #now = 0;
  #commands = 0;

  constructor() {
    const time = QUICK_MATURITY.genesis.header.time + 1_000_000;
    this.core = new NodeCore({
      clock: { now: () => (this.#now += 0.001) as Instant, unixTime: () => time as UnixSeconds },
      rng: seededRng(1),
      logger: silentLogger,
      files: new MemoryFiles(),
      index: new MemoryStore(),
      coins: new MemoryStore(),
      restored: NEW_CHAIN,
      savedBook: undefined,
    }, { ...defaultNodeOptions(QUICK_MATURITY), connectOnly: [], listen: false });
  }

  get height(): number {
    return this.core.chain.headers.height(this.core.chain.tip);
  }

  step(input: NodeInput): void {
    for (const effect of this.core.step(input)) {
      if (effect.type === "persist") this.due.push({ type: "persisted", batch: effect.batch });
      if (effect.type === "verify") this.due.push({ type: "verified", job: effect.job, violation: undefined });
    }
  }

  submit(block: Block): void {
    this.step({ type: "command", id: this.#commands++, command: { type: "submit-block", block } });
  }

  get wantsTurn(): boolean {
    return (this.core.wakeAt() ?? Number.POSITIVE_INFINITY) <= this.core.clock.now();
  }

  /** Turns that it takes until nothing is left to do. */
  settle(): number {
    for (let turns = 0; turns < 1_000; turns++) {
      const next = this.due.shift() ?? (this.wantsTurn ? { type: "woken" as const } : undefined);
      if (next === undefined) return turns;
      this.step(next);
    }
    return assert.fail("it never comes to rest");
  }
}

test("who wants to be woken at once is woken, so that a node comes to rest", () => {
  const node = new LoneNode();
  const tree = new BlockTree(QUICK_MATURITY);
  node.settle();
  for (const { block } of tree.grow(tree.genesis, 5)) {
    node.submit(block);
    assert.ok(node.settle() < 10);
  }
  assert.equal(node.height, 5);
});

test("a long block is checked, and committed, in turns that nothing else shares", () => {
  const node = new LoneNode();
  const tree = new BlockTree(QUICK_MATURITY);
  const parents = tree.grow(tree.genesis, 3);
  for (const { block } of parents) node.submit(block);
  node.settle();
  const [first, , last] = parents;
  assert.ok(first !== undefined && last !== undefined);
  const fan = spendAnyone([coinbaseOf(first)], 0, 25_000);
  assert.deepEqual(fan.outputs[0]?.script, ANYONE);
  const { block } = tree.extend(last, { transactions: [fan] });
  assert.ok(block.bytes.length > 200_000);
  node.submit(block);
  assert.equal(node.due.some(({ type }) => type === "verified"), false, "not with the turn that brought it");
  while (node.due.length > 0) {
    node.step(node.due.shift() as NodeInput);
    assert.equal(node.height, 3, "nor with an answer from disk");
  }
  assert.equal(node.wantsTurn, true);
  node.settle();
  assert.equal(node.height, 4);
});
