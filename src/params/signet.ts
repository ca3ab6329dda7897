import { type Bytes, fromHex } from "../base/bytes.ts";
import { ByteWriter, countSize } from "../codec/byte_writer.ts";
import { hash256 } from "../crypto/crypto.ts";
import { type Sats, SATS_PER_COIN } from "../primitives/amount.ts";
import { type BlockHash, hashLiteral } from "../primitives/hash.ts";
import { SIGNET_ASSUME_UTXO } from "./assume_utxo.ts";
import { type ChainParams, GIB } from "./chain_params.ts";
import { satoshiGenesis } from "./genesis.ts";
import { SIGNET_SEEDS } from "./seeds_signet.ts";

/** One signature of two known keys: who may make blocks on the public signet. */
const PUBLIC_CHALLENGE = fromHex(
  "512103ad5e0edad18cb1f0fc0d28a3d4f1f3e445640337489abb10404f2d1e086be430" +
  "210359ef5021964fe22d6f8e05b2463c9540ce96883fe3b278760f048f5189f2e6c452ae",
);

/**
 * The public test network whose blocks are signed (BIP325). Values: Bitcoin Core 31,
 * kernel/chainparams.cpp.
 */
export const SIGNET: ChainParams = {
  name: "signet",
  folder: "signet",
  isPublic: true,
  magic: signetMagic(PUBLIC_CHALLENGE),
  port: 38333,
  rpcPort: 38332,
  genesis: satoshiGenesis(1_598_918_400, 0x1e03_77ae, 52_613_770),
  work: {
    limit: 0x00000377ae000000000000000000000000000000000000000000000000000000n,
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
    bip34Height: 1,
    bip34Hash: undefined,
    bip65Height: 1,
    bip66Height: 1,
    csvHeight: 1,
    segwitHeight: 1,
    taprootHeight: 0,
    scriptFlagExceptions: new Map(),
    versionBits: { window: 2016, threshold: 1815, testDummy: undefined },
    signetChallenge: PUBLIC_CHALLENGE,
  },
  addresses: { publicKeyHash: 111, scriptHash: 196, secretKey: 239, bech32: "tb" },
  minimumChainWork: 0x00000000000000000000000000000000000000000000000000000b463ea0a4b8n,
  headersSync: { commitmentPeriod: 620, redownloadBuffer: 15724 },
  // Height 293,175.
  assumeValid: hashLiteral<BlockHash>("00000008414aab61092ef93f1aacc54cf9e9f16af29ddad493b908a01ff5c329"),
  assumeUtxo: SIGNET_ASSUME_UTXO,
  transactionCount: { time: 1_772_055_248, count: 28_676_833, perSecond: 0.06736623436338929 },
  assumedBlockBytes: 24 * GIB,
  assumedCoinBytes: 4 * GIB,
  dnsSeeds: ["seed.signet.bitcoin.sprovoost.nl.", "seed.signet.achownodes.xyz."],
  fixedSeeds: [],
  packedSeeds: SIGNET_SEEDS,
  pruneAfterHeight: 1000,
  acceptsNonstandard: false,
};

/** A signet of your own, signed by whom `challenge` names (Bitcoin Core's `-signetchallenge`). */
export function signetWith(challenge: Bytes, dnsSeeds: readonly string[] = []): ChainParams {
  return {
    ...SIGNET,
    isPublic: false,
    magic: signetMagic(challenge),
    deployments: { ...SIGNET.deployments, signetChallenge: challenge },
    minimumChainWork: 0n,
    assumeValid: undefined,
    assumeUtxo: [],
    transactionCount: undefined,
    assumedBlockBytes: 0,
    assumedCoinBytes: 0,
    dnsSeeds,
    fixedSeeds: [],
    packedSeeds: "",
  };
}

/** BIP325: the first four bytes of the double SHA-256 of the challenge with its length before it. */
function signetMagic(challenge: Bytes): Bytes {
  const writer = new ByteWriter(countSize(challenge.length) + challenge.length);
  return hash256(writer.varBytes(challenge).finish()).slice(0, 4);
}
