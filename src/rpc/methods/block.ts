/** Single blocks and headers. @module */
import { toHex } from "../../base/bytes.ts";
import type { BlockId } from "../../chain/header_index.ts";
import type { Block } from "../../primitives/block.ts";
import type { PeerId } from "../../peer/peer.ts";
import { type BlockHash, displayHash } from "../../primitives/hash.ts";
import { runCommand } from "../command_fault.ts";
import { findBlock, readBlock, readBlockBytes, tipHeight } from "../lookup.ts";
import { type Call, type Method, result } from "../method.ts";
import { optional, required } from "../parameter.ts";
import { blockFields, blockJson, headerFields, headerJson } from "../render/block_json.ts";
import { transactionFields, transactionJson } from "../render/transaction_json.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import type { TransactionJson } from "../schema.ts";
import { amount, hex, list, object, optional as maybe } from "../shape.ts";
import { spentCoins } from "../spent_coins.ts";
import { verbosity } from "../verbosity.ts";

const getblockheader: Method = {
  name: "getblockheader",
  category: "blockchain",
  about: "Returns the header of a block, and where it stands in the chain.",
  parameters: [
    required("blockhash", "hex", "The block's hash"),
    optional("verbose", "boolean", "false for the header's 80 bytes in hex", { fallback: true }),
  ],
  results: [
    { when: "for verbose = true", shape: object(headerFields) },
    { when: "for verbose = false", shape: hex("The header's bytes") },
  ],
  run({ host, args }) {
    const { chain } = host.core;
    const id = findBlock(chain, args.hash("blockhash"));
    return args.boolean("verbose") ? headerJson(chain, id) : toHex(chain.headers.header(id).bytes);
  },
};

const getblock: Method = {
  name: "getblock",
  category: "blockchain",
  about: "Returns a block: its bytes, or its header and transactions in more or less detail.",
  parameters: [
    required("blockhash", "hex", "The block's hash"),
    optional("verbosity|verbose", "number",
      "0 for its bytes in hex, 1 for its transactions' ids, 2 for the transactions, 3 for what they " +
        "spend as well",
      { fallback: 1, anyType: true }),
  ],
  results: [
    { when: "for verbosity = 0", shape: hex("The block's bytes") },
    { when: "for verbosity = 1", shape: object({ ...blockFields, tx: list(hex("A transaction's id")) }) },
    {
      when: "for verbosity = 2 and 3",
      shape: object({
        ...blockFields,
        tx: list(object({
          ...transactionFields,
          fee: maybe(amount("Its fee in coins, where what it spends is known")),
          hex: hex("Its bytes"),
        })),
      }),
    },
  ],
  run(call) {
    const { host, args } = call;
    const { chain } = host.core;
    const hash = args.hash("blockhash");
    const level = verbosity(args.raw("verbosity"), 1);
    const id = findBlock(chain, hash);
    if (level <= 0) return toHex(readBlockBytes(call, id));
    const block = readBlock(call, id);
    if (level === 1) {
      return blockJson(chain, id, block,
        block.transactions.map(({ txid }) => displayHash(txid)));
    }
    return blockJson(chain, id, block, blockTransactions(call, id, block, level >= 3));
  },
};

function blockTransactions(
  call: Call, id: BlockId, block: Block, showSpent: boolean,
): readonly TransactionJson[] {
  const addresses = call.host.core.options.params.addresses;
  const spent = spentCoins(call.host.core.chain, id, block);
  return block.transactions.map((transaction, i) => transactionJson(transaction, {
    addresses, showHex: true, showSpent, spent: i === 0 ? undefined : spent?.[i - 1],
  }));
}

const getblockfrompeer: Method = {
  name: "getblockfrompeer",
  category: "blockchain",
  about: "Asks one peer for a block of which we have the header, and not the block. Whoever was asked for it " +
    "before is asked no more. When the answer does not come in time, the peer is let go.\n\n" +
    "What the block spent stays unknown unless it was, or will be, connected.",
  parameters: [
    required("blockhash", "hex", "The block's hash"),
    required("peer_id", "number", "The peer, as getpeerinfo numbers them"),
  ],
  results: result(object({})),
  async run({ host, args }) {
    const hash = args.hash("blockhash") as BlockHash;
    const peer = Number(args.integer64("peer_id")) as PeerId;
    const { chain, options } = host.core;
    const id = chain.headers.find(hash);
    if (id === undefined) throw new RpcError(RPC_CODE.misc, "Block header missing");
    // Else it would keep whole files from being pruned until the chain gets there.
    if (options.pruneTarget !== undefined && chain.headers.height(id) > tipHeight(chain)) {
      throw new RpcError(RPC_CODE.misc,
        "In prune mode, only blocks that the node has already synced previously can be fetched from a peer");
    }
    if (chain.headers.hasBlock(id)) throw new RpcError(RPC_CODE.misc, "Block already downloaded");
    await runCommand(host, { type: "fetch-block", hash, peer }, "done");
    return {};
  },
};

export const blockMethods: readonly Method[] = [getblockheader, getblock, getblockfrompeer];
