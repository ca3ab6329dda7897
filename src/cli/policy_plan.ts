/** What is relayed, and what goes into blocks of ours, from settings. @module */
import { BLOCK_WEIGHT_MAX } from "../consensus/limits.ts";
import { CLUSTER_COUNT_LIMIT, DEFAULT_RELAY_POLICY, type RelayPolicy } from "../mempool/relay_policy.ts";
import { type BlockLimits, DEFAULT_BLOCK_LIMITS } from "../mining/select_transactions.ts";
import type { NodeOptions } from "../node/node_options.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { Sats } from "../primitives/amount.ts";
import { UsageError } from "./core_flags.ts";
import { readCoins, readInteger } from "./read_setting.ts";
import type { Settings } from "./settings.ts";

const MIN_RELAY_FEE_RATE = 100 as Sats;
const HOUR_SECONDS = 60 * 60;
/** Bitcoin Core's MINIMUM_BLOCK_RESERVED_WEIGHT: header, counts and a coinbase of the usual form. */
const RESERVED_WEIGHT_MIN = 2_000;

type PolicyOptions =
  Pick<NodeOptions, "relayPolicy" | "minRelayFeeRate" | "acceptNonstandard" | "blockLimits">;

/** @throws {UsageError} */
export function planPolicy(settings: Settings, params: ChainParams): PolicyOptions {
  const relayPolicy = readRelayPolicy(settings);
  return {
    relayPolicy,
    minRelayFeeRate: readMinRelayFeeRate(settings, relayPolicy),
    acceptNonstandard: readAcceptNonstandard(settings, params),
    blockLimits: readBlockLimits(settings, params),
  };
}

function readRelayPolicy(settings: Settings): RelayPolicy {
  const usual = DEFAULT_RELAY_POLICY;
  const clusterCountMax = readInteger(settings, "limitclustercount", usual.clusterCountMax);
  if (clusterCountMax > CLUSTER_COUNT_LIMIT) {
    throw new UsageError(`limitclustercount must be less than or equal to ${CLUSTER_COUNT_LIMIT}`);
  }
  const carriesData = settings.flag("datacarrier", true);
  return {
    permitBareMultisig: settings.flag("permitbaremultisig", usual.permitBareMultisig),
    dataCarrierBytesMax: carriesData ? readInteger(settings, "datacarriersize",
      usual.dataCarrierBytesMax) : 0,
    dustFeeRate: readCoins(settings, "dustrelayfee", usual.dustFeeRate as Sats),
    vbytesPerSigop: readInteger(settings, "bytespersigop", usual.vbytesPerSigop),
    incrementalFeeRate: readCoins(settings, "incrementalrelayfee", usual.incrementalFeeRate as Sats),
    clusterCountMax,
    clusterVsizeMax: readInteger(settings, "limitclustersize", usual.clusterVsizeMax / 1_000) * 1_000,
    expirySeconds: readInteger(settings, "mempoolexpiry", usual.expirySeconds / HOUR_SECONDS) * HOUR_SECONDS,
  };
}

/** What every transaction must pay; `-incrementalrelayfee` alone raises it along. */
function readMinRelayFeeRate(settings: Settings, { incrementalFeeRate }: RelayPolicy): Sats {
  return readCoins(settings, "minrelaytxfee", Math.max(MIN_RELAY_FEE_RATE, incrementalFeeRate) as Sats);
}

function readAcceptNonstandard(settings: Settings, params: ChainParams): boolean {
  const accepts = settings.flag("acceptnonstdtxn", params.acceptsNonstandard);
  if (accepts && params.name === "main") {
    throw new UsageError("acceptnonstdtxn is not currently supported for main chain");
  }
  return accepts;
}

/** In Bitcoin Core's words (node/mining_args.cpp). */
function readBlockLimits(settings: Settings, params: ChainParams): BlockLimits {
  const usual = DEFAULT_BLOCK_LIMITS;
  const reservedWeight = readInteger(settings, "blockreservedweight", usual.reservedWeight);
  const weightMax = readInteger(settings, "blockmaxweight", usual.weightMax);
  const reserved = `-blockreservedweight (${reservedWeight})`;
  if (reservedWeight < RESERVED_WEIGHT_MIN) {
    throw new UsageError(`${reserved} is lower than minimum safety value of (${RESERVED_WEIGHT_MIN})`);
  }
  requireBlockWeight(reserved, reservedWeight);
  requireBlockWeight(`-blockmaxweight (${weightMax})`, weightMax);
  if (reservedWeight > weightMax) {
    throw new UsageError(`${reserved} exceeds -blockmaxweight (${weightMax})`);
  }
  const minFeeRate = readCoins(settings, "blockmintxfee", usual.minFeeRate as Sats);
  return { weightMax, reservedWeight, minFeeRate, version: readBlockVersion(settings, params) };
}

function requireBlockWeight(name: string, weight: number): void {
  if (weight <= BLOCK_WEIGHT_MAX) return;
  throw new UsageError(`${name} exceeds consensus maximum block weight (${BLOCK_WEIGHT_MAX})`);
}

/** Only where blocks are made on demand: elsewhere it has no say, as in Bitcoin Core. */
function readBlockVersion(settings: Settings, { work }: ChainParams): number | undefined {
  if (!work.noRetargeting || !settings.isSet("blockversion")) return undefined;
  return readInteger(settings, "blockversion", 0) | 0;
}
