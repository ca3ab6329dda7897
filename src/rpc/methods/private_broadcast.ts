/** Own transactions that are sent in private (`-privatebroadcast`). @module */
import { toHex } from "../../base/bytes.ts";
import { toUnixSeconds } from "../../base/time.ts";
import type { PrivateBroadcast } from "../../node/private_broadcast.ts";
import { formatAddress } from "../../primitives/host_text.ts";
import { displayHash } from "../../primitives/hash.ts";
import type { Transaction } from "../../primitives/transaction.ts";
import type { PrivateSend } from "../../protocol/private_queue.ts";
import { runCommand } from "../command_fault.ts";
import { type Call, type Method, result } from "../method.ts";
import { required } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import type { PrivateBroadcastJson, PrivatePeerJson, PrivateTransactionJson } from "../schema.ts";
import { hex, list, object, optional as maybe, text, time } from "../shape.ts";

const TRANSACTION = {
  txid: hex("The transaction's id"),
  wtxid: hex("Its id with the witness"),
  hex: hex("Its bytes"),
};

const getprivatebroadcastinfo: Method = {
  name: "getprivatebroadcastinfo",
  category: "rawtransactions",
  about: "Returns the transactions that are being sent in private (-privatebroadcast), and to whom they " +
    "were.",
  parameters: [],
  results: result(object({
    transactions: list(object({
      ...TRANSACTION,
      time_added: time("When it was submitted, in Unix seconds"),
      peers: list(object({
        address: text("Whom it was given to"),
        sent: time("When, in Unix seconds"),
        received: maybe(time("When that peer said that it has it")),
      })),
    })),
  })),
  run(call): PrivateBroadcastJson {
    const { queue } = enabled(call);
    return {
      transactions: Array.from(queue, ({ transaction, addedAt, sends }) => ({
        ...transactionJson(transaction), time_added: toUnixSeconds(addedAt), peers: sends.map(peerJson),
      })),
    };
  },
};

const abortprivatebroadcast: Method = {
  name: "abortprivatebroadcast",
  category: "rawtransactions",
  about: "No longer sends a transaction in private, and forgets it.",
  parameters: [
    required("id", "hex", "Its txid or wtxid; a txid may stand for several, with other witnesses"),
  ],
  results: result(object({
    removed_transactions: list(object(TRANSACTION, "A transaction that is no longer sent")),
  })),
  async run(call) {
    enabled(call);
    const id = displayHash(call.args.hash("id"));
    const { transactions } =
      await runCommand(call.host, { type: "abort-private-broadcast", id }, "transactions");
    if (transactions.length === 0) {
      throw new RpcError(RPC_CODE.invalidAddressOrKey,
        "Transaction not in private broadcast queue. Check getprivatebroadcastinfo.");
    }
    return { removed_transactions: transactions.map(transactionJson) };
  },
};

/** In Bitcoin Core's words, which its clients know. */
function enabled({ host: { core } }: Call): PrivateBroadcast {
  if (core.privateBroadcast !== undefined) return core.privateBroadcast;
  throw new RpcError(RPC_CODE.methodNotFound,
    "Private broadcast is not enabled. Ensure you're running Bitcoin Core with -privatebroadcast=1.");
}

function transactionJson({ txid, wtxid, bytes }: Transaction): PrivateTransactionJson {
  return { txid: displayHash(txid), wtxid: displayHash(wtxid), hex: toHex(bytes) };
}

function peerJson({ address, sentAt, receivedAt }: PrivateSend): PrivatePeerJson {
  const received = receivedAt === undefined ? {} : { received: toUnixSeconds(receivedAt) };
  return { address: formatAddress(address), sent: toUnixSeconds(sentAt), ...received };
}

export const privateBroadcastMethods: readonly Method[] = [getprivatebroadcastinfo, abortprivatebroadcast];
