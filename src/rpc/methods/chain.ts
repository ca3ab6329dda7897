/** The chain as a whole. @module */
import { toHex } from "../../base/bytes.ts";
import type { ChainState } from "../../chain/chain_state.ts";
import type { BlockId } from "../../chain/header_index.ts";
import type { NodeCore } from "../../node/node_core.ts";
import { blockAt, hashText, tipHeight } from "../lookup.ts";
import { type Method, result } from "../method.ts";
import { required } from "../parameter.ts";
import { bitsText, chainWorkText, difficulty, targetText } from "../render/block_json.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import type { ChainInfoJson, ChainTipJson } from "../schema.ts";
import { boolean, hex, list, number, object, optional, text, time } from "../shape.ts";
import { warnings } from "../warnings.ts";

const getblockchaininfo: Method = {
  name: "getblockchaininfo",
  category: "blockchain",
  about: "Returns the state of the chain: how far it is known, checked and kept.",
  parameters: [],
  results: result(object({
    chain: text("The network: main, testnet4, signet, regtest, or the name of your own"),
    blocks: number("Height of the tip: the last block that has been checked whole"),
    headers: number("Height of the best header known"),
    bestblockhash: hex("The tip's hash"),
    bits: hex("The tip's target in compact form"),
    target: hex("The tip's target"),
    difficulty: number("How hard that target is"),
    time: time("The tip's time, in Unix seconds"),
    mediantime: time("The median of its time and those of the ten blocks before it"),
    verificationprogress: number(
      "Estimated share of the chain that has been checked, 0 to 1; exactly 1 when nothing is missing"),
    initialblockdownload: boolean("Whether the node is still catching up"),
    chainwork: hex("Hashes expected to make the chain"),
    size_on_disk: number("Bytes of block and undo files"),
    pruned: boolean("Whether old blocks are removed"),
    pruneheight: optional(number("Height of the first block that is still here")),
    automatic_pruning: optional(boolean("Whether they are removed without being asked to")),
    prune_target_size: optional(number("Bytes of files to keep to")),
    backgroundvalidation: optional(object({
      snapshotheight: number("Height of the block that the snapshot is of"),
      blocks: number("Height of the last block that has been checked"),
      bestblockhash: hex("Its hash"),
      mediantime: time("The median of its time and those of the ten blocks before it"),
      chainwork: hex("Hashes expected to make the chain up to it"),
      verificationprogress: number(
        "Share of the transactions up to the snapshot that have been checked, 0 to 1"),
    }, "What is checked in the background, below a snapshot")),
    signet_challenge: optional(hex("The script that signs blocks")),
    warnings: list(text("A warning"), "What its operator should know"),
  })),
  run({ host: { core } }): ChainInfoJson {
    const { chain } = core;
    const { headers, tip } = chain;
    const { bits, time } = headers.header(tip);
    const challenge = chain.params.deployments.signetChallenge;
    return {
      chain: chain.params.name,
      blocks: tipHeight(chain),
      headers: headers.height(chain.bestHeader),
      bestblockhash: hashText(chain, tip),
      bits: bitsText(bits),
      target: targetText(bits),
      difficulty: difficulty(bits),
      time,
      mediantime: headers.medianTimePast(tip),
      verificationprogress: chain.verificationProgress,
      initialblockdownload: chain.isInitialBlockDownload,
      chainwork: chainWorkText(chain, tip),
      size_on_disk: chain.sizeOnDisk,
      ...pruning(core),
      ...backgroundValidation(chain),
      ...(challenge === undefined ? {} : { signet_challenge: toHex(challenge) }),
      warnings: warnings(core),
    };
  },
};

/** While the blocks below a snapshot are checked. */
function backgroundValidation(chain: ChainState): Pick<ChainInfoJson, "backgroundvalidation"> {
  const { headers, historicalRange: range, validatedChain: { tip } } = chain;
  if (range === undefined) return {};
  const transactions = (id: BlockId): number => headers.blocks.chainTransactionCount(id);
  return {
    backgroundvalidation: {
      snapshotheight: headers.height(range.to),
      blocks: headers.height(tip),
      bestblockhash: hashText(chain, tip),
      mediantime: headers.medianTimePast(tip),
      chainwork: chainWorkText(chain, tip),
      verificationprogress: Math.min(1, transactions(tip) / transactions(range.to)),
    },
  };
}

function pruning({ chain, options }: NodeCore): Pick<ChainInfoJson,
  "pruned" | "pruneheight" | "automatic_pruning" | "prune_target_size"> {
  const { pruneTarget } = options;
  if (pruneTarget === undefined) return { pruned: false };
  const kept = { pruned: true, pruneheight: chain.prunedBelow, automatic_pruning: pruneTarget > 0 };
  return pruneTarget > 0 ? { ...kept, prune_target_size: pruneTarget } : kept;
}

const getblockcount: Method = {
  name: "getblockcount",
  category: "blockchain",
  about: "Returns the height of the tip: the number of blocks on the active chain after the genesis block.",
  parameters: [],
  results: result(number("The height")),
  run: ({ host }) => tipHeight(host.core.chain),
};

const getbestblockhash: Method = {
  name: "getbestblockhash",
  category: "blockchain",
  about: "Returns the hash of the tip.",
  parameters: [],
  results: result(hex("The hash")),
  run: ({ host }) => hashText(host.core.chain, host.core.chain.tip),
};

const getblockhash: Method = {
  name: "getblockhash",
  category: "blockchain",
  about: "Returns the hash of the block of the active chain at a height.",
  parameters: [required("height", "number", "The height")],
  results: result(hex("The hash")),
  examples: ["1000", "height=1000"],
  run({ host, args }) {
    const { chain } = host.core;
    const height = args.integer("height");
    if (height < 0 || height > tipHeight(chain)) {
      throw new RpcError(RPC_CODE.invalidParameter, "Block height out of range");
    }
    return hashText(chain, blockAt(chain, height));
  },
};

const getdifficulty: Method = {
  name: "getdifficulty",
  category: "blockchain",
  about: "Returns how many times harder the tip's target is than the easiest one of the main network.",
  parameters: [],
  results: result(number("The difficulty")),
  run: ({ host }) => difficulty(host.core.chain.headers.bits(host.core.chain.tip)),
};

const getchaintips: Method = {
  name: "getchaintips",
  category: "blockchain",
  about: "Returns the ends of all branches that are known, the active chain's among them.",
  parameters: [],
  results: result(list(object({
    height: number("Its height"),
    hash: hex("Its hash"),
    branchlen: number("Blocks from the active chain to it; 0 for the tip"),
    status: text(
      "active: the tip of the active chain\n" +
      "valid-fork: checked whole, and not the active chain\n" +
      "valid-headers: all blocks are here, but were never checked whole\n" +
      "headers-only: some of its blocks are not here\n" +
      "invalid: a block of it broke a rule",
    ),
  }))),
  run: ({ host }): readonly ChainTipJson[] =>
    host.core.chain.tips().map((tip) => tipJson(host.core.chain, tip)),
};

function tipJson(
  chain: ChainState, { id, branchLength, status }: ReturnType<ChainState["tips"]>[number],
): ChainTipJson {
  return { height: chain.headers.height(id), hash: hashText(chain, id), branchlen: branchLength, status };
}

export const chainMethods: readonly Method[] = [
  getblockchaininfo, getblockcount, getbestblockhash, getblockhash, getdifficulty, getchaintips,
];
