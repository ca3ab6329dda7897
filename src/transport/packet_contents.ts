/**
 * What an encrypted packet holds: a message's type, in one byte or in thirteen, and its payload
 * (BIP324, "v2 Bitcoin P2P message structure").
 *
 * @module
 */
import { type Bytes, copyBytes, fromLatin1, toLatin1 } from "../base/bytes.ts";
import { MESSAGE_TYPE_BYTES, PAYLOAD_BYTES_MAX, type RawMessage } from "./transport.ts";

/** Of flags, before the contents: the highest bit says that they are to be ignored. */
export const PACKET_HEADER_BYTES = 1;
export const IGNORE_BIT = 0x80;

/** The long form of a type: a zero, then as in v1. */
const LONG_TYPE_BYTES = 1 + MESSAGE_TYPE_BYTES;

export const CONTENTS_BYTES_MAX = LONG_TYPE_BYTES + PAYLOAD_BYTES_MAX;

/** Of the table of BIP324, from 1 on. */
const SHORT_TYPES = [
  "addr", "block", "blocktxn", "cmpctblock", "feefilter", "filteradd", "filterclear", "filterload",
  "getblocks", "getblocktxn", "getdata", "getheaders", "headers", "inv", "mempool", "merkleblock", "notfound",
  "ping", "pong", "sendcmpct", "tx", "getcfilters", "cfilter", "getcfheaders", "cfheaders", "getcfcheckpt",
  "cfcheckpt", "addrv2",
];
const TYPE_OF: ReadonlyMap<number, string> = new Map([
  ...SHORT_TYPES.map((type, i) => [i + 1, type] as const),
  // BIP434. What lies between is spoken for by messages that we do not know.
  [37, "feature"],
]);
const SHORT_HEADS: ReadonlyMap<string, Bytes> =
  new Map(Array.from(TYPE_OF, ([id, type]) => [type, Uint8Array.of(0, id)]));

/** What may stand in a long type: as in Bitcoin Core, a delete character as well. */
const LONG_TYPE = /^[ -\x7f]*\0*$/;

/** What stands before the payload of a message of this type, with no flags. Not to be written to. */
export function packetHead(type: string): Bytes {
  const short = SHORT_HEADS.get(type);
  if (short !== undefined) return short;
  const head = new Uint8Array(PACKET_HEADER_BYTES + LONG_TYPE_BYTES);
  const name = fromLatin1(type);
  copyBytes(name, 0, name.length, head, PACKET_HEADER_BYTES + 1);
  return head;
}

/** The message in a packet's text, of which its payload is a view; `undefined` when its type is none. */
export function readContents(text: Bytes): RawMessage | undefined {
  const id = text[PACKET_HEADER_BYTES];
  if (id === undefined) return undefined;
  const start = PACKET_HEADER_BYTES + 1;
  if (id !== 0) {
    const type = TYPE_OF.get(id);
    return type === undefined ? undefined : { type, payload: text.subarray(start) };
  }
  const end = start + MESSAGE_TYPE_BYTES;
  const field = toLatin1(text.subarray(start, end));
  if (text.length < end || !LONG_TYPE.test(field)) return undefined;
  return { type: field.replace(/\0+$/, ""), payload: text.subarray(end) };
}
