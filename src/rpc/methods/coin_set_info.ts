/** Sums and hashes over all unspent outputs. @module */
import { reversed, toHex } from "../../base/bytes.ts";
import type { BlockId } from "../../chain/header_index.ts";
import type { CoinStatisticsIndex } from "../../chain/indexes/coin_statistics_index.ts";
import {
  type CoinTotals, type CoinTotalsEntry, NO_COINS, totalUnspendable,
} from "../../chain/indexes/coin_totals.ts";
import { displayHash } from "../../primitives/hash.ts";
import { blockNamed } from "../block_named.ts";
import { type CoinsHashType, coinStatistics } from "../coin_statistics.ts";
import { isIndexCurrent } from "../indexes.ts";
import { coins } from "../json.ts";
import { hashText } from "../lookup.ts";
import { type Call, type Method, result } from "../method.ts";
import { optional } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { amount, hex, number, object, optional as maybe } from "../shape.ts";
import { heightOf, openSnapshot, shuttingDown, stopFlag } from "../snapshot.ts";

const HASH_TYPES: readonly CoinsHashType[] = ["hash_serialized_3", "muhash", "none"];

const gettxoutsetinfo: Method = {
  name: "gettxoutsetinfo",
  category: "blockchain",
  about: "Returns sums over all unspent outputs. Without -coinstatsindex they are all gone through, which\n" +
    "may take a while, and only those as of the tip are known.",
  parameters: [
    optional("hash_type", "string",
      `Which hash over all of them to compute: ${HASH_TYPES.join(", ")}`, { fallback: "hash_serialized_3" }),
    optional("hash_or_height", "number", "The block as of which: needs -coinstatsindex",
      { anyType: true, fallbackHint: "the current best block" }),
    optional("use_index", "boolean", "Whether to take the answer from an index, where there is one",
      { fallback: true }),
  ],
  results: result(object({
    height: number("Height of the block"),
    bestblock: hex("Its hash"),
    txouts: number("Outputs"),
    bogosize: number("A measure of their size that depends on no database"),
    hash_serialized_3: maybe(hex("The hash, for that hash_type")),
    muhash: maybe(hex("The hash, for that hash_type")),
    total_amount: amount("The sum of their values, in coins"),
    transactions: maybe(number("Transactions that have any of them (not from the index)")),
    disk_size: maybe(number("Bytes that they take in the database, about (not from the index)")),
    total_unspendable_amount: maybe(amount("Coins that nobody can ever spend (from the index)")),
    block_info: maybe(object({
      prevout_spent: amount("What the block spends"),
      coinbase: amount("What its coinbase makes"),
      new_outputs_ex_coinbase: amount("What its other transactions make"),
      unspendable: amount("Coins that nobody can spend from then on"),
      unspendables: object({
        genesis_block: amount("Of the genesis block"),
        bip30: amount("Made anew while they were unspent (BIP30)"),
        scripts: amount("With a script that fails"),
        unclaimed_rewards: amount("Left by the miner"),
      }),
    })),
  })),
  examples: ["", '"muhash"', '"none" 1000'],
  async run(call) {
    const { args, host } = call;
    const type = hashType(args.string("hash_type"));
    const { coinStatistics: index } = host.core.indexes;
    const usesIndex = args.boolean("use_index");
    const block = args.has("hash_or_height") ? blockAsked(call, type, usesIndex) : undefined;
    if (index === undefined || !usesIndex) return fromCoins(call, type);
    await requireIndexed(call, block);
    return type === "hash_serialized_3" ? fromCoins(call, type) : fromIndex(call, index, type, block);
  },
};

/** @throws {RpcError} when only the tip can be asked about, or there is no such block */
function blockAsked({ host, args }: Call, type: CoinsHashType, usesIndex: boolean): BlockId {
  const { chain, indexes } = host.core;
  if (indexes.coinStatistics === undefined) {
    throw new RpcError(RPC_CODE.invalidParameter, "Querying specific block heights requires coinstatsindex");
  }
  if (type === "hash_serialized_3") {
    throw new RpcError(RPC_CODE.invalidParameter,
      "hash_serialized_3 hash type cannot be queried for a specific block");
  }
  if (!usesIndex) {
    throw new RpcError(RPC_CODE.invalidParameter,
      "Cannot set use_index to false when querying for a specific block");
  }
  return blockNamed(chain, args.raw("hash_or_height"));
}

/** @throws {RpcError} when the index is being built, and has not come as far as the block */
async function requireIndexed({ host }: Call, block: BlockId | undefined): Promise<void> {
  if (await isIndexCurrent(host, "coinstatsindex")) return;
  const { chain, indexes } = host.core;
  const height = indexes.summaries.find(({ kind }) => kind === "coinstatsindex")?.height ?? 0;
  if (block === undefined || chain.headers.height(block) <= height) return;
  throw new RpcError(RPC_CODE.internal,
    `Unable to get data because coinstatsindex is still syncing. Current height: ${height}`);
}

async function fromCoins(call: Call, type: CoinsHashType): Promise<unknown> {
  const { host } = call;
  const snapshot = await openSnapshot(host);
  const found = await coinStatistics(snapshot, type, stopFlag(host));
  if (found === undefined) throw shuttingDown();
  return {
    height: heightOf(call, snapshot),
    bestblock: displayHash(snapshot.head),
    txouts: found.outputs,
    bogosize: found.bogoSize,
    ...(found.hash === undefined ? {} : { [type]: found.hash }),
    total_amount: coins(found.amount),
    transactions: found.transactions,
    disk_size: found.storedBytes,
  };
}

function fromIndex(
  { host }: Call, index: CoinStatisticsIndex, type: CoinsHashType, block: BlockId | undefined,
): unknown {
  const { chain } = host.core;
  const id = block ?? chain.tip;
  const found = entryOf(host, index, id);
  const previous = chain.headers.previous(id);
  const before = previous === undefined ? NO_COINS : entryOf(host, index, previous).totals;
  const { totals } = found;
  return {
    height: chain.headers.height(id),
    bestblock: hashText(chain, id),
    txouts: totals.outputs,
    bogosize: totals.bogoSize,
    ...(type === "muhash" ? { muhash: toHex(reversed(found.muhash)) } : {}),
    total_amount: coins(totals.amount),
    total_unspendable_amount: coins(totalUnspendable(totals)),
    block_info: blockInfo(totals, before),
  };
}

function entryOf({ core }: Call["host"], index: CoinStatisticsIndex, id: BlockId): CoinTotalsEntry {
  const entry = index.find(id, core.chain.headers.hash(id));
  if (entry === undefined) throw new RpcError(RPC_CODE.internal, "Unable to read UTXO set");
  return entry;
}

function blockInfo(after: CoinTotals, before: CoinTotals): object {
  return {
    prevout_spent: coins(after.prevoutsSpent - before.prevoutsSpent),
    coinbase: coins(after.coinbase - before.coinbase),
    new_outputs_ex_coinbase: coins(after.newOutputs - before.newOutputs),
    unspendable: coins(totalUnspendable(after) - totalUnspendable(before)),
    unspendables: {
      genesis_block: coins(after.unspendableGenesis - before.unspendableGenesis),
      bip30: coins(after.unspendableBip30 - before.unspendableBip30),
      scripts: coins(after.unspendableScripts - before.unspendableScripts),
      unclaimed_rewards: coins(after.unclaimedRewards - before.unclaimedRewards),
    },
  };
}

function hashType(text: string): CoinsHashType {
  const type = HASH_TYPES.find((each) => each === text);
  if (type === undefined) {
    throw new RpcError(RPC_CODE.invalidParameter, `'${text}' is not a valid hash_type`);
  }
  return type;
}

export const coinSetMethods: readonly Method[] = [gettxoutsetinfo];
