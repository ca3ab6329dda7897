import { fromHex } from "../base/bytes.ts";
import { type Sats, SATS_PER_COIN } from "../primitives/amount.ts";
import { type BlockHash, hashLiteral } from "../primitives/hash.ts";
import { MAIN_ASSUME_UTXO } from "./assume_utxo.ts";
import { type ChainParams, GIB } from "./chain_params.ts";
import { satoshiGenesis } from "./genesis.ts";
import { MAIN_SEEDS } from "./seeds_main.ts";

/** Script verification flags `P2SH` and `WITNESS` (script/flags.ts, which stands above this folder). */
const P2SH_AND_WITNESS = (1 << 0) | (1 << 11);

/** The network on which people trade. Values: Bitcoin Core 31, kernel/chainparams.cpp. */
export const MAIN: ChainParams = {
  name: "main",
  folder: "",
  isPublic: true,
  magic: fromHex("f9beb4d9"),
  port: 8333,
  rpcPort: 8332,
  genesis: satoshiGenesis(1_231_006_505, 0x1d00_ffff, 2_083_236_893),
  work: {
    limit: 0x00000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffffn,
    targetSpacing: 10 * 60,
    targetTimespan: 14 * 24 * 60 * 60,
    allowMinDifficultyBlocks: false,
    noRetargeting: false,
    enforceBip94: false,
  },
  money: {
    initialSubsidy: (50 * SATS_PER_COIN) as Sats,
    subsidyHalvingInterval: 210_000,
    coinbaseMaturity: 100,
  },
  deployments: {
    bip34Height: 227_931,
    bip34Hash: hashLiteral<BlockHash>("000000000000024b89b42a942fe0d9fea3bb44ab7bd1b19115dd6a759c0808b8"),
    bip65Height: 388_381,
    bip66Height: 363_725,
    csvHeight: 419_328,
    segwitHeight: 481_824,
    taprootHeight: 709_632,
    scriptFlagExceptions: new Map([
      // Spends a pay-to-script-hash output without satisfying its script.
      ["00000000000002dc756eebf4f49723ed8d30cc28a5f108eb94b1ba88ac4f9c22", 0],
      // Spends a taproot output without a signature, before taproot was in force.
      ["0000000000000000000f14c35b2d841e986ab5441de8c585d5ffe55ea1e395ad", P2SH_AND_WITNESS],
    ]),
    versionBits: { window: 2016, threshold: 1815, warningHeight: 711_648, testDummy: undefined },
    signetChallenge: undefined,
  },
  addresses: { publicKeyHash: 0, scriptHash: 5, secretKey: 128, bech32: "bc" },
  minimumChainWork: 0x0000000000000000000000000000000000000001128750f82f4c366153a3a030n,
  headersSync: { commitmentPeriod: 641, redownloadBuffer: 15218 },
  // Height 938,343.
  assumeValid: hashLiteral<BlockHash>("00000000000000000000ccebd6d74d9194d8dcdc1d177c478e094bfad51ba5ac"),
  assumeUtxo: MAIN_ASSUME_UTXO,
  transactionCount: { time: 1_772_055_173, count: 1_315_805_869, perSecond: 5.40111006496122 },
  assumedBlockBytes: 856 * GIB,
  assumedCoinBytes: 14 * GIB,
  dnsSeeds: [
    "dnsseed.bluematt.me.",
    "seed.bitcoin.jonasschnelli.ch.",
    "seed.btc.petertodd.net.",
    "seed.bitcoin.sprovoost.nl.",
    "dnsseed.emzy.de.",
    "seed.bitcoin.wiz.biz.",
    "seed.mainnet.achownodes.xyz.",
  ],
  fixedSeeds: [],
  packedSeeds: MAIN_SEEDS,
  pruneAfterHeight: 100_000,
  acceptsNonstandard: false,
};
