/** Transactions that wait for a block. @module */
import { displayHash, type Txid } from "../../primitives/hash.ts";
import { coins } from "../json.ts";
import { type Method, result } from "../method.ts";
import { optional, required } from "../parameter.ts";
import { mempoolEntryJson, mempoolEntryShape, MempoolFamilies } from "../render/mempool_json.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import type { MempoolInfoJson } from "../schema.ts";
import { amount, boolean, hex, list, map, number, object } from "../shape.ts";

const getmempoolinfo: Method = {
  name: "getmempoolinfo",
  category: "blockchain",
  about: "Returns the state of the mempool: its size, its limits, and what it asks of a transaction.",
  parameters: [],
  results: result(object({
    loaded: boolean("Whether what was saved at the last stop has been read back"),
    size: number("Transactions"),
    bytes: number("The sum of their virtual sizes"),
    usage: number("Bytes of memory they take"),
    total_fee: amount("The sum of their fees, in coins"),
    maxmempool: number("Bytes of memory they may take"),
    mempoolminfee: amount("Coins per 1,000 virtual bytes that a transaction must pay now"),
    minrelaytxfee: amount("The least that this can be"),
    incrementalrelayfee: amount("What a replacement must pay on top"),
    unbroadcastcount: number("Transactions from here that no peer has asked for yet"),
    permitbaremultisig: boolean("Whether multisig outputs without a hash are admitted"),
    maxdatacarriersize: number("Bytes of data outputs that a transaction may have"),
    limitclustercount: number("Transactions that may hang together"),
    limitclustersize: number("Virtual bytes that may hang together"),
    optimal: boolean("Whether the order in which it would be mined is known to be the best"),
  })),
  run({ host }): MempoolInfoJson {
    const { mempool, options } = host.core;
    const policy = options.relayPolicy;
    return {
      // Bitcoin Core reads it once the blocks of all files are in.
      loaded: !host.core.chain.isLoadingBlocks,
      size: mempool.size,
      bytes: mempool.virtualBytes,
      usage: mempool.usage,
      total_fee: coins(mempool.totalFee),
      maxmempool: options.mempoolMaxBytes,
      mempoolminfee: coins(mempool.minFeeRate),
      minrelaytxfee: coins(options.minRelayFeeRate),
      incrementalrelayfee: coins(policy.incrementalFeeRate),
      unbroadcastcount: 0,
      permitbaremultisig: policy.permitBareMultisig,
      maxdatacarriersize: policy.dataCarrierBytesMax,
      limitclustercount: policy.clusterCountMax,
      limitclustersize: policy.clusterVsizeMax,
      optimal: false,
    };
  },
};

const getrawmempool: Method = {
  name: "getrawmempool",
  category: "blockchain",
  about: "Returns the transactions of the mempool, parents before children.",
  parameters: [
    optional("verbose", "boolean", "Whether to say more of each than its id", { fallback: false }),
    optional("mempool_sequence", "boolean",
      "Whether to return an object with the ids and the number that the next change will have",
      { fallback: false }),
  ],
  results: [
    { when: "for verbose = false", shape: list(hex("A transaction's id")) },
    { when: "for verbose = true", shape: map("transactionid", mempoolEntryShape) },
    {
      when: "for verbose = false and mempool_sequence = true",
      shape: object({
        txids: list(hex("A transaction's id")),
        mempool_sequence: number("The number that the next change will have"),
      }),
    },
  ],
  run({ host, args }) {
    const { mempool } = host.core;
    const withSequence = args.boolean("mempool_sequence");
    if (args.boolean("verbose")) {
      if (withSequence) {
        throw new RpcError(RPC_CODE.invalidParameter,
          "Verbose results cannot contain mempool sequence values.");
      }
      const families = new MempoolFamilies(mempool);
      return Object.fromEntries(Array.from(mempool.entries(), (entry) =>
        [displayHash(entry.transaction.txid), mempoolEntryJson(entry, families)]));
    }
    const txids = Array.from(mempool.entries(), ({ transaction }) => displayHash(transaction.txid));
    return withSequence ? { txids, mempool_sequence: mempool.sequence + 1 } : txids;
  },
};

const getmempoolentry: Method = {
  name: "getmempoolentry",
  category: "blockchain",
  about: "Returns what the mempool knows of one of its transactions.",
  parameters: [required("txid", "hex", "The transaction's id")],
  results: result(mempoolEntryShape),
  run({ host, args }) {
    const { mempool } = host.core;
    const entry = mempool.get(args.hash("txid") as Txid);
    if (entry === undefined) throw new RpcError(RPC_CODE.invalidAddressOrKey, "Transaction not in mempool");
    return mempoolEntryJson(entry, new MempoolFamilies(mempool));
  },
};

export const mempoolMethods: readonly Method[] = [getmempoolinfo, getrawmempool, getmempoolentry];
