import { fromHex } from "../base/bytes.ts";
import { type Sats, SATS_PER_COIN } from "../primitives/amount.ts";
import { REGTEST_ASSUME_UTXO } from "./assume_utxo.ts";
import type { ChainParams, DeploymentParams } from "./chain_params.ts";
import { satoshiGenesis } from "./genesis.ts";

/** A timeout that never comes. */
const NO_TIMEOUT = Number.POSITIVE_INFINITY;

/** For tests on one machine: blocks are found at once. Values: Bitcoin Core 31, kernel/chainparams.cpp. */
export const REGTEST: ChainParams = {
  name: "regtest",
  folder: "regtest",
  isPublic: false,
  magic: fromHex("fabfb5da"),
  port: 18444,
  rpcPort: 18443,
  genesis: satoshiGenesis(1_296_688_602, 0x207f_ffff, 2),
  work: {
    limit: 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffn,
    targetSpacing: 10 * 60,
    targetTimespan: 24 * 60 * 60,
    allowMinDifficultyBlocks: true,
    noRetargeting: true,
    enforceBip94: false,
  },
  money: {
    initialSubsidy: (50 * SATS_PER_COIN) as Sats,
    subsidyHalvingInterval: 150,
    coinbaseMaturity: 100,
  },
  deployments: {
    bip34Height: 1,
    bip34Hash: undefined,
    bip65Height: 1,
    bip66Height: 1,
    csvHeight: 1,
    segwitHeight: 0,
    taprootHeight: 0,
    scriptFlagExceptions: new Map(),
    versionBits: { window: 144, threshold: 108, testDummy: { bit: 28, startTime: 0, timeout: NO_TIMEOUT } },
    signetChallenge: undefined,
  },
  addresses: { publicKeyHash: 111, scriptHash: 196, secretKey: 239, bech32: "bcrt" },
  minimumChainWork: 0n,
  headersSync: { commitmentPeriod: 275, redownloadBuffer: 7017 },
  assumeValid: undefined,
  assumeUtxo: REGTEST_ASSUME_UTXO,
  // A rate without a count, so that an old tip shows as one.
  transactionCount: { time: 0, count: 0, perSecond: 0.001 },
  assumedBlockBytes: 0,
  assumedCoinBytes: 0,
  dnsSeeds: ["dummySeed.invalid."],
  fixedSeeds: [],
  packedSeeds: "",
  pruneAfterHeight: 1000,
  acceptsNonstandard: false,
};

/** What may be set on regtest alone. */
export interface RegtestOptions {
  /** `-testactivationheight`: buried deployments at other heights. */
  readonly heights?: Partial<Pick<DeploymentParams, BuriedHeight>>;
  /** `-vbparams=testdummy:start:end` */
  readonly testDummy?: { readonly startTime: number; readonly timeout: number };
  /** `-test=bip94` */
  readonly enforceBip94?: boolean;
  /** `-fastprune` */
  readonly fastPrune?: boolean;
}

export type BuriedHeight = "bip34Height" | "bip65Height" | "bip66Height" | "csvHeight" | "segwitHeight";

/** Regtest with other rules, for tests of the rules themselves. */
export function regtestWith(options: RegtestOptions): ChainParams {
  const { versionBits } = REGTEST.deployments;
  const testDummy = { bit: 28, startTime: 0, timeout: NO_TIMEOUT, ...options.testDummy };
  return {
    ...REGTEST,
    work: { ...REGTEST.work, enforceBip94: options.enforceBip94 ?? false },
    deployments: { ...REGTEST.deployments, ...options.heights, versionBits: { ...versionBits, testDummy } },
    pruneAfterHeight: options.fastPrune ? 100 : REGTEST.pruneAfterHeight,
  };
}
