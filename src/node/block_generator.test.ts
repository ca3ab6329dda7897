import assert from "node:assert/strict";
import { test } from "node:test";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import { REGTEST } from "../params/regtest.ts";
import { Block } from "../primitives/block.ts";
import { BlockHeader } from "../primitives/header.ts";
import { BlockGenerator } from "./block_generator.ts";
import type { CommandResult } from "./command.ts";

const EASY_BITS = 0x207fffff;
/** One hash in 2^24 meets this: not among the few that a test tries. */
const HARD_BITS = 0x1d00ffff;

/** An unsolved block like the genesis block, told from others by its time. */
function unsolved(time: number, bits = EASY_BITS): Block {
  const { genesis } = REGTEST;
  const { version, previous, merkleRoot } = genesis.header;
  return Block.of(BlockHeader.of({ version, previous, merkleRoot, time, bits, nonce: 0 }), genesis.transactions);
}

/** A chain that takes every block, and judges each when told to. */
function fakeChain(verdict: RuleViolation | undefined) {
  const waiting: (() => void)[] = [];
  const blocks: Block[] = [];
  return {
    blocks,
    judge: () => waiting.shift()?.(),
    add(block: Block, checked: (violation: RuleViolation | undefined) => void) {
      blocks.push(block);
      waiting.push(() => checked(verdict));
      return { type: "accepted", id: blocks.length as never, unlocks: 1 } as const;
    },
  };
}

function workOff(generator: BlockGenerator, judge: () => void): void {
  for (let turn = 0; turn < 100; turn++) {
    if (generator.hasWork) generator.work();
    else judge();
  }
}

test("a request is answered with its blocks once the chain has judged the last of them", () => {
  const chain = fakeChain(undefined);
  const generator = new BlockGenerator((block, checked) => chain.add(block, checked));
  const answers: CommandResult[] = [];
  let time = 0;
  generator.start({ assemble: () => unsolved(++time), count: 3, maxTries: 1000, answer: (each) => answers.push(each) });
  workOff(generator, chain.judge);
  assert.equal(chain.blocks.length, 3);
  assert.deepEqual(answers, [{ ok: true, value: { type: "hashes", hashes: chain.blocks.map(({ hash }) => hash) } }]);
  assert.equal(generator.hasWork, false);
});

test("the next block is not begun before the one before it is judged", () => {
  const chain = fakeChain(undefined);
  const generator = new BlockGenerator((block, checked) => chain.add(block, checked));
  generator.start({ assemble: () => unsolved(1), count: 2, maxTries: 1000, answer: () => {} });
  while (generator.hasWork) generator.work();
  assert.equal(chain.blocks.length, 1);
});

test("a block that the chain refuses ends the request, and the next request is served", () => {
  const chain = fakeChain({ rule: "bad-cb-amount", detail: "" });
  const generator = new BlockGenerator((block, checked) => chain.add(block, checked));
  const answers: CommandResult[] = [];
  const answer = (each: CommandResult): void => void answers.push(each);
  generator.start({ assemble: () => unsolved(1), count: 5, maxTries: 1000, answer });
  generator.start({ assemble: () => unsolved(2), count: 5, maxTries: 1000, answer });
  workOff(generator, chain.judge);
  assert.equal(chain.blocks.length, 2);
  assert.deepEqual(answers.map((each) => each.ok), [false, false]);
});

test("when the tries are used up, the answer has the blocks made until then", () => {
  const chain = fakeChain(undefined);
  const generator = new BlockGenerator((block, checked) => chain.add(block, checked));
  const answers: CommandResult[] = [];
  let made = 0;
  const assemble = (): Block => unsolved(++made, made === 1 ? EASY_BITS : HARD_BITS);
  generator.start({ assemble, count: 2, maxTries: 50, answer: (each) => answers.push(each) });
  workOff(generator, chain.judge);
  assert.deepEqual(answers, [{ ok: true, value: { type: "hashes", hashes: [chain.blocks[0]?.hash] } }]);
});
