/** The unspent outputs. @module */
import type { Coin } from "../../primitives/coin.ts";
import type { Txid } from "../../primitives/hash.ts";
import type { OutPoint } from "../../primitives/transaction.ts";
import { coins } from "../json.ts";
import { hashText, tipHeight } from "../lookup.ts";
import type { Call, Method } from "../method.ts";
import { optional, required } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { scriptJson, scriptShape } from "../render/script_json.ts";
import { amount, boolean, hex, nothing, number, object } from "../shape.ts";

const gettxout: Method = {
  name: "gettxout",
  category: "blockchain",
  about: "Returns an output that is not spent; null for any other.",
  parameters: [
    required("txid", "hex", "The transaction's id"),
    required("n", "number", "Which of its outputs"),
    optional("include_mempool", "boolean",
      "Whether the mempool counts: an output that one of its transactions spends is then not found",
      { fallback: true }),
  ],
  results: [
    { when: "if it is not found", shape: nothing },
    {
      when: "otherwise",
      shape: object({
        bestblock: hex("The tip's hash"),
        confirmations: number("Blocks from the one it is in to the tip, both counted"),
        value: amount("Its value in coins"),
        scriptPubKey: scriptShape,
        coinbase: boolean("Whether a coinbase made it"),
      }),
    },
  ],
  run(call) {
    const { args, host } = call;
    const { chain, options } = host.core;
    const outPoint = { txid: args.hash("txid") as Txid, index: outputIndex(call) };
    const found = args.boolean("include_mempool") ? findOutput(call, outPoint) : confirmed(call, outPoint);
    if (found === undefined) return null;
    return {
      bestblock: hashText(chain, chain.tip),
      confirmations: found.height < 0 ? 0 : tipHeight(chain) - found.height + 1,
      value: coins(found.value),
      scriptPubKey: scriptJson(found.script, options.params.addresses),
      coinbase: found.isCoinbase,
    };
  },
};

/** 32 bits without sign. */
function outputIndex({ args }: Call): number {
  const index = args.integer64("n", 32n);
  if (index < 0n) throw new RpcError(RPC_CODE.misc, "JSON integer out of range");
  return Number(index);
}

/** Height of a coin that is in the mempool only. */
const UNCONFIRMED = -1;

function findOutput(call: Call, outPoint: OutPoint): Coin | undefined {
  const { mempool } = call.host.core;
  if (mempool.spender(outPoint) !== undefined) return undefined;
  const output = mempool.get(outPoint.txid)?.transaction.outputs[outPoint.index];
  if (output === undefined) return confirmed(call, outPoint);
  return { ...output, height: UNCONFIRMED, isCoinbase: false };
}

function confirmed({ host }: Call, outPoint: OutPoint): Coin | undefined {
  return host.core.chain.coin(outPoint);
}

export const coinMethods: readonly Method[] = [gettxout];
