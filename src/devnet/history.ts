/**
 * The blocks that a devnet begins with.
 *
 * They look as if they had been found one after the other until now: one a day, the last ones ten
 * minutes apart. So the median time past is as near as on any network, and nodes that are still
 * catching up know that they are, and do not announce each old block to all others.
 *
 * @module
 */
import { assert, defined } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import type { Rng } from "../base/rng.ts";
import { HeaderIndex } from "../chain/header_index.ts";
import { solve } from "../mining/solve.ts";
import { buildBlock } from "../mining/template.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Block } from "../primitives/block.ts";
import type { Member } from "./devnet_node.ts";

const DAY = 24 * 60 * 60;
const TEN_MINUTES = 10 * 60;
/** More than the median time past looks back on. */
const RECENT_BLOCKS = 12;
/** On a network for tests a block takes two on average. */
const TRIES_MAX = 1_000_000;

/** Seconds before the last block at which block `index` of `count` was found. */
export function ageOf(index: number, count: number): number {
  const after = count - 1 - index;
  const days = Math.max(0, after - RECENT_BLOCKS + 1);
  return (after - days) * TEN_MINUTES + days * DAY;
}

/** `count` solved blocks on top of genesis, the last of them found at `now`. */
export function makeHistory(
  params: ChainParams, count: number, now: number, rng: Rng, script: () => Bytes,
): readonly Block[] {
  const headers = new HeaderIndex(rng);
  let previous = headers.add(params.genesis.header, undefined);
  return Array.from({ length: count }, (_, index) => {
    const request = {
      params, script: script(), time: now - ageOf(index, count),
      previous: headers.context(previous), previousHash: headers.hash(previous),
    };
    const { block } = defined(
      solve(buildBlock(request, [], 0 as Sats), TRIES_MAX), "a block for tests is solved soon",
    );
    previous = headers.add(block.header, previous);
    return block;
  });
}

/** Hands the blocks in, all at once: each is stored while the one before it is being connected. */
export async function submitHistory({ running }: Member, blocks: readonly Block[]): Promise<void> {
  const results = await Promise.all(blocks.map((block) => running.command({ type: "submit-block", block })));
  for (const result of results) {
    const isAccepted =
      result.ok && result.value.type === "block-verdict" && result.value.verdict === "accepted";
    assert(isAccepted, `a block of our own is good: ${JSON.stringify(result)}`);
  }
}
