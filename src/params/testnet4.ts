import { fromHex } from "../base/bytes.ts";
import { type Sats, SATS_PER_COIN } from "../primitives/amount.ts";
import { type BlockHash, hashLiteral } from "../primitives/hash.ts";
import { TESTNET4_ASSUME_UTXO } from "./assume_utxo.ts";
import { type ChainParams, GIB } from "./chain_params.ts";
import { GENESIS_REWARD, genesisBlock, payToPublicKey } from "./genesis.ts";
import { TESTNET4_SEEDS } from "./seeds_testnet4.ts";

/** The public test network (BIP94). Values: Bitcoin Core 31, kernel/chainparams.cpp. */
export const TESTNET4: ChainParams = {
  name: "testnet4",
  folder: "testnet4",
  isPublic: true,
  magic: fromHex("1c163f28"),
  port: 48333,
  rpcPort: 48332,
  genesis: genesisBlock({
    time: 1_714_777_860,
    bits: 0x1d00_ffff,
    nonce: 393_743_547,
    message: "03/May/2024 000000000000000000001ebd58c244970b3aa9d783bb001011fbe8ea8e98e00e",
    outputScript: payToPublicKey(new Uint8Array(33)),
    reward: GENESIS_REWARD,
  }),
  work: {
    limit: 0x00000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffffn,
    targetSpacing: 10 * 60,
    targetTimespan: 14 * 24 * 60 * 60,
    allowMinDifficultyBlocks: true,
    noRetargeting: false,
    enforceBip94: true,
  },
  money: {
    initialSubsidy: (50 * SATS_PER_COIN) as Sats,
    subsidyHalvingInterval: 210_000,
    coinbaseMaturity: 100,
  },
  deployments: {
    bip34Height: 1,
    bip34Hash: undefined,
    bip65Height: 1,
    bip66Height: 1,
    csvHeight: 1,
    segwitHeight: 1,
    taprootHeight: 0,
    scriptFlagExceptions: new Map(),
    versionBits: { window: 2016, threshold: 1512, testDummy: undefined },
    signetChallenge: undefined,
  },
  addresses: { publicKeyHash: 111, scriptHash: 196, secretKey: 239, bech32: "tb" },
  minimumChainWork: 0x0000000000000000000000000000000000000000000009a0fe15d0177d086304n,
  headersSync: { commitmentPeriod: 606, redownloadBuffer: 16092 },
  // Height 123,613.
  assumeValid: hashLiteral<BlockHash>("0000000002368b1e4ee27e2e85676ae6f9f9e69579b29093e9a82c170bf7cf8a"),
  assumeUtxo: TESTNET4_ASSUME_UTXO,
  transactionCount: { time: 1_772_013_387, count: 14_191_421, perSecond: 0.01848579579528412 },
  assumedBlockBytes: 31 * GIB,
  assumedCoinBytes: 2 * GIB,
  dnsSeeds: ["seed.testnet4.bitcoin.sprovoost.nl.", "seed.testnet4.wiz.biz."],
  fixedSeeds: [],
  packedSeeds: TESTNET4_SEEDS,
  pruneAfterHeight: 1000,
  acceptsNonstandard: false,
};
