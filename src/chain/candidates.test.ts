import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seededRng } from "../base/rng.ts";
import type { BlockHash } from "../primitives/hash.ts";
import { BlockHeader } from "../primitives/header.ts";
import { ActiveChain } from "./active_chain.ts";
import { Candidates } from "./candidates.ts";
import { type BlockId, GENESIS, HeaderIndex } from "./header_index.ts";

const ACTIVE_BLOCKS = 5;
const BLOCKS = 16;

/** A straight chain of the first five, and others anywhere above; the numbers choose their parents. */
function headersOf(choices: readonly number[]): HeaderIndex {
  const headers = new HeaderIndex(seededRng(1));
  for (let row = 0; row < BLOCKS; row++) {
    const parent = row < ACTIVE_BLOCKS ? row - 1 : row - 1 - ((choices[row] ?? 0) % 4 === 0 ? row % 6 : 0);
    const previous = (parent < 0 ? undefined : parent) as BlockId | undefined;
    const header = BlockHeader.of({
      version: 1,
      previous: previous === undefined ? (new Uint8Array(32) as BlockHash) : headers.hash(previous),
      merkleRoot: new Uint8Array(32),
      time: row,
      bits: 0x207f_ffff,
      nonce: row,
    });
    headers.add(header, previous);
  }
  return headers;
}

/** Of all that can be reached from the active chain without a gap, how high the highest is. */
function plainBest(headers: HeaderIndex, active: ActiveChain): number {
  let best = active.height;
  for (let row = 0; row < BLOCKS; row++) {
    let at = row as BlockId;
    while (!active.has(at) && headers.hasBlock(at)) at = headers.previous(at) ?? GENESIS;
    if (active.has(at)) best = Math.max(best, headers.height(row as BlockId));
  }
  return best;
}

function receive(headers: HeaderIndex, candidates: Candidates, id: BlockId): void {
  headers.blocks.setStored(id, { file: 0, offset: 8, length: 100 }, 1);
  candidates.received(id);
}

test("whatever comes, is pruned and comes again, the best chain is the longest without a gap", () => {
  const parents = fc.array(fc.nat(1000), { minLength: BLOCKS, maxLength: BLOCKS });
  const steps = fc.array(fc.nat(1000), { maxLength: 80 });
  fc.assert(fc.property(parents, steps, (choices, rows) => {
    const headers = headersOf(choices);
    const tip = (ACTIVE_BLOCKS - 1) as BlockId;
    const active = new ActiveChain(headers, tip);
    let candidates = new Candidates(headers, active);
    for (let row = 0; row <= tip; row++) receive(headers, candidates, row as BlockId);
    for (const step of rows) {
      const id = (1 + (step % (BLOCKS - 1))) as BlockId;
      if (step % 11 === 0) {
        for (let row = 0; row < BLOCKS; row++) headers.blocks.setUnlinked(row);
        candidates = new Candidates(headers, active);
        candidates.restore(tip);
      } else if (headers.hasBlock(id)) {
        headers.blocks.setPruned(id);
        candidates.pruned([id]);
      } else if (!active.has(id)) receive(headers, candidates, id);
      const best = candidates.best() ?? tip;
      assert.equal(headers.height(best), plainBest(headers, active));
    }
  }), { numRuns: 300 });
});

test("when a pruned chain has to be connected again, only what was downloaded again counts", () => {
  const headers = headersOf([]);
  const tip = (ACTIVE_BLOCKS - 1) as BlockId;
  const candidates = new Candidates(headers, new ActiveChain(headers, GENESIS));
  for (let row = 0; row <= tip; row++) receive(headers, candidates, row as BlockId);
  for (let row = 1; row < tip; row++) headers.blocks.setPruned(row);
  assert.equal(candidates.best(), tip);
  const first = 1 as BlockId;
  candidates.lost(first);
  assert.equal(candidates.best(), undefined);
  receive(headers, candidates, first);
  assert.equal(candidates.best(), first);
});
