import assert from "node:assert/strict";
import { test } from "node:test";
import { HeaderChain } from "../../test/support/header_chain.ts";
import { MAIN } from "../params/main.ts";
import { REGTEST } from "../params/regtest.ts";
import { TESTNET4 } from "../params/testnet4.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { ZERO_HASH } from "../primitives/hash.ts";
import { BlockHeader, type HeaderFields } from "../primitives/header.ts";
import { checkHeaderInContext, checkProofOfWork } from "./header_rules.ts";

const BITS = 0x207fffff;
/** Times 1000, 1001, … so that the median of the last eleven lies five before the tip. */
const chain = new HeaderChain(
  Array.from({ length: 20 }, (_, i) => ({ time: 1_000 + i, bits: BITS, version: 4 })),
);
const TIP_TIME = 1_019;
const NOW = 2_000;

function header(fields: Partial<HeaderFields> = {}): BlockHeader {
  return BlockHeader.of({
    version: 4, previous: REGTEST.genesis.hash, merkleRoot: ZERO_HASH, time: NOW, bits: BITS, nonce: 0,
    ...fields,
  });
}

function rule(fields: Partial<HeaderFields>, params: ChainParams = REGTEST): string | undefined {
  return checkHeaderInContext(header(fields), chain.tip, NOW, params)?.rule;
}

test("genesis blocks have done their work; with another nonce they have not", () => {
  for (const params of [MAIN, TESTNET4, REGTEST]) assert.equal(
    checkProofOfWork(params.genesis.header, params),
    undefined,
  );
  const { version, previous, merkleRoot, time, bits } = MAIN.genesis.header;
  const other = BlockHeader.of({ version, previous, merkleRoot, time, bits, nonce: 1 });
  assert.deepEqual(checkProofOfWork(other, MAIN), { rule: "high-hash", detail: "proof of work failed" });
});

test("a header with another target than is due is refused first of all", () => {
  assert.equal(rule({ bits: 0x207ffffe, time: 0, version: 1 }), "bad-diffbits");
});

test("a header is later than the median of eleven before it", () => {
  assert.equal(rule({ time: TIP_TIME - 5 }), "time-too-old");
  assert.equal(rule({ time: TIP_TIME - 4 }), undefined);
});

test("a header is at most two hours ahead of the clock", () => {
  assert.equal(rule({ time: NOW + 7_200 }), undefined);
  assert.equal(rule({ time: NOW + 7_201 }), "time-too-new");
});

test("BIP94: the first header of a period is at most 600 s before the last one of the other", () => {
  const easy = 0x1d00ffff;
  const times = (last: number) => [...Array.from({ length: 2015 }, (_, i) => i), last];
  const params = { ...TESTNET4, work: { ...TESTNET4.work, noRetargeting: true } };
  const tip = new HeaderChain(times(10_000).map((time) => ({ time, bits: easy, version: 4 }))).tip;
  const check = (time: number) => checkHeaderInContext(
    header({ time, bits: easy }),
    tip,
    20_000,
    params,
  )?.rule;
  assert.equal(check(9_399), "time-timewarp-attack");
  assert.equal(check(9_400), undefined);
});

test("versions that a soft fork made outdated are refused, negative ones too", () => {
  const at = (heights: Partial<ChainParams["deployments"]>): ChainParams => {
    const never = { bip34Height: 99, bip66Height: 99, bip65Height: 99 };
    return { ...REGTEST, deployments: { ...REGTEST.deployments, ...never, ...heights } };
  };
  const cases = [
    [at({}), -5, undefined],
    [at({ bip34Height: 20 }), 1, "bad-version(0x00000001)"],
    [at({ bip34Height: 21 }), 1, undefined],
    [at({ bip34Height: 20 }), 2, undefined],
    [at({ bip66Height: 20 }), 2, "bad-version(0x00000002)"],
    [at({ bip65Height: 20 }), 3, "bad-version(0x00000003)"],
    [at({ bip65Height: 20 }), -1, "bad-version(0xffffffff)"],
    [at({ bip65Height: 20 }), 4, undefined],
  ] as const;
  for (const [params, version, expected] of cases) assert.equal(
    rule({ version }, params),
    expected,
    `version ${version}`,
  );
});
