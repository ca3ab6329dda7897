import assert from "node:assert/strict";
import { test } from "node:test";
import { HeaderChain } from "../../test/support/header_chain.ts";
import { defined } from "../base/assert.ts";
import { fromHex } from "../base/bytes.ts";
import { checkBlock, checkBlockInContext } from "../consensus/block_rules.ts";
import { checkHeaderInContext } from "../consensus/header_rules.ts";
import { REGTEST } from "../params/regtest.ts";
import { TESTNET4 } from "../params/testnet4.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Block } from "../primitives/block.ts";
import { displayHash } from "../primitives/hash.ts";
import { solve } from "./solve.ts";
import { type BlockRequest, buildBlock } from "./template.ts";

// The scripts that Bitcoin Core's test framework fills its cached chain with, 25 blocks each in turn.
const CACHE_SCRIPTS = [
  "76a9142b4569203694fc997e13f2c0a1383b9e16c77a0d88ac",
  "76a91483a88d66f7ac4ace0d24bb6e58b75abb9f6495e788ac",
  "76a9144ff785b8221dc206314ca12e65773a876dff30ff88ac",
  "51202913b252fe537830f843bfdc5fa7d20ba48639a87c86ff837b92d083c55ad7c1",
].map(fromHex);

const CACHE_HASHES: ReadonlyMap<number, string> = new Map([
  [2, "196ee3a1a6db2353965081c48ef8e6b031cb2115d084bec6fec937e91a2c6277"],
  [100, "0722dc8920f2e32ee39c8a0fe304e359c61023dc76772ef29b4098f2235e3fb9"],
  [199, "70561696b71207e34ce30fd728f44836b9a49b391af801d77b4621e3cb16e888"],
]);

const genesis = REGTEST.genesis;

function solved(block: Block): Block {
  return defined(solve(block, 1_000), "regtest is easy").block;
}

/** `count` blocks on regtest's genesis, mined as Bitcoin Core's test framework mines its cached chain. */
function cachedChain(count: number): { chain: HeaderChain; blocks: Block[] } {
  const chain = new HeaderChain([genesis.header]);
  const blocks = [genesis];
  for (let height = 1; height <= count; height++) {
    const script = defined(CACHE_SCRIPTS[Math.floor((height - 1) / 25) % 4], "four scripts");
    const request: BlockRequest = {
      params: REGTEST,
      previous: chain.tip,
      previousHash: defined(blocks[height - 1], "the block before").hash,
      script,
      time: genesis.header.time,
    };
    const block = solved(buildBlock(request, [], 0 as Sats));
    assert.equal(checkHeaderInContext(block.header, chain.tip, block.header.time, REGTEST), undefined);
    assert.equal(checkBlock(block, REGTEST), undefined);
    assert.equal(checkBlockInContext(block, chain.tip, REGTEST), undefined);
    chain.add(block.header);
    blocks.push(block);
  }
  return { chain, blocks };
}

test("mining the cached chain of Bitcoin Core's functional tests gives its very blocks", () => {
  const { blocks } = cachedChain(199);
  const first = displayHash(defined(blocks[1], "block 1").hash);
  assert.ok(first.startsWith("4a31ceea") && first.endsWith("852f5e"), first);
  for (const [height, hash] of CACHE_HASHES) {
    assert.equal(displayHash(defined(blocks[height], "mined").hash), hash, `height ${height}`);
  }
  assert.equal(blocks.at(-1)?.header.time, 1296688637);
});

test("testdummy is signalled at heights 144 to 431 of regtest, and nowhere else", () => {
  const chain = new HeaderChain([genesis.header]);
  const signalled: number[] = [];
  for (let height = 1; height <= 600; height++) {
    const request = {
      params: REGTEST,
      previous: chain.tip,
      previousHash: genesis.hash,
      script: fromHex("51"),
    };
    const { header } = buildBlock({ ...request, time: genesis.header.time + height }, [], 0 as Sats);
    if (header.version === 0x3000_0000) signalled.push(height);
    else assert.equal(header.version, 0x2000_0000);
    chain.add(header);
  }
  assert.deepEqual(signalled, Array.from({ length: 288 }, (_, i) => 144 + i));
});

function requestOn(
  tip: { time: number; bits?: number },
  time: number,
  extra: Partial<BlockRequest> = {},
): BlockRequest {
  const chain = new HeaderChain([{ version: 4, bits: 0x207fffff, ...tip }]);
  return {
    params: REGTEST,
    previous: chain.tip,
    previousHash: genesis.hash,
    script: fromHex("51"),
    time,
    ...extra,
  };
}

test("a block's time is the clock's, in whole seconds, but later than the median time past", () => {
  assert.equal(buildBlock(requestOn({ time: 1000 }, 5000.9), [], 0 as Sats).header.time, 5000);
  assert.equal(buildBlock(requestOn({ time: 1000 }, 900), [], 0 as Sats).header.time, 1001);
});

test("the first block of a period is not dated long before the last one, on any network", () => {
  const headers = Array.from({ length: 144 }, (_, i) => ({ time: 1_000 + i, bits: 0x207fffff, version: 4 }));
  const late = new HeaderChain([...headers.slice(0, 143), { time: 50_000, bits: 0x207fffff, version: 4 }]);
  const request = { ...requestOn({ time: 0 }, 2_000), previous: late.tip };
  assert.equal(buildBlock(request, [], 0 as Sats).header.time, 50_000 - 600);
});

test("the coinbase collects subsidy and fees, and -blockversion overrides the version", () => {
  const block = buildBlock(requestOn({ time: 1000 }, 2000, { version: 7 }), [], 123 as Sats);
  assert.equal(block.transactions[0]?.outputs[0]?.value, 50e8 + 123);
  assert.equal(block.header.version, 7);
});

test("before segwit the commitment is there, but the coinbase has no witness", () => {
  const params = { ...REGTEST, deployments: { ...REGTEST.deployments, segwitHeight: 1_000 } };
  const [coinbase] = buildBlock(requestOn({ time: 1000 }, 2000, { params }), [], 0 as Sats).transactions;
  assert.equal(coinbase?.outputs.length, 2);
  assert.equal(coinbase?.hasWitness, false);
});

test("a slice without a solution says so, and the next slice finds what one long run finds", () => {
  const block = buildBlock(
    requestOn({ time: 1000, bits: 0x1f7fffff }, 2000, { params: TESTNET4 }),
    [],
    0 as Sats,
  );
  const easier = buildBlock(requestOn({ time: 1000 }, 2000), [], 0 as Sats);
  assert.equal(solve(block, 3), undefined);
  const whole = defined(solve(easier, 1_000), "found");
  let tries = 0;
  let found = solve(easier, 1, 0);
  for (let nonce = 1; found === undefined; nonce++) {
    tries++;
    found = solve(easier, 1, nonce);
  }
  assert.deepEqual(found.block.bytes, whole.block.bytes);
  assert.equal(tries + found.tries, whole.tries);
});
