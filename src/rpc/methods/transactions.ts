/** Transactions by id or as bytes. @module */
import { equalBytes, toHex } from "../../base/bytes.ts";
import type { BlockId } from "../../chain/header_index.ts";
import type { Coin } from "../../primitives/coin.ts";
import { displayHash, type Txid } from "../../primitives/hash.ts";
import { SATS_PER_COIN } from "../../primitives/amount.ts";
import type { Transaction } from "../../primitives/transaction.ts";
import { isUnspendable, isWellFormed } from "../../script/script.ts";
import { readHash } from "../arguments.ts";
import { runCommand } from "../command_fault.ts";
import { isIndexCurrent as isCurrent, readPlaced } from "../indexes.ts";
import { confirmations, hashText, readBlock } from "../lookup.ts";
import { type Call, type Method, result } from "../method.ts";
import { optional, required } from "../parameter.ts";
import { transactionFields, transactionJson } from "../render/transaction_json.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { amount, boolean, hex, number, object, optional as maybe, time } from "../shape.ts";
import { spentCoins } from "../spent_coins.ts";
import { parseTransaction } from "../transaction_hex.ts";
import { verbosity } from "../verbosity.ts";

interface Found {
  readonly transaction: Transaction;
  readonly block: BlockId | undefined;
}

const getrawtransaction: Method = {
  name: "getrawtransaction",
  category: "rawtransactions",
  about: "Returns a transaction of the mempool, of a block that is named, or, with -txindex, of any block.",
  parameters: [
    required("txid", "hex", "The transaction's id"),
    optional("verbosity|verbose", "number",
      "0 for its bytes in hex, 1 for an object, 2 for what it spends as well",
      { fallback: 0, anyType: true }),
    optional("blockhash", "hex", "The block that it is in"),
  ],
  results: [
    { when: "for verbosity = 0", shape: hex("The transaction's bytes") },
    {
      when: "for verbosity = 1 and 2",
      shape: object({
        in_active_chain: maybe(boolean("Whether the block that was named is on the active chain")),
        ...transactionFields,
        fee: maybe(amount("Its fee in coins, where what it spends is known")),
        hex: hex("Its bytes"),
        blockhash: maybe(hex("The block it is in")),
        confirmations: maybe(number("Blocks from that to the tip, both counted")),
        time: maybe(time("The same as blocktime")),
        blocktime: maybe(time("The block's time, in Unix seconds")),
      }),
    },
  ],
  async run(call) {
    const { host, args } = call;
    const { chain, options } = host.core;
    const txid = readHash(args.string("txid"), "parameter 1") as Txid;
    if (equalBytes(txid, options.params.genesis.header.merkleRoot)) {
      throw new RpcError(RPC_CODE.invalidAddressOrKey,
        "The genesis block coinbase is not considered an ordinary transaction and cannot be retrieved");
    }
    const level = verbosity(args.raw("verbosity"), 0);
    const found = args.has("blockhash") ? findInBlock(call, txid) : await findAnywhere(call, txid);
    if (level <= 0) return toHex(found.transaction.bytes);
    const { block, transaction } = found;
    return {
      ...(block !== undefined && args.has("blockhash") ? { in_active_chain: chain.isActive(block) } : {}),
      ...transactionJson(transaction, {
        addresses: options.params.addresses,
        showHex: true,
        ...(level >= 2 ? { spent: spentBy(call, found), showSpent: true } : {}),
      }),
      ...(block === undefined ? {} : blockPlace(call, block)),
    };
  },
};

function blockPlace({ host }: Call, id: BlockId): object {
  const { chain } = host.core;
  const blockhash = hashText(chain, id);
  if (!chain.isActive(id)) return { blockhash, confirmations: 0 };
  const time = chain.headers.time(id);
  return { blockhash, confirmations: confirmations(chain, id), time, blocktime: time };
}

/** In the mempool, or by the index of transactions. */
async function findAnywhere({ host }: Call, txid: Txid): Promise<Found> {
  const { chain, indexes, mempool } = host.core;
  const isIndexCurrent = indexes.transactions !== undefined && await isCurrent(host, "txindex");
  const entry = mempool.get(txid);
  if (entry !== undefined) return { transaction: entry.transaction, block: undefined };
  const place = indexes.transactions?.find(txid);
  const placed = place === undefined ? undefined : readPlaced(chain, place);
  if (placed !== undefined && equalBytes(placed.transaction.txid, txid)) return placed;
  const why =
    indexes.transactions === undefined ?
      "No such mempool transaction. Use -txindex or provide a block hash to enable blockchain transaction queries"
    : isIndexCurrent ? "No such mempool or blockchain transaction"
    : "No such mempool transaction. Blockchain transactions are still in the process of being indexed";
  throw new RpcError(RPC_CODE.invalidAddressOrKey, `${why}. Use gettransaction for wallet transactions.`);
}

/** What the transaction spends, where that is known. */
function spentBy(call: Call, { transaction, block }: Found): readonly Coin[] | undefined {
  const { chain } = call.host.core;
  if (block === undefined || transaction.isCoinbase || !chain.headers.hasBlock(block)) return undefined;
  const read = readBlock(call, block);
  const index = read.transactions.findIndex(({ wtxid }) => equalBytes(wtxid, transaction.wtxid));
  return spentCoins(chain, block, read)?.[index - 1];
}

function findInBlock(call: Call, txid: Txid): Found {
  const { chain } = call.host.core;
  const block = chain.headers.find(readHash(call.args.string("blockhash"), "parameter 3"));
  if (block === undefined) throw new RpcError(RPC_CODE.invalidAddressOrKey, "Block hash not found");
  if (!chain.headers.hasBlock(block)) throw new RpcError(RPC_CODE.misc, "Block not available");
  const read = readBlock(call, block);
  const transaction = read.transactions.find((each) => equalBytes(each.txid, txid));
  if (transaction === undefined) {
    throw new RpcError(RPC_CODE.invalidAddressOrKey,
      "No such transaction found in the provided block. Use gettransaction for wallet transactions.");
  }
  return { transaction, block };
}

/** Coins per 1,000 virtual bytes above which a fee is taken for a mistake. */
const MAX_FEE_RATE_DEFAULT = "0.10";

const sendrawtransaction: Method = {
  name: "sendrawtransaction",
  category: "rawtransactions",
  about: "Puts a transaction into the mempool, from where it is passed on to the network.",
  parameters: [
    required("hexstring", "hex", "The transaction's bytes"),
    optional("maxfeerate", "amount",
      "Refuses a fee rate above this, in coins per 1,000 virtual bytes; 0 for any",
      { fallback: MAX_FEE_RATE_DEFAULT }),
    optional("maxburnamount", "amount",
      "Refuses outputs that nobody can spend and that hold more coins than this", { fallback: "0.00" }),
  ],
  results: result(hex("The transaction's id")),
  async run({ host, args }) {
    const maxBurn = args.amount("maxburnamount");
    const transaction = parseTransaction(args.string("hexstring"));
    if (transaction === undefined) {
      throw new RpcError(RPC_CODE.deserialization,
        "TX decode failed. Make sure the tx has at least one input.");
    }
    const isBurning = transaction.outputs.some(({ value, script }) =>
      value > maxBurn && (isUnspendable(script) || !isWellFormed(script)));
    if (isBurning) {
      throw new RpcError(RPC_CODE.verify,
        "Unspendable output exceeds maximum configured by user (maxburnamount)");
    }
    const maxFeeRate = args.amount("maxfeerate");
    if (maxFeeRate >= SATS_PER_COIN) {
      throw new RpcError(RPC_CODE.invalidParameter,
        "Fee rates larger than or equal to 1BTC/kvB are not accepted");
    }
    const { txid } = await runCommand(host, { type: "submit-transaction", transaction, maxFeeRate }, "txid");
    return displayHash(txid);
  },
};

const decoderawtransaction: Method = {
  name: "decoderawtransaction",
  category: "rawtransactions",
  about: "Shows what a transaction's bytes say.",
  parameters: [
    required("hexstring", "hex", "The transaction's bytes"),
    optional("iswitness", "boolean",
      "Whether the bytes may hold a witness. Given, only that reading is tried",
      { fallbackHint: "depends on the bytes" }),
  ],
  results: result(object(transactionFields)),
  run({ host, args }) {
    const text = args.string("hexstring");
    const form = args.has("iswitness") ? (args.boolean("iswitness") ? "witness" : "plain") : "any";
    const transaction = parseTransaction(text, form);
    if (transaction === undefined) throw new RpcError(RPC_CODE.deserialization, "TX decode failed");
    return transactionJson(transaction, { addresses: host.core.options.params.addresses });
  },
};

export const transactionMethods: readonly Method[] =
  [getrawtransaction, sendrawtransaction, decoderawtransaction];
