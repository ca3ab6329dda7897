/** A search through all unspent outputs. @module */
import { defined } from "../../base/assert.ts";
import { toHex } from "../../base/bytes.ts";
import type { ScannedCoin } from "../../chain/coins_scan.ts";
import type { BlockId } from "../../chain/header_index.ts";
import { displayHash } from "../../primitives/hash.ts";
import { coins } from "../json.ts";
import { hashText } from "../lookup.ts";
import type { Call, Method } from "../method.ts";
import { optional, required } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { runScan } from "../run_scan.ts";
import { type Needles, needleKey, readScanObjects } from "../scan_objects.ts";
import { amount, boolean, hex, list, nothing, number, object, text } from "../shape.ts";
import { heightOf, openSnapshot, stopFlag } from "../snapshot.ts";

const scantxoutset: Method = {
  name: "scantxoutset",
  category: "blockchain",
  about: "Searches all unspent outputs for those of some descriptors, which may take a while.\n\n" +
    "Descriptors are addr raw pk pkh wpkh sh wsh multi sortedmulti tr rawtr combo.",
  parameters: [
    required("action", "string",
      "start for a search, abort to end the one that is under way, status to ask how far it is"),
    optional("scanobjects", "array", "What start searches for: descriptors, or objects that have one",
      {
        brief: "[scanobjects,...]",
        inner: [
          optional("descriptor", "string", "A descriptor"),
          optional("", "object", "An object with a descriptor", {
            inner: [
              required("desc", "string", "A descriptor"),
              optional("range", "number", "For a descriptor with *: the last number, or [first,last]",
                { fallback: 1000, anyType: true }),
            ],
          }),
        ],
      }),
  ],
  results: [
    {
      when: "when action=='start'; only returns after scan completes",
      shape: object({
        success: boolean("Whether it came to its end"),
        txouts: number("Outputs looked at"),
        height: number("Height of the tip at that time"),
        bestblock: hex("Its hash"),
        unspents: list(object({
          txid: hex("The transaction's id"),
          vout: number("Which of its outputs it is"),
          scriptPubKey: hex("Its script"),
          desc: text("A descriptor of it"),
          amount: amount("Its value in coins"),
          coinbase: boolean("Whether a coinbase made it"),
          height: number("Height of the block that made it"),
          blockhash: hex("That block's hash"),
          confirmations: number("Blocks from that to the tip, both counted"),
        })),
        total_amount: amount("The sum of what was found, in coins"),
      }),
    },
    { when: "when action=='abort'", shape: boolean("Whether there was one to end") },
    {
      when: "when action=='status' and a scan is currently in progress",
      shape: object({ progress: number("Percent, about") }),
    },
    { when: "when action=='status' and no scan is in progress", shape: nothing },
  ],
  examples: ["status", `start '["raw(51)"]'`],
  run(call) {
    return runScan(call, { seat: call.host.coinScan, search: () => start(call) });
  },
};

async function start(call: Call): Promise<unknown> {
  const { args, host } = call;
  if (!args.has("scanobjects")) {
    throw new RpcError(RPC_CODE.misc, "scanobjects argument is required for the start action");
  }
  return search(call, await readScanObjects(args.array("scanobjects"), host));
}

async function search(call: Call, needles: Needles): Promise<unknown> {
  const { coinScan } = call.host;
  const { chain } = call.host.core;
  const isStopping = stopFlag(call.host);
  const snapshot = await openSnapshot(call.host);
  const found: ScannedCoin[] = [];
  let count = 0;
  let success = true;
  for await (const scanned of snapshot.coins) {
    if (coinScan.isAborted || isStopping()) {
      success = false;
      break;
    }
    coinScan.reached(scanned.outPoint.txid);
    count++;
    if (needles.has(needleKey(scanned.coin.script))) found.push(scanned);
  }
  const height = heightOf(call, snapshot);
  const tip = defined(chain.headers.find(snapshot.head), "coins are as of a block of ours");
  return {
    success,
    txouts: count,
    height,
    bestblock: displayHash(snapshot.head),
    unspents: found.map((each) => unspentJson(call, needles, each, tip)),
    total_amount: coins(found.reduce((sum, { coin }) => sum + coin.value, 0)),
  };
}

function unspentJson(
  { host }: Call, needles: Needles, { outPoint, coin }: ScannedCoin, tip: BlockId,
): object {
  const { chain } = host.core;
  const block = defined(chain.headers.ancestor(tip, coin.height), "a coin is made before the tip");
  return {
    txid: displayHash(outPoint.txid),
    vout: outPoint.index,
    scriptPubKey: toHex(coin.script),
    desc: needles.get(needleKey(coin.script)),
    amount: coins(coin.value),
    coinbase: coin.isCoinbase,
    height: coin.height,
    blockhash: hashText(chain, block),
    confirmations: chain.headers.height(tip) - coin.height + 1,
  };
}

export const coinScanMethods: readonly Method[] = [scantxoutset];
