/**
 * Every message by its name: what it carries, and the codec that reads and writes it.
 *
 * The names are those that Bitcoin Core 31 knows (protocol.h, ALL_NET_MESSAGE_TYPES). One that is
 * not among them is no offence: unknown messages are how the protocol grows.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { type Codec, decodeWith, encodeWith } from "../codec/codec.ts";
import { type Addr, addrCodec } from "./messages/addr.ts";
import { addrV2Codec } from "./messages/addr_v2.ts";
import { type BlockMessage, blockMessageCodec } from "./messages/block.ts";
import {
  type BlockTransactions, blockTransactionsCodec, type GetBlockTransactions, getBlockTransactionsCodec,
} from "./messages/block_transactions.ts";
import { type FilterAdd, filterAddCodec, type FilterLoad, filterLoadCodec } from "./messages/bloom_filter.ts";
import { type CompactBlock, compactBlockCodec } from "./messages/compact_block.ts";
import {
  type CompactFilter, type CompactFilterCheckpoints, compactFilterCheckpointsCodec, compactFilterCodec,
  type CompactFilterHeaders, compactFilterHeadersCodec, type GetCompactFilterCheckpoints,
  getCompactFilterCheckpointsCodec, type GetCompactFilters, getCompactFiltersCodec,
} from "./messages/compact_filters.ts";
import { emptyCodec } from "./messages/empty.ts";
import { type Feature, featureCodec } from "./messages/feature.ts";
import { type FeeFilter, feeFilterCodec } from "./messages/fee_filter.ts";
import { type GetHeaders, getHeadersCodec } from "./messages/get_headers.ts";
import { type Headers, headersCodec } from "./messages/headers.ts";
import { type Inventory, inventoryCodec } from "./messages/inventory.ts";
import { type MerkleBlock, merkleBlockCodec } from "./messages/merkle_block.ts";
import { type Ping, pingCodec, pongCodec } from "./messages/ping.ts";
import { type SendCompact, sendCompactCodec } from "./messages/send_compact.ts";
import { type SendReconciliation, sendReconciliationCodec } from "./messages/send_reconciliation.ts";
import { type TxMessage, txMessageCodec } from "./messages/tx.ts";
import { type Version, versionCodec } from "./messages/version.ts";

/** What each message carries; `null` for those that are only a name. */
export interface MessageValues {
  readonly version: Version;
  readonly verack: null;
  readonly wtxidrelay: null;
  readonly sendaddrv2: null;
  readonly sendtxrcncl: SendReconciliation;
  readonly feature: Feature;
  readonly sendheaders: null;
  readonly sendcmpct: SendCompact;
  readonly feefilter: FeeFilter;
  readonly ping: Ping;
  readonly pong: Ping;
  readonly getaddr: null;
  readonly addr: Addr;
  readonly addrv2: Addr;
  readonly inv: Inventory;
  readonly getdata: Inventory;
  readonly notfound: Inventory;
  readonly getblocks: GetHeaders;
  readonly getheaders: GetHeaders;
  readonly headers: Headers;
  readonly block: BlockMessage;
  readonly tx: TxMessage;
  readonly mempool: null;
  readonly merkleblock: MerkleBlock;
  readonly filterload: FilterLoad;
  readonly filteradd: FilterAdd;
  readonly filterclear: null;
  readonly cmpctblock: CompactBlock;
  readonly getblocktxn: GetBlockTransactions;
  readonly blocktxn: BlockTransactions;
  readonly getcfilters: GetCompactFilters;
  readonly cfilter: CompactFilter;
  readonly getcfheaders: GetCompactFilters;
  readonly cfheaders: CompactFilterHeaders;
  readonly getcfcheckpt: GetCompactFilterCheckpoints;
  readonly cfcheckpt: CompactFilterCheckpoints;
}

export type MessageType = keyof MessageValues;

/** The message of type `T`; without it, any message. */
export type Message<T extends MessageType = MessageType> = {
  [U in T]: { readonly type: U; readonly value: MessageValues[U] };
}[T];

export const messageCodecs: { readonly [T in MessageType]: Codec<MessageValues[T]> } = {
  version: versionCodec,
  verack: emptyCodec,
  wtxidrelay: emptyCodec,
  sendaddrv2: emptyCodec,
  sendtxrcncl: sendReconciliationCodec,
  feature: featureCodec,
  sendheaders: emptyCodec,
  sendcmpct: sendCompactCodec,
  feefilter: feeFilterCodec,
  ping: pingCodec,
  pong: pongCodec,
  getaddr: emptyCodec,
  addr: addrCodec,
  addrv2: addrV2Codec,
  inv: inventoryCodec,
  getdata: inventoryCodec,
  notfound: inventoryCodec,
  getblocks: getHeadersCodec,
  getheaders: getHeadersCodec,
  headers: headersCodec,
  block: blockMessageCodec,
  tx: txMessageCodec,
  mempool: emptyCodec,
  merkleblock: merkleBlockCodec,
  filterload: filterLoadCodec,
  filteradd: filterAddCodec,
  filterclear: emptyCodec,
  cmpctblock: compactBlockCodec,
  getblocktxn: getBlockTransactionsCodec,
  blocktxn: blockTransactionsCodec,
  getcfilters: getCompactFiltersCodec,
  cfilter: compactFilterCodec,
  getcfheaders: getCompactFiltersCodec,
  cfheaders: compactFilterHeadersCodec,
  getcfcheckpt: getCompactFilterCheckpointsCodec,
  cfcheckpt: compactFilterCheckpointsCodec,
};

export const MESSAGE_TYPES = Object.keys(messageCodecs) as readonly MessageType[];

/** Whether `type`, as it came off the wire, is one of ours. */
export function isMessageType(type: string): type is MessageType {
  // Not `in`: a peer may well name a message `constructor`.
  return Object.hasOwn(messageCodecs, type);
}

/**
 * The whole of `payload` as a message of `type`.
 *
 * @throws {DecodeError} when it is malformed, too short, or too long
 */
export function decodeMessage(type: MessageType, payload: Bytes): Message {
  const codec: Codec<unknown> = messageCodecs[type];
  return { type, value: decodeWith(codec, payload) } as Message;
}

/** The payload that carries `message`. */
export function encodeMessage<T extends MessageType>(message: Message<T>): Bytes {
  const codec: Codec<unknown> = messageCodecs[message.type];
  return encodeWith(codec, message.value);
}
