/**
 * How much of a turn of the loop a message takes, so that none is held for long by those that come
 * together. One unit is about a quarter of a millisecond of a slow machine.
 *
 * @module
 */
import type { Message, MessageType } from "../wire/message.ts";

/** Work done on messages in one turn: headers and long blocks take milliseconds, the rest microseconds. */
export const TURN_EFFORT_MAX = 64;

const EFFORT: Partial<Record<MessageType, number>> = { headers: 16, addr: 4, addrv2: 4 };
/** Of a block, whatever its length. */
const BLOCK_EFFORT = 4;
/** Bytes of a block that are as much work again as a short message: a megabyte fills a turn. */
const BLOCK_BYTES_PER_EFFORT = 16_384;
/** Likewise items of an inventory: the longest one, of 50,000, has a turn for itself. */
const ITEMS_PER_EFFORT = 256;

export function effortOf(message: Message): number {
  switch (message.type) {
    case "inv":
    case "getdata":
    case "notfound":
      return 1 + Math.floor(message.value.items.length / ITEMS_PER_EFFORT);
    case "block":
      return BLOCK_EFFORT + Math.floor(message.value.block.bytes.length / BLOCK_BYTES_PER_EFFORT);
    default:
      return EFFORT[message.type] ?? 1;
  }
}
