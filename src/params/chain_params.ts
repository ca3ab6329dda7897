import type { Bytes } from "../base/bytes.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Block } from "../primitives/block.ts";
import type { BlockHash } from "../primitives/hash.ts";
import type { AssumeUtxo } from "./assume_utxo.ts";

/** All that tells one network from another. One constant per network, in a file of its name. */
export interface ChainParams {
  /** `main`, `test` (testnet3), `testnet4`, `signet`, `regtest`, or the name of your own. */
  readonly name: string;
  /** Folder inside the data directory; empty for main, whose files stand in it directly. */
  readonly folder: string;
  /** Strangers' money or time may hang on it: nodes take more care here. */
  readonly isPublic: boolean;
  /** The four bytes that head each message and each block in a file. */
  readonly magic: Bytes;
  readonly port: number;
  readonly rpcPort: number;
  readonly genesis: Block;
  readonly work: WorkParams;
  readonly money: MoneyParams;
  readonly deployments: DeploymentParams;
  readonly addresses: AddressParams;
  /** The chain with less total work than this is not the one to follow. */
  readonly minimumChainWork: bigint;
  readonly headersSync: HeadersSyncParams;
  /** Scripts of its ancestors are taken as checked (Bitcoin Core's `-assumevalid`). */
  readonly assumeValid: BlockHash | undefined;
  /** Sets of coins that may be loaded from a file, lowest first (Bitcoin Core's assumeutxo). */
  readonly assumeUtxo: readonly AssumeUtxo[];
  /** How many transactions there are, for estimates; `undefined` where nobody counted. */
  readonly transactionCount: TransactionCount | undefined;
  /** Bytes that all blocks take, for a warning where there is no room for them; zero where nobody knows. */
  readonly assumedBlockBytes: number;
  /** The same of the coins. */
  readonly assumedCoinBytes: number;
  readonly dnsSeeds: readonly string[];
  /** `host:port` */
  readonly fixedSeeds: readonly string[];
  /** More of them, many (packed_seeds.ts). */
  readonly packedSeeds: string;
  /** Height below which nothing is pruned. */
  readonly pruneAfterHeight: number;
  /** Transactions that policy calls odd are relayed all the same: tests only. */
  readonly acceptsNonstandard: boolean;
}

/** How many transactions a chain had, and how fast there were more (Bitcoin Core's ChainTxData). */
export interface TransactionCount {
  /** Unix seconds of the block as of which they were counted. */
  readonly time: number;
  /** From genesis up to that block. */
  readonly count: number;
  readonly perSecond: number;
}

export const GIB = 1024 ** 3;

export interface WorkParams {
  /** The easiest target. */
  readonly limit: bigint;
  /** Seconds that a block should take. */
  readonly targetSpacing: number;
  /** Seconds between adjustments of the target. */
  readonly targetTimespan: number;
  /** A block later than twice the spacing may have the easiest target (testnets). */
  readonly allowMinDifficultyBlocks: boolean;
  readonly noRetargeting: boolean;
  /** BIP94: retarget from the period's first block, and a time-warp rule. */
  readonly enforceBip94: boolean;
}

/**
 * What is kept of a chain whose headers have not shown enough work yet: few enough bits for a long chain to
 * fit, enough of them to make a second chain that passes for the first costly. Bitcoin Core computes both for
 * the length that its chain has at each release (contrib/devtools/headerssync-params.py).
 */
export interface HeadersSyncParams {
  /** Headers for each bit that commits to them. */
  readonly commitmentPeriod: number;
  /** Headers that must follow one before it is kept. */
  readonly redownloadBuffer: number;
}

export interface MoneyParams {
  readonly initialSubsidy: Sats;
  readonly subsidyHalvingInterval: number;
  /** Blocks before a coinbase output may be spent. */
  readonly coinbaseMaturity: number;
}

/** Heights from which rules hold; those of soft forks long past are buried (BIP90). */
export interface DeploymentParams {
  readonly bip34Height: number;
  /**
   * The block at `bip34Height` of the one chain of which we know that no coinbase before it begins with
   * a later height: on top of it no two coinbases are alike (BIP30).
   */
  readonly bip34Hash: BlockHash | undefined;
  readonly bip65Height: number;
  readonly bip66Height: number;
  readonly csvHeight: number;
  readonly segwitHeight: number;
  readonly taprootHeight: number;
  /**
   * Blocks that broke a rule before it was enforced, by displayed hash: the script flags they are held to.
   */
  readonly scriptFlagExceptions: ReadonlyMap<string, number>;
  /** Version bits that miners may still signal (BIP9). */
  readonly versionBits: {
    /** Blocks a window, and how many of them must signal. */
    readonly window: number;
    readonly threshold: number;
    /** Below this height, signals were for rules that are known and buried since. @default 0 */
    readonly warningHeight?: number;
    /** `testdummy` on regtest: signalled by our own miner, in force nowhere. */
    readonly testDummy:
      | { readonly bit: number; readonly startTime: number; readonly timeout: number }
      | undefined;
  };
  /** The script that signs blocks (BIP325); only on signets. */
  readonly signetChallenge: Bytes | undefined;
}

export interface AddressParams {
  readonly publicKeyHash: number;
  readonly scriptHash: number;
  readonly secretKey: number;
  /** Human-readable part of bech32 addresses. */
  readonly bech32: string;
}
