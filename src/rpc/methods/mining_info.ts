/** How hard blocks are to find, and how fast they are found. @module */
import { toHex } from "../../base/bytes.ts";
import type { ChainState } from "../../chain/chain_state.ts";
import { requiredBits, retargetInterval } from "../../consensus/next_work.ts";
import { coins } from "../json.ts";
import { blockAt, tipHeight } from "../lookup.ts";
import { type Method, result } from "../method.ts";
import { optional } from "../parameter.ts";
import { bitsText, difficulty, targetText } from "../render/block_json.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { amount, hex, list, number, object, optional as maybe, text } from "../shape.ts";
import { warnings } from "../warnings.ts";

/** Blocks that the rate is measured over. */
const RATE_BLOCKS = 120;

const getmininginfo: Method = {
  name: "getmininginfo",
  category: "mining",
  about: "Returns what a miner may want to know of the chain.",
  parameters: [],
  results: result(object({
    blocks: number("Height of the tip"),
    currentblockweight: maybe(number("Weight of the block last made here, with what is kept free")),
    currentblocktx: maybe(number("Its transactions, without the coinbase")),
    bits: hex("The tip's target in compact form"),
    difficulty: number("How hard that target is"),
    target: hex("The tip's target"),
    networkhashps: number("Hashes a second that all miners make, by the last 120 blocks"),
    pooledtx: number("Transactions in the mempool"),
    blockmintxfee: amount("Coins per 1,000 virtual bytes below which space is left empty"),
    chain: text("The network"),
    next: object({
      height: number("Its height"),
      bits: hex("Its target in compact form"),
      difficulty: number("How hard that is"),
      target: hex("Its target"),
    }, "The block after the tip"),
    signet_challenge: maybe(hex("The script that signs blocks")),
    warnings: list(text("A warning"), "What its operator should know"),
  })),
  run({ host: { core } }) {
    const { chain, maker, mempool, clock } = core;
    const { headers, params, tip } = chain;
    const bits = headers.bits(tip);
    const previous = headers.context(tip);
    const time = Math.max(previous.medianTimePast + 1, clock.unixTime());
    const nextBits = requiredBits(previous, time, params);
    const challenge = params.deployments.signetChallenge;
    return {
      blocks: tipHeight(chain),
      ...(maker.last === undefined ? {} : {
        currentblockweight: maker.last.weight, currentblocktx: maker.last.transactions,
      }),
      bits: bitsText(bits),
      difficulty: difficulty(bits),
      target: targetText(bits),
      networkhashps: hashRate(chain, RATE_BLOCKS, tipHeight(chain)),
      pooledtx: mempool.size,
      blockmintxfee: coins(core.options.blockLimits.minFeeRate),
      chain: params.name,
      next: {
        height: tipHeight(chain) + 1,
        bits: bitsText(nextBits),
        difficulty: difficulty(nextBits),
        target: targetText(nextBits),
      },
      ...(challenge === undefined ? {} : { signet_challenge: toHex(challenge) }),
      warnings: warnings(core),
    };
  },
};

const getnetworkhashps: Method = {
  name: "getnetworkhashps",
  category: "mining",
  about: "Returns how many hashes a second all miners together make, as the time that blocks took tells.",
  parameters: [
    optional("nblocks", "number", "Blocks to measure over; -1 for those since the target last changed",
      { fallback: RATE_BLOCKS }),
    optional("height", "number", "The height at which to measure; -1 for the tip", { fallback: -1 }),
  ],
  results: result(number("Hashes a second")),
  examples: [""],
  run({ host, args }) {
    const { chain } = host.core;
    const count = args.integer("nblocks");
    const height = args.integer("height");
    if (count < -1 || count === 0) {
      throw new RpcError(RPC_CODE.invalidParameter, "Invalid nblocks. Must be a positive number or -1.");
    }
    if (height < -1 || height > tipHeight(chain)) {
      throw new RpcError(RPC_CODE.invalidParameter, "Block does not exist at specified height");
    }
    return hashRate(chain, count, height < 0 ? tipHeight(chain) : height);
  },
};

/** Hashes a second in the `count` blocks up to `height`; -1 for those since the target last changed. */
function hashRate(chain: ChainState, count: number, height: number): number {
  const { headers, params } = chain;
  const sinceChange = (height % retargetInterval(params.work)) + 1;
  const first = height - Math.min(count < 0 ? sinceChange : count, height);
  let earliest = Number.POSITIVE_INFINITY;
  let latest = 0;
  for (let at = first; at <= height; at++) {
    const time = headers.time(blockAt(chain, at));
    earliest = Math.min(earliest, time);
    latest = Math.max(latest, time);
  }
  if (latest <= earliest) return 0;
  const work = headers.chainWork(blockAt(chain, height)) - headers.chainWork(blockAt(chain, first));
  return Number(work) / (latest - earliest);
}

export const miningInfoMethods: readonly Method[] = [getmininginfo, getnetworkhashps];
