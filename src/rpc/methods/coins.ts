/** The unspent outputs. @module */
import type { Coin } from "../../primitives/coin.ts";
import { displayHash, type Txid } from "../../primitives/hash.ts";
import type { OutPoint } from "../../primitives/transaction.ts";
import { type CoinsHashType, coinStatistics } from "../coin_statistics.ts";
import { coins } from "../json.ts";
import { hashText, tipHeight } from "../lookup.ts";
import { type Call, type Method, result } from "../method.ts";
import { optional, required } from "../parameter.ts";
import { heightOf, openSnapshot, shuttingDown, stopFlag } from "../snapshot.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { scriptJson, scriptShape } from "../render/script_json.ts";
import { amount, boolean, hex, nothing, number, object, optional as maybe } from "../shape.ts";

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

const HASH_TYPES: readonly CoinsHashType[] = ["hash_serialized_3", "muhash", "none"];

const gettxoutsetinfo: Method = {
  name: "gettxoutsetinfo",
  category: "blockchain",
  about: "Returns sums over all unspent outputs, and a hash of them. It goes through all of them, which may " +
    "take a while.",
  parameters: [
    optional("hash_type", "string",
      "hash_serialized_3 for a hash of them in order, muhash for one that does not depend on any, or none",
      { fallback: "hash_serialized_3" }),
    optional("hash_or_height", "number", "Another block than the tip, for which an index would be needed",
      { fallbackHint: "the tip", anyType: true }),
    optional("use_index", "boolean", "Whether to use an index of such sums, if there is one",
      { fallback: true }),
  ],
  results: result(object({
    height: number("Height of the tip at that time"),
    bestblock: hex("Its hash"),
    txouts: number("Outputs"),
    bogosize: number("A measure of their size that depends on no database"),
    hash_serialized_3: maybe(hex("The hash, for that hash_type")),
    muhash: maybe(hex("The hash, for that hash_type")),
    total_amount: amount("The sum of their values, in coins"),
    transactions: number("Transactions that have any of them"),
    disk_size: number("Bytes that they take in the database, about"),
  })),
  examples: ["", '"muhash"'],
  async run(call) {
    const { args, host } = call;
    const type = hashType(args.string("hash_type"));
    if (args.has("hash_or_height")) {
      throw new RpcError(RPC_CODE.invalidParameter,
        "Querying specific block heights requires coinstatsindex");
    }
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
  },
};

function hashType(text: string): CoinsHashType {
  const type = HASH_TYPES.find((each) => each === text);
  if (type === undefined) {
    throw new RpcError(RPC_CODE.invalidParameter, `'${text}' is not a valid hash_type`);
  }
  return type;
}

export const coinMethods: readonly Method[] = [gettxout, gettxoutsetinfo];
