/** Random values of every message for properties. */
import fc from "fast-check";
import type { NetworkAddress } from "../../src/primitives/network_address.ts";
import type { MessageType, MessageValues } from "../../src/wire/message.ts";
import type { Addr } from "../../src/wire/messages/addr.ts";
import type { CompactBlock } from "../../src/wire/messages/compact_block.ts";
import type { GetHeaders } from "../../src/wire/messages/get_headers.ts";
import type { Inventory } from "../../src/wire/messages/inventory.ts";
import {
  block, blockHash, bytesUpTo, hash, header, i32, i64, ipAddress, latin1, networkAddress, record,
  transaction, u8, u16, u32, u64,
} from "./arbitrary_primitives.ts";

const nothing = fc.constant(null);
const nonce = record({ nonce: fc.option(u64, { nil: undefined }) });
const endpoint = record({ services: u64, address: ipAddress });

function addressesOf(address: fc.Arbitrary<NetworkAddress>): fc.Arbitrary<Addr> {
  return record({ addresses: fc.array(record({ time: u32, services: u64, address }), { maxLength: 5 }) });
}

const inventory: fc.Arbitrary<Inventory> = record({
  items: fc.array(record({ type: u32, hash }), { maxLength: 5 }),
});

const getHeaders: fc.Arbitrary<GetHeaders> = record({
  version: u32,
  locator: fc.array(blockHash, { maxLength: 5 }),
  stop: blockHash,
});

const ascending = fc.uniqueArray(u16, { maxLength: 5 }).map((indexes) => indexes.sort((a, b) => a - b));
const getCompactFilters = record({ filterType: u8, startHeight: u32, stop: blockHash });

/** Prefilled ones stand where they can: after at most as many as are named before them. */
const compactBlock: fc.Arbitrary<CompactBlock> = record({
  header,
  nonce: u64,
  slots: fc.array(fc.oneof(fc.nat({ max: 2 ** 48 - 1 }), transaction), { maxLength: 8 }),
}).map(({ header: head, nonce: key, slots }) => ({
  header: head,
  nonce: key,
  shortIds: slots.filter((slot) => typeof slot === "number"),
  prefilled: slots.flatMap((slot, index) => (typeof slot === "number" ? [] : [{ index, transaction: slot }])),
}));

export const messageValues: { readonly [T in MessageType]: fc.Arbitrary<MessageValues[T]> } = {
  version: record({
    version: i32, services: u64, time: i64, receiver: endpoint, sender: endpoint, nonce: u64,
    userAgent: latin1(0, 256), startHeight: i32, relay: fc.boolean(),
  }),
  verack: nothing,
  wtxidrelay: nothing,
  sendaddrv2: nothing,
  sendtxrcncl: record({ version: u32, salt: u64 }),
  feature: record({ id: latin1(4, 80), data: bytesUpTo(512) }),
  sendheaders: nothing,
  sendcmpct: record({ announce: fc.boolean(), version: u64 }),
  feefilter: record({ feeRate: i64 }),
  ping: nonce,
  pong: nonce,
  getaddr: nothing,
  addr: addressesOf(ipAddress),
  addrv2: addressesOf(networkAddress),
  inv: inventory,
  getdata: inventory,
  notfound: inventory,
  getblocks: getHeaders,
  getheaders: getHeaders,
  headers: record({ headers: fc.array(header, { maxLength: 5 }) }),
  block: record({ block }),
  tx: record({ transaction }),
  mempool: nothing,
  merkleblock: record({
    header, transactionCount: u32, hashes: fc.array(hash, { maxLength: 5 }), flags: bytesUpTo(10),
  }),
  filterload: record({ data: bytesUpTo(300), hashFunctions: fc.nat({ max: 50 }), tweak: u32, flags: u8 }),
  filteradd: record({ data: bytesUpTo(520) }),
  filterclear: nothing,
  cmpctblock: compactBlock,
  getblocktxn: record({ blockHash, indexes: ascending }),
  blocktxn: record({ blockHash, transactions: fc.array(transaction, { maxLength: 3 }) }),
  getcfilters: getCompactFilters,
  cfilter: record({ filterType: u8, blockHash, filter: bytesUpTo(100) }),
  getcfheaders: getCompactFilters,
  cfheaders: record({
    filterType: u8, stop: blockHash, previousHeader: hash, filterHashes: fc.array(hash, { maxLength: 5 }),
  }),
  getcfcheckpt: record({ filterType: u8, stop: blockHash }),
  cfcheckpt: record({ filterType: u8, stop: blockHash, filterHeaders: fc.array(hash, { maxLength: 5 }) }),
};
