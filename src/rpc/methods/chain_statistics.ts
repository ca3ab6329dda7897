/** Figures about blocks, and about the chain over time. @module */
import type { BlockId } from "../../chain/header_index.ts";
import { blockNamed } from "../block_named.ts";
import { runCommand } from "../command_fault.ts";
import { blockAt, findBlock, hashText, readBlock } from "../lookup.ts";
import { type Call, type Method, result } from "../method.ts";
import { readText } from "../object_fields.ts";
import { optional, required } from "../parameter.ts";
import { blockStats, blockStatsShape } from "../render/block_stats.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { boolean, hex, number, object, optional as maybe, time } from "../shape.ts";
import { spentCoins } from "../spent_coins.ts";

/** Seconds of the window when none is asked for. */
const MONTH = 30 * 24 * 60 * 60;

const getchaintxstats: Method = {
  name: "getchaintxstats",
  category: "blockchain",
  about: "Returns how many transactions the chain has, and how fast they came in a window of blocks.",
  parameters: [
    optional("nblocks", "number", "Blocks in the window", { fallbackHint: "one month" }),
    optional("blockhash", "hex", "The window's last block", { fallbackHint: "chain tip" }),
  ],
  results: result(object({
    time: time("Time of the window's last block, in Unix seconds"),
    txcount: maybe(number("Transactions of the chain up to that")),
    window_final_block_hash: hex("Its hash"),
    window_final_block_height: number("Its height"),
    window_block_count: number("Blocks in the window"),
    window_interval: maybe(number("Seconds that they took, by median time past")),
    window_tx_count: maybe(number("Transactions in the window")),
    txrate: maybe(number("Transactions a second")),
  })),
  examples: ["", "2016"],
  run(call) {
    const { chain } = call.host.core;
    const { headers } = chain;
    const last = windowEnd(call);
    const height = headers.height(last);
    const count = windowLength(call, height);
    const first = blockAt(chain, height - count);
    const interval = headers.medianTimePast(last) - headers.medianTimePast(first);
    const total = headers.blocks.chainTransactionCount(last);
    const before = headers.blocks.chainTransactionCount(first);
    // Below a snapshot of coins there are blocks that have not come yet.
    const transactions = count === 0 || total === 0 || before === 0 ? undefined : total - before;
    return {
      time: headers.time(last),
      ...(total === 0 ? {} : { txcount: total }),
      window_final_block_hash: hashText(chain, last),
      window_final_block_height: height,
      window_block_count: count,
      ...(count === 0 ? {} : { window_interval: interval }),
      ...(transactions === undefined ? {} : { window_tx_count: transactions }),
      ...(transactions === undefined || interval <= 0 ? {} : { txrate: transactions / interval }),
    };
  },
};

function windowEnd({ host, args }: Call): BlockId {
  const { chain } = host.core;
  if (!args.has("blockhash")) return chain.tip;
  const id = findBlock(chain, args.hash("blockhash"));
  if (chain.isActive(id)) return id;
  throw new RpcError(RPC_CODE.invalidParameter, "Block is not in main chain");
}

function windowLength({ host, args }: Call, height: number): number {
  const { targetSpacing } = host.core.options.params.work;
  if (!args.has("nblocks")) return Math.max(0, Math.min(Math.floor(MONTH / targetSpacing), height - 1));
  const count = args.integer("nblocks");
  if (count >= 0 && (count === 0 || count < height)) return count;
  throw new RpcError(RPC_CODE.invalidParameter,
    "Invalid block count: should be between 0 and the block's height - 1");
}

const getblockstats: Method = {
  name: "getblockstats",
  category: "blockchain",
  about: "Returns figures about a block. Amounts are in satoshi. Blocks that are pruned have none.",
  parameters: [
    required("hash_or_height", "number", "The block's hash or height", { anyType: true }),
    optional("stats", "array", "Which figures", {
      brief: "stats",
      fallbackHint: "all values",
      inner: [optional("height", "string", "The name of one")],
    }),
  ],
  results: result(blockStatsShape),
  examples: [`1000 '["minfeerate","avgfeerate"]'`],
  run(call) {
    const { host, args } = call;
    const { chain } = host.core;
    const id = blockNamed(chain, args.raw("hash_or_height"));
    const wanted = args.has("stats") ? args.array("stats").map(readText) : [];
    const block = readBlock(call, id);
    const spent = chain.headers.height(id) === 0 ? [] : spentCoins(chain, id, block);
    if (spent === undefined) throw new RpcError(RPC_CODE.misc, "Can't read undo data from disk");
    const all = blockStats(chain, id, block, spent);
    return wanted.length === 0 ? all : pick(all, wanted);
  },
};

function pick(all: Readonly<Record<string, unknown>>, wanted: readonly string[]): object {
  return Object.fromEntries([...new Set(wanted)].sort().map((name) => {
    if (Object.hasOwn(all, name)) return [name, all[name]];
    throw new RpcError(RPC_CODE.invalidParameter, `Invalid selected statistic '${name}'`);
  }));
}

/** Bitcoin Core's DEFAULT_CHECKLEVEL and DEFAULT_CHECKBLOCKS. */
const CHECK_LEVEL = 3;
const CHECK_BLOCKS = 6;

const verifychain: Method = {
  name: "verifychain",
  category: "blockchain",
  about: "Checks again what is on disk, from the tip back. While it runs, everything else goes on.",
  parameters: [
    optional("checklevel", "number", "How much is checked:\n" +
      "0: that the blocks can be read\n1: each block by itself\n2: what undoes them\n" +
      "3: the coins, by taking the blocks back in memory\n" +
      "4: the blocks on the coins that are left, scripts included",
        { fallbackHint: `${CHECK_LEVEL}, range=0-4` }),
    optional("nblocks", "number", "How many blocks", { fallbackHint: `${CHECK_BLOCKS}, 0=all` }),
  ],
  results: result(boolean("Whether all is well; the log says what is not")),
  async run({ host, args }) {
    const level = args.has("checklevel") ? args.integer("checklevel") : CHECK_LEVEL;
    const depth = args.has("nblocks") ? args.integer("nblocks") : CHECK_BLOCKS;
    const { isGood } = await runCommand(host, { type: "check-chain", level, depth }, "chain-check");
    return isGood;
  },
};

export const chainStatisticsMethods: readonly Method[] = [getchaintxstats, getblockstats, verifychain];
