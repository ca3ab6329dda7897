/**
 * How much of a turn of the loop a message takes, so that none is held for long by those that come
 * together. One unit is about a quarter of a millisecond of a slow machine.
 *
 * @module
 */
import type { Incoming } from "../peer/read_messages.ts";
import type { MessageType } from "../wire/message.ts";

/** Work done on messages in one turn: headers and long blocks take milliseconds, the rest microseconds. */
export const TURN_EFFORT_MAX = 64;

/**
 * Bytes, taken in or sent, that are as much work as a short message: to decode, to copy, to hash. Measured:
 * 1.6 ms for a megabyte sent, 2.2 for a transaction of one, so that this is on the safe side.
 */
const BYTES_PER_EFFORT = 16_384;

/** What a message takes, whatever its length. Names come from the wire. */
const EFFORT: ReadonlyMap<string, number> = new Map<MessageType, number>([
  ["headers", 2], ["addr", 4], ["addrv2", 4], ["block", 4],
]);

/** Bytes of a message that are as much work as a short one, where it is not `BYTES_PER_EFFORT`. */
const BYTES_TAKEN_PER_EFFORT: ReadonlyMap<string, number> = new Map<MessageType, number>([
  // 256 items: the longest inventory, of 50,000, has a turn for itself.
  ["inv", 9_216], ["getdata", 9_216], ["notfound", 9_216],
  // 2,000 new ones take 50 ms: these have a turn for themselves.
  ["headers", 2_048],
]);

/** Likewise of the answer to one, where finding what is sent is more work than sending it. */
const BYTES_ANSWERED_PER_EFFORT: ReadonlyMap<string, number> = new Map<MessageType, number>([
  // 2,000 headers take 5.7 ms.
  ["getheaders", 6_144],
  // 2,000 hashes take 9 ms.
  ["getcfheaders", 1_536],
  ["getcfcheckpt", 512],
]);

/** What it took to deal with `incoming`, upon which `sent` bytes were sent to who sent it. */
export function effortOf(incoming: Incoming, sent: number): number {
  const type = incoming.type === "message" ? incoming.message.type : incoming.name;
  const taken = incoming.size / (BYTES_TAKEN_PER_EFFORT.get(type) ?? BYTES_PER_EFFORT);
  const answered = sent / (BYTES_ANSWERED_PER_EFFORT.get(type) ?? BYTES_PER_EFFORT);
  return (EFFORT.get(type) ?? 1) + Math.floor(taken + answered);
}

/** What it took to send so many bytes that nobody has just asked for. */
export function effortOfSending(sent: number): number {
  return Math.floor(sent / BYTES_PER_EFFORT);
}
