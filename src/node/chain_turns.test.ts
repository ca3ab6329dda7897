import assert from "node:assert/strict";
import { test } from "node:test";
import { ChainTurns } from "./chain_turns.ts";

/** A chain and messages that write down when they work; `chain` says what each turn of its own leaves. */
function world() {
  const log: string[] = [];
  const chain = {
    isWorkLong: false,
    hasMore: false,
    work(): boolean {
      log.push("chain");
      return chain.hasMore;
    },
  };
  const messages = {
    hasWork: false,
    /** What taking messages leads to. */
    brings: (): void => {},
    work(): void {
      log.push("messages");
      messages.brings();
    },
  };
  const turns = new ChainTurns(chain, messages);
  /** Who worked in one turn. */
  const run = (isWoken: boolean): string => {
    log.length = 0;
    turns.run(isWoken);
    return log.join(" ");
  };
  return { chain, messages, turns, run };
}

test("a new node has a turn of the chain to take", () => {
  assert.equal(world().turns.hasWork, true);
});

test("a short turn of the chain is shared with messages, and what they brought is connected at once", () => {
  const { turns, run } = world();
  for (const isWoken of [true, false]) assert.equal(run(isWoken), "chain messages chain");
  assert.equal(turns.hasWork, false);
});

test("while the chain has more to do, messages are taken between its turns", () => {
  const { chain, turns, run } = world();
  chain.hasMore = true;
  assert.equal(run(false), "chain messages");
  assert.equal(turns.hasWork, true);
});

test("a long turn waits until the loop wakes the node for it, and messages wait with it", () => {
  const { chain, messages, turns, run } = world();
  chain.isWorkLong = true;
  messages.hasWork = true;
  assert.equal(run(false), "");
  assert.equal(turns.hasWork, true);
  assert.equal(run(true), "chain");
});

test("messages have every other turn among long ones, unless there are none", () => {
  const { chain, messages, run } = world();
  chain.isWorkLong = true;
  chain.hasMore = true;
  messages.hasWork = true;
  const taken = (): string => Array.from({ length: 4 }, () => run(true)).join(", ");
  assert.equal(taken(), "chain, messages, chain, messages");
  messages.hasWork = false;
  assert.equal(taken(), "chain, chain, chain, chain");
});

test("messages that bring a long block leave it to a turn of its own", () => {
  const { chain, messages, turns, run } = world();
  messages.brings = () => {
    chain.isWorkLong = true;
  };
  assert.equal(run(true), "chain messages");
  assert.equal(turns.hasWork, true);
});

test("what a long turn leaves to do is known when it is over", () => {
  const { chain, turns, run } = world();
  chain.isWorkLong = true;
  assert.equal(run(true), "chain");
  assert.equal(turns.hasWork, false);
});
