import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { coreTree, skipWithoutCoreTree } from "../../test/support/environment.ts";
import { displayHash } from "../primitives/hash.ts";
import { type ChainParams, GIB } from "./chain_params.ts";
import { MAIN } from "./main.ts";
import { REGTEST } from "./regtest.ts";
import { SIGNET, signetWith } from "./signet.ts";
import { TESTNET3 } from "./testnet3.ts";
import { TESTNET4 } from "./testnet4.ts";


/** The part of Bitcoin Core's kernel/chainparams.cpp that describes a network. */
function coreSource(from: string, to: string): string {
  const source = readFileSync(join(coreTree, "src", "kernel", "chainparams.cpp"), "utf8");
  const start = source.indexOf(from);
  const end = source.indexOf(to, start + from.length);
  assert.ok(start >= 0 && end > start, `chainparams.cpp has ${from}`);
  return source.slice(start, end);
}

/** What the first group of `pattern` catches, `'` and all. */
function caught(source: string, pattern: RegExp): string {
  return pattern.exec(source)?.[1]?.replaceAll("'", "") ?? assert.fail(`no ${pattern.source}`);
}

/** What Bitcoin Core's source says of a network, in the form of `ownValues`. */
function coreValues(source: string) {
  const find = (pattern: string): string => caught(source, new RegExp(pattern));
  const hash = (name: string): string => find(`consensus\\.${name} = uint256\\{"?([0-9a-f]*)`);
  const number = (pattern: string): number => Number(find(`${pattern}\\s*=? ?([0-9.']+)`));
  return {
    minimumChainWork: BigInt(`0x0${hash("nMinimumChainWork")}`),
    assumeValid: hash("defaultAssumeValid"),
    time: number("\\.nTime\\s+="),
    count: number("\\.tx_count ="),
    perSecond: number("\\.dTxRate  ?="),
    blocks: number("m_assumed_blockchain_size ="),
    coins: number("m_assumed_chain_state_size ="),
  };
}

function ownValues({ minimumChainWork, assumeValid, transactionCount, ...params }: ChainParams) {
  return {
    minimumChainWork,
    assumeValid: assumeValid === undefined ? "" : displayHash(assumeValid),
    ...transactionCount,
    blocks: params.assumedBlockBytes / GIB,
    coins: params.assumedCoinBytes / GIB,
  };
}

const NETWORKS: readonly (readonly [ChainParams, from: string, to: string])[] = [
  [MAIN, "class CMainParams", "class CTestNetParams"],
  [TESTNET3, "class CTestNetParams", "class CTestNet4Params"],
  [TESTNET4, "class CTestNet4Params", "class SigNetParams"],
  [SIGNET, "if (!options.challenge)", "} else {"],
  [REGTEST, "class CRegTestParams", "std::unique_ptr"],
];

for (const [network, from, to] of NETWORKS) {
  test(`${network.name} trusts as much as Bitcoin Core's source does`, {
    skip: skipWithoutCoreTree,
  }, () => {
    assert.deepEqual(ownValues(network), coreValues(coreSource(from, to)));
  });
}

test("what the public networks trust is what Bitcoin Core 31 does", () => {
  assert.deepEqual(NETWORKS.map(([network]) => ownValues(network)), [
    {
      minimumChainWork: 0x1128750f82f4c366153a3a030n,
      assumeValid: "00000000000000000000ccebd6d74d9194d8dcdc1d177c478e094bfad51ba5ac",
      time: 1_772_055_173, count: 1_315_805_869, perSecond: 5.40111006496122, blocks: 856, coins: 14,
    },
    {
      minimumChainWork: 0x17dde1c649f3708d14b6n,
      assumeValid: "000000007a61e4230b28ac5cb6b5e5a0130de37ac1faf2f8987d2fa6505b67f4",
      time: 1_772_051_651, count: 536_108_416, perSecond: 0.02691479016257117, blocks: 245, coins: 19,
    },
    {
      minimumChainWork: 0x9a0fe15d0177d086304n,
      assumeValid: "0000000002368b1e4ee27e2e85676ae6f9f9e69579b29093e9a82c170bf7cf8a",
      time: 1_772_013_387, count: 14_191_421, perSecond: 0.01848579579528412, blocks: 31, coins: 2,
    },
    {
      minimumChainWork: 0xb463ea0a4b8n,
      assumeValid: "00000008414aab61092ef93f1aacc54cf9e9f16af29ddad493b908a01ff5c329",
      time: 1_772_055_248, count: 28_676_833, perSecond: 0.06736623436338929, blocks: 24, coins: 4,
    },
    { minimumChainWork: 0n, assumeValid: "", time: 0, count: 0, perSecond: 0.001, blocks: 0, coins: 0 },
  ]);
});

test("what is kept of headers of little work is what Bitcoin Core 31 keeps", () => {
  const kept = NETWORKS.map(([{ headersSync: { commitmentPeriod, redownloadBuffer } }]) => {
    return [commitmentPeriod, redownloadBuffer];
  });
  assert.deepEqual(kept, [[641, 15_218], [673, 14_460], [606, 16_092], [620, 15_724], [275, 7_017]]);
});

test("a signet of one's own trusts nothing", () => {
  assert.deepEqual(ownValues(signetWith(Uint8Array.of(0x51))), {
    minimumChainWork: 0n, assumeValid: "", blocks: 0, coins: 0,
  });
});
