/** What an operator decides about chains and old blocks, against what the node would do. @module */
import type { ChainState } from "../../chain/chain_state.ts";
import type { Command } from "../../node/command.ts";
import type { BlockHash } from "../../primitives/hash.ts";
import { runCommand } from "../command_fault.ts";
import { blockAt, tipHeight } from "../lookup.ts";
import { type Method, result } from "../method.ts";
import { required } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { nothing, number } from "../shape.ts";

type ControlType = Extract<Command["type"], "invalidate-block" | "reconsider-block" | "precious-block">;

function control(name: string, type: ControlType, about: string): Method {
  return {
    name,
    category: type === "precious-block" ? "blockchain" : "hidden",
    about,
    parameters: [required("blockhash", "hex", "The block's hash")],
    results: result(nothing),
    async run({ host, args }) {
      await runCommand(host, { type, hash: args.hash("blockhash") as BlockHash }, "done");
      return null;
    },
  };
}

const preciousblock = control("preciousblock", "precious-block",
  "Takes a block for the first one seen among those with as much work.\n\n" +
    "A later call can override an earlier one. None survives a restart.");

const invalidateblock = control("invalidateblock", "invalidate-block",
  "Takes a block for invalid, as if it broke a rule, and leaves the chains that it is on.");

const reconsiderblock = control("reconsiderblock", "reconsider-block",
  "Forgets that a block, those before it and those on top of it were found invalid, and tries them " +
    "again.\n\n" +
    "This undoes invalidateblock.");

/** Higher ones are times, in Unix seconds. */
const PRUNE_HEIGHT_MAX = 1_000_000_000;
/** Times of blocks may be off by so many seconds (Bitcoin Core's TIMESTAMP_WINDOW). */
const TIMESTAMP_WINDOW = 2 * 60 * 60;

const pruneblockchain: Method = {
  name: "pruneblockchain",
  category: "blockchain",
  about: "Removes the blocks up to a height or a time, as far as whole files hold no others, but never one " +
    "of the last 288.\n\nThe node must have been started with -prune.",
  parameters: [
    required("height", "number",
      "The height, or a time in Unix seconds: then blocks go that are two hours older"),
  ],
  results: result(number("Height of the last block that is gone; -1 when none is")),
  examples: ["1000"],
  async run({ host, args }) {
    const { chain, options } = host.core;
    if (options.pruneTarget === undefined) {
      throw new RpcError(RPC_CODE.misc, "Cannot prune blocks because node is not in prune mode.");
    }
    const wanted = args.integer("height");
    if (wanted < 0) throw new RpcError(RPC_CODE.invalidParameter, "Negative block height.");
    const height = wanted > PRUNE_HEIGHT_MAX ? heightAt(chain, wanted - TIMESTAMP_WINDOW) : wanted;
    if (tipHeight(chain) < options.params.pruneAfterHeight) {
      throw new RpcError(RPC_CODE.misc, "Blockchain is too short for pruning.");
    }
    if (height > tipHeight(chain)) {
      throw new RpcError(RPC_CODE.invalidParameter,
        "Blockchain is shorter than the attempted prune height.");
    }
    return (await runCommand(host, { type: "prune", height }, "count")).count - 1;
  },
};

/** Height of the first block of the active chain that is this late, or has one before it that is. */
function heightAt(chain: ChainState, time: number): number {
  for (let height = 0; height <= tipHeight(chain); height++) {
    if (chain.headers.time(blockAt(chain, height)) >= time) return height;
  }
  throw new RpcError(RPC_CODE.invalidParameter,
    "Could not find block with at least the specified timestamp.");
}

export const chainControlMethods: readonly Method[] =
  [preciousblock, invalidateblock, reconsiderblock, pruneblockchain];
