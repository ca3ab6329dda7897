import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { HeaderChain } from "../../test/support/header_chain.ts";
import { sharedPath, skipWithoutShared } from "../../test/support/paths.ts";
import { ALTERNATE_HEADERS } from "../../test/vectors/header_vectors.ts";
import { sharedCases } from "../../test/vectors/vector_files.ts";
import { failuresOf } from "../../test/vectors/vector_format.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { MAIN } from "../params/main.ts";
import { REGTEST } from "../params/regtest.ts";
import { SIGNET } from "../params/signet.ts";
import { TESTNET4 } from "../params/testnet4.ts";
import { BlockHeader, HEADER_BYTES } from "../primitives/header.ts";
import { checkHeaderInContext, checkProofOfWork } from "./header_rules.ts";
import { isPermittedChange, requiredBits } from "./next_work.ts";

const NOW = 1_800_000_000;
const INTERVAL = 2016;
const EASIEST = 0x1d00ffff;

function sharedHeaders(name: string): BlockHeader[] {
  const bytes = readFileSync(sharedPath("blocks", name));
  return Array.from({ length: bytes.length / HEADER_BYTES }, (_, i) => {
    return new BlockHeader(bytes.subarray(i * HEADER_BYTES, (i + 1) * HEADER_BYTES));
  });
}

function acceptsAll(headers: readonly BlockHeader[], params: ChainParams): void {
  const chain = new HeaderChain(headers.slice(0, 1));
  for (const header of headers.slice(1)) {
    const place = `height ${chain.tip.height + 1}`;
    assert.equal(checkProofOfWork(header, params), undefined, place);
    assert.equal(checkHeaderInContext(header, chain.tip, NOW, params), undefined, place);
    chain.add(header);
  }
}

test("the first 10,237 mainnet headers are accepted", { skip: skipWithoutShared }, () => {
  acceptsAll(sharedHeaders("mainnet-0-10236.headers"), MAIN);
});

test("the first 2,016 signet headers are accepted", { skip: skipWithoutShared }, () => {
  acceptsAll(sharedHeaders("signet-0-2015.headers"), SIGNET);
});

test("an alternate main chain is adjusted to difficulty 4", { skip: skipWithoutShared }, () => {
  const cases = sharedCases(ALTERNATE_HEADERS, "core/mainnet_alt.json");
  assert.equal(cases.length, INTERVAL);
  assert.deepEqual(failuresOf(cases), []);
});

/** `count` headers, `spacing` seconds apart. */
function steadyChain(count: number, spacing: number, bits = EASIEST): HeaderChain {
  return new HeaderChain(Array.from({ length: count }, (_, i) => ({ time: i * spacing, bits, version: 4 })));
}

// From Bitcoin Core's pow_tests.cpp: the last block of a period, the time of the first, and what follows.
const ADJUSTMENTS = [
  {
    claim: "main's block 32256 is the first harder one",
    first: 1261130161,
    last: 1262152739,
    bits: 0x1d00ffff,
    next: 0x1d00d86a,
  },
  {
    claim: "main's block 2016 keeps the easiest target",
    first: 1231006505,
    last: 1233061996,
    bits: 0x1d00ffff,
    next: 0x1d00ffff,
  },
  {
    claim: "main's block 68544 is held to a factor of four",
    first: 1279008237,
    last: 1279297671,
    bits: 0x1c05a3f4,
    next: 0x1c0168fd,
  },
  {
    claim: "a period eight weeks long is held to a factor of four",
    first: 1263163443,
    last: 1269211443,
    bits: 0x1c387f6f,
    next: 0x1d00e1fd,
  },
] as const;

for (const { claim, first, last, bits, next } of ADJUSTMENTS) {
  test(claim, () => {
    const chain = new HeaderChain([{ time: first, bits, version: 1 }]);
    for (let i = 1; i < INTERVAL - 1; i++) chain.add({ time: first, bits, version: 1 });
    chain.add({ time: last, bits, version: 1 });
    assert.equal(requiredBits(chain.tip, last + 600, MAIN), next);
  });
}

test("between adjustments main keeps the target, however late the block is", () => {
  const chain = steadyChain(100, 600, 0x1c05a3f4);
  assert.equal(requiredBits(chain.tip, chain.tip.time + 1e6, MAIN), 0x1c05a3f4);
});

test("on a testnet a block more than twice the spacing late is easy, and not a second sooner", () => {
  const chain = steadyChain(100, 600, 0x1c05a3f4);
  assert.equal(requiredBits(chain.tip, chain.tip.time + 1200, TESTNET4), 0x1c05a3f4);
  assert.equal(requiredBits(chain.tip, chain.tip.time + 1201, TESTNET4), EASIEST);
});

test("on a testnet the block after easy ones has the last target that was not", () => {
  const chain = steadyChain(100, 600, 0x1c05a3f4);
  for (let i = 0; i < 5; i++) chain.add({ time: chain.tip.time + 1300, bits: EASIEST, version: 4 });
  assert.equal(requiredBits(chain.tip, chain.tip.time + 1, TESTNET4), 0x1c05a3f4);
});

test("the search for that target ends at the first block of the period", () => {
  const chain = steadyChain(INTERVAL, 600, 0x1c05a3f4);
  for (let i = 0; i < 5; i++) chain.add({ time: chain.tip.time + 1300, bits: EASIEST, version: 4 });
  assert.equal(requiredBits(chain.tip, chain.tip.time + 1, TESTNET4), EASIEST);
  assert.equal(requiredBits(steadyChain(3, 600).tip, 0, TESTNET4), EASIEST);
});

test("BIP94 takes the period's first target, so that an easy last block does not count", () => {
  const chain = steadyChain(INTERVAL - 1, 600, 0x1c05a3f4);
  chain.add({ time: (INTERVAL - 1) * 600, bits: EASIEST, version: 4 });
  const testnet3 = { ...TESTNET4, work: { ...TESTNET4.work, enforceBip94: false } };
  assert.equal(requiredBits(chain.tip, chain.tip.time + 600, testnet3) >>> 24, 0x1d);
  assert.equal(requiredBits(chain.tip, chain.tip.time + 600, TESTNET4) >>> 24, 0x1c);
});

test("regtest never adjusts", () => {
  const interval = 144;
  const chain = steadyChain(interval, 1, 0x207fffff);
  assert.equal(requiredBits(chain.tip, chain.tip.time + 1, REGTEST), 0x207fffff);
});

test("whatever target the rules ask for is a permitted change, and beyond it none is", () => {
  for (const { bits, next } of ADJUSTMENTS) {
    assert.ok(isPermittedChange(2 * INTERVAL, bits, next, MAIN.work));
    assert.equal(isPermittedChange(2 * INTERVAL + 1, bits, next, MAIN.work), bits === next);
  }
  const [bits, fastest, slowest] = [0x1c05a3f4, 0x1c0168fd, 0x1c168fd0];
  const isPermitted = (next: number): boolean => isPermittedChange(INTERVAL, bits, next, MAIN.work);
  assert.deepEqual([fastest, fastest - 1, slowest, slowest + 1].map(isPermitted), [true, false, true, false]);
  assert.ok(isPermittedChange(INTERVAL + 1, bits, EASIEST, TESTNET4.work));
});
