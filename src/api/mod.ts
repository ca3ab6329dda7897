/**
 * The library: nodes of Bitcoin's protocol inside your program.
 *
 * ```js
 * import { chains, createNode } from "tidings";
 *
 * const node = await createNode({ chain: chains.regtest, listen: ["127.0.0.1:0"] });
 * node.on("peer:ready", ({ data }) => console.log(data.address, data.userAgent));
 * await node.connect("127.0.0.1", 18444);
 * await node.close();
 * ```
 *
 * ESM only. Nothing is opened, written or printed that was not asked for. Hashes are hex in the
 * order in which people write them, amounts are satoshi as `bigint`.
 *
 * @module
 */
export type { IndexKind } from "../chain/indexes/index_kinds.ts";
export type { CloseReason } from "../node/close_reason.ts";
export type { ConnectionType, Permission } from "../peer/peer.ts";
export type { NetworkName } from "../primitives/network_address.ts";
export type { ChainQueries } from "./chain_queries.ts";
export { chainFromFile } from "./chain_from_file.ts";
export { type Chain, chains } from "./chains.ts";
export { createNode } from "./create_node.ts";
export type { CreateNodeOptions, PeerOptions } from "./create_node_options.ts";
export { isTidingsError, TidingsError, type TidingsErrorCode, type TidingsErrorData } from "./errors.ts";
export type {
  GapEvent, ListenOptions, Subscription, TidingsEvent, TidingsEventOf, TidingsEventType,
} from "./events.ts";
export type {
  AddressCounts, AddressQueries, AddressView, BanQueries, BanView,
} from "./host_queries.ts";
export type { PeerQueries, StreamOptions, TidingsNode } from "./node.ts";
export type { LogOption, LogRecord } from "./node_log.ts";
export type {
  BlockView, HeaderView, InputView, OutputView, PeerView, TipView, TransactionView,
} from "./views.ts";
