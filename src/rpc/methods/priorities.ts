/** What the operator adds to the fees of transactions by hand. @module */
import { hasDust } from "../../mempool/policy.ts";
import { MONEY_MAX } from "../../primitives/amount.ts";
import { displayHash, type Txid } from "../../primitives/hash.ts";
import { runCommand } from "../command_fault.ts";
import { JsonNumber } from "../json.ts";
import { type Method, result } from "../method.ts";
import { optional, required } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { boolean, map, number, object, optional as maybe } from "../shape.ts";

const prioritisetransaction: Method = {
  name: "prioritisetransaction",
  category: "mining",
  about: "Judges a transaction as if it paid more, or less, than it does: in the mempool and in blocks made " +
    "here, now or when it comes. What is added again is added on top.",
  parameters: [
    required("txid", "hex", "The transaction's id"),
    optional("dummy", "number", "Zero, or absent", { fallbackHint: "0" }),
    required("fee_delta", "number", "What to add to its fee, in satoshi; less than zero to take away"),
  ],
  results: result(boolean("True")),
  examples: ["<txid> 0 10000", "txid=<txid> fee_delta=10000"],
  async run({ host, args }) {
    const txid = args.hash("txid") as Txid;
    const dummy = args.raw("dummy");
    if (dummy instanceof JsonNumber && Number(dummy.text) !== 0) {
      throw new RpcError(RPC_CODE.invalidParameter,
        "Priority is no longer supported, dummy argument to prioritisetransaction must be 0.");
    }
    const { mempool, options } = host.core;
    const present = mempool.get(txid)?.transaction;
    if (!options.acceptNonstandard && present !== undefined && hasDust(present, options.relayPolicy)) {
      throw new RpcError(RPC_CODE.invalidParameter,
        "Priority is not supported for transactions with dust outputs.");
    }
    const given = Number(args.integer64("fee_delta"));
    const change = Math.max(-MONEY_MAX, Math.min(given, MONEY_MAX));
    await runCommand(host, { type: "prioritise", txid, change }, "done");
    return true;
  },
};

const getprioritisedtransactions: Method = {
  name: "getprioritisedtransactions",
  category: "mining",
  about: "Returns what was added by prioritisetransaction, by transaction.",
  parameters: [],
  results: result(map("transactionid", object({
    fee_delta: number("What is added to its fee, in satoshi"),
    in_mempool: boolean("Whether it is in the mempool"),
    modified_fee: maybe(number("If so, its fee with what is added, in satoshi")),
  }))),
  run({ host: { core: { mempool } } }) {
    return Object.fromEntries(Array.from(mempool.feeDeltas, ({ txid, delta }) => {
      const modifiedFee = mempool.get(txid)?.modifiedFee;
      return [displayHash(txid), {
        fee_delta: delta,
        in_mempool: modifiedFee !== undefined,
        ...(modifiedFee === undefined ? {} : { modified_fee: modifiedFee }),
      }];
    }));
  },
};

export const priorityMethods: readonly Method[] = [prioritisetransaction, getprioritisedtransactions];
