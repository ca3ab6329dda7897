/** The indexes beside the chain, and block filters. @module */
import { toHex } from "../../base/bytes.ts";
import type { FilterIndex } from "../../chain/indexes/filter_index.ts";
import { displayHash } from "../../primitives/hash.ts";
import { isIndexCurrent } from "../indexes.ts";
import { findBlock } from "../lookup.ts";
import { type Call, type Method, result } from "../method.ts";
import { optional, required } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { boolean, hex, map, number, object } from "../shape.ts";

const getindexinfo: Method = {
  name: "getindexinfo",
  category: "util",
  about: "Returns how far the indexes are that the node keeps.",
  parameters: [optional("index_name", "string", "Only this one", { fallbackHint: "all" })],
  results: result(map("name", object({
    synced: boolean("Whether it has come as far as the tip"),
    best_block_height: number("How far it has come"),
  }))),
  examples: ["", "txindex"],
  run({ host, args }) {
    const name = args.has("index_name") ? args.string("index_name") : "";
    const wanted = host.core.indexes.summaries.filter(({ title }) => name === "" || title === name);
    return Object.fromEntries(wanted.map(({ title, isSynced, height }) =>
      [title, { synced: isSynced, best_block_height: height }]));
  },
};

/** @throws {RpcError} when there is no such filter, or no index of it */
export function filterIndex({ host, args }: Call): FilterIndex {
  const type = args.string("filtertype");
  if (type !== "basic") throw new RpcError(RPC_CODE.invalidAddressOrKey, "Unknown filtertype");
  const { filters } = host.core.indexes;
  if (filters === undefined) throw new RpcError(RPC_CODE.misc, `Index is not enabled for filtertype ${type}`);
  return filters;
}

const getblockfilter: Method = {
  name: "getblockfilter",
  category: "blockchain",
  about: "Returns the compact filter of a block (BIP158), and the header that commits to it (BIP157).",
  parameters: [
    required("blockhash", "hex", "The block's hash"),
    optional("filtertype", "string", "Which filter", { fallback: "basic" }),
  ],
  results: result(object({ filter: hex("The filter"), header: hex("Its header") })),
  async run(call) {
    const { host, args } = call;
    const { chain } = host.core;
    const hash = args.hash("blockhash");
    const filters = filterIndex(call);
    const id = findBlock(chain, hash);
    const wasConnected = chain.headers.validity(id) === "connected";
    const isCurrent = await isIndexCurrent(host, "blockfilterindex");
    const entry = filters.find(id, chain.headers.hash(id));
    const filter = entry === undefined ? undefined : filters.read(entry);
    if (entry === undefined || filter === undefined) throw notFound(wasConnected, isCurrent);
    return { filter: toHex(filter), header: displayHash(entry.header) };
  },
};

function notFound(wasConnected: boolean, isCurrent: boolean): RpcError {
  if (!wasConnected) {
    return new RpcError(RPC_CODE.invalidAddressOrKey,
      "Filter not found. Block was not connected to active chain.");
  }
  if (!isCurrent) {
    return new RpcError(RPC_CODE.misc,
      "Filter not found. Block filters are still in the process of being indexed.");
  }
  return new RpcError(RPC_CODE.internal,
    "Filter not found. This error is unexpected and indicates index corruption.");
}

export const indexMethods: readonly Method[] = [getindexinfo, getblockfilter];
