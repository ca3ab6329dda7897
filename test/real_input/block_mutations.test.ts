/**
 * Blocks with something changed: every change that is not neutral is refused, and every neutral one
 * is not.
 *
 * `TIDINGS_MUTATIONS=1000 npm test -- block_mutations`
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { below, seededRng } from "../../src/base/rng.ts";
import type { LoneBlock } from "../../src/chain/lone_block.ts";
import { checkLoneBlock } from "../../src/chain/lone_block.ts";
import { readSpentCoins } from "../../src/chain/spent_coins.ts";
import { decodeWith } from "../../src/codec/codec.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import type { ChainParams } from "../../src/params/chain_params.ts";
import { MAIN } from "../../src/params/main.ts";
import { TESTNET3 } from "../../src/params/testnet3.ts";
import { blockCodec } from "../../src/primitives/block.ts";
import { testSeed, testSize } from "../support/environment.ts";
import { sharedPath, skipWithoutShared } from "../support/paths.ts";
import { signedBlock } from "../support/signed_block.ts";
import { MutantJudge, MUTATIONS } from "./block_mutations.ts";
import { whyNeutral } from "./neutral_mutations.ts";

installNodeCrypto();

const COUNT = testSize("TIDINGS_MUTATIONS", 0);
/** Changes in one test. */
const PART = 250;
const SEED = testSeed(866_342);
/** Long after all of them. */
const NOW = 1_800_000_000;

const REAL: readonly (readonly [name: string, params: ChainParams, height: number])[] = [
  ["mainnet-300025", MAIN, 300_025],
  ["mainnet-866342", MAIN, 866_342],
  ["testnet3-928848", TESTNET3, 928_848],
  ["testnet3-1087400", TESTNET3, 1_087_400],
];

function sharedBlock(name: string, params: ChainParams, height: number): LoneBlock {
  const bytes = (ending: string) => new Uint8Array(readFileSync(sharedPath("blocks", `${name}.${ending}`)));
  const [block, spent] = [decodeWith(blockCodec, bytes("block")), readSpentCoins(bytes("spent"))];
  return { block, spent, height, params, now: NOW };
}

/** Tries `count` changes, and prints what came of them. */
function mutate(name: string, original: LoneBlock, count: number, seed: number): void {
  assert.equal(checkLoneBlock(original).type, "good");
  const rng = seededRng(seed);
  const judge = new MutantJudge(original);
  const [refused, neutral] = [new Map<string, number>(), new Map<string, number>()];
  for (let i = 0; i < count; i++) {
    const mutation = MUTATIONS[below(rng, MUTATIONS.length)] ?? assert.fail();
    const mutant = mutation(rng, original);
    const reason = mutant.lone === undefined ? undefined : whyNeutral(original, mutant.lone);
    const refusal = judge.refusal(mutant);
    const place = `seed ${seed}, change ${i} of ${name}: ${mutant.what}`;
    if (reason === undefined) assert.ok(refusal !== undefined, `${place}, is accepted`);
    else assert.equal(refusal, undefined, `${place}, is refused, though neutral: ${reason}`);
    count1(refusal === undefined ? neutral : refused, refusal ?? reason ?? "");
  }
  console.log(`Seed ${seed}: ${count} changes of ${name}\n  refused: ${listed(refused)}\n  neutral: ${listed(neutral)}`);
}

function count1(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts].sort(([, a], [, b]) => b - a).map(([key, count]) => `${count} ${key}`).join("; ");
}

/** In parts with seeds of their own, so that none takes long. */
function mutateInParts(name: string, count: number, original: () => LoneBlock, skip: string | false): void {
  for (let part = 0; part * PART < count; part++) {
    const size = Math.min(PART, count - part * PART);
    test(`of ${name}, every change that is not neutral is refused (${size}, seed ${SEED + part})`,
      { skip }, () => {
      mutate(name, original(), size, SEED + part);
    });
  }
}

mutateInParts("a signed block made here", COUNT || PART, () => {
  const { block, spent, height, params } = signedBlock();
  return { block, spent, height, params, now: NOW };
}, false);

for (const [name, params, height] of REAL) {
  mutateInParts(name, COUNT || 40, () => sharedBlock(name, params, height), skipWithoutShared);
}
