import { fromHex } from "../base/bytes.ts";
import { type Sats, SATS_PER_COIN } from "../primitives/amount.ts";
import { type BlockHash, hashLiteral } from "../primitives/hash.ts";
import { TESTNET3_ASSUME_UTXO } from "./assume_utxo.ts";
import { type ChainParams, GIB } from "./chain_params.ts";
import { satoshiGenesis } from "./genesis.ts";
import { TESTNET3_SEEDS } from "./seeds_testnet3.ts";

/** The public test network before testnet4. Values: Bitcoin Core 31, kernel/chainparams.cpp. */
export const TESTNET3: ChainParams = {
  // As Bitcoin Core calls it; people say testnet3.
  name: "test",
  folder: "testnet3",
  isPublic: true,
  magic: fromHex("0b110907"),
  port: 18333,
  rpcPort: 18332,
  genesis: satoshiGenesis(1_296_688_602, 0x1d00_ffff, 414_098_458),
  work: {
    limit: 0x00000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffffn,
    targetSpacing: 10 * 60,
    targetTimespan: 14 * 24 * 60 * 60,
    allowMinDifficultyBlocks: true,
    noRetargeting: false,
    enforceBip94: false,
  },
  money: {
    initialSubsidy: (50 * SATS_PER_COIN) as Sats,
    subsidyHalvingInterval: 210_000,
    coinbaseMaturity: 100,
  },
  deployments: {
    bip34Height: 21_111,
    bip34Hash: hashLiteral<BlockHash>("0000000023b3a96d3484e5abb3755c413e7d41500f8e2a5c3f0dd01299cd8ef8"),
    bip65Height: 581_885,
    bip66Height: 330_776,
    csvHeight: 770_112,
    segwitHeight: 834_624,
    taprootHeight: 0,
    scriptFlagExceptions: new Map([
      // Spends a pay-to-script-hash output without satisfying its script.
      ["00000000dd30457c001f4095d208cc1296b0eed002427aa599874af7a432b105", 0],
    ]),
    versionBits: { window: 2016, threshold: 1512, warningHeight: 2_013_984, testDummy: undefined },
    signetChallenge: undefined,
  },
  addresses: { publicKeyHash: 111, scriptHash: 196, secretKey: 239, bech32: "tb" },
  minimumChainWork: 0x0000000000000000000000000000000000000000000017dde1c649f3708d14b6n,
  headersSync: { commitmentPeriod: 673, redownloadBuffer: 14460 },
  // Height 4,842,348.
  assumeValid: hashLiteral<BlockHash>("000000007a61e4230b28ac5cb6b5e5a0130de37ac1faf2f8987d2fa6505b67f4"),
  assumeUtxo: TESTNET3_ASSUME_UTXO,
  transactionCount: { time: 1_772_051_651, count: 536_108_416, perSecond: 0.02691479016257117 },
  assumedBlockBytes: 245 * GIB,
  assumedCoinBytes: 19 * GIB,
  dnsSeeds: [
    "testnet-seed.bitcoin.jonasschnelli.ch.",
    "seed.tbtc.petertodd.net.",
    "seed.testnet.bitcoin.sprovoost.nl.",
    "testnet-seed.bluematt.me.",
    "seed.testnet.achownodes.xyz.",
  ],
  fixedSeeds: [],
  packedSeeds: TESTNET3_SEEDS,
  pruneAfterHeight: 1000,
  acceptsNonstandard: false,
};
