/**
 * What a message that cannot be read costs its sender.
 *
 * Bitcoin Core drops a peer for lists that are too long and ignores most other malformed messages;
 * we drop for those as well, since who sends them is broken or worse, and every reader of the log
 * should know it. Peers with the `noban` permission are kept.
 *
 * @module
 */
import { sanitize } from "../base/safe_text.ts";
import type { DecodeError, DecodeFault } from "../codec/decode_error.ts";
import type { MessageType } from "../wire/message.ts";
import type { Peer } from "./peer.ts";
import type { Incoming } from "./read_messages.ts";

export type MalformedVerdict =
  | { readonly cost: "none" | "disconnect"; readonly text: string }
  | { readonly cost: "misbehaviour"; readonly what: string };

/** Lists whose excess Bitcoin Core calls misbehaviour, by these words. */
const LISTS: ReadonlySet<MessageType> = new Set<MessageType>(["addr", "addrv2", "inv", "getdata", "headers"]);

/** What their codecs call the count of the list itself, not of something in it. */
const LIST_FIELDS: ReadonlySet<string> = new Set(["addresses", "items", "headers"]);

/** Networks of the future may have addresses of forms that we cannot read (BIP155). */
const FORGIVEN: ReadonlySet<MessageType> = new Set<MessageType>(["addrv2"]);

export function judgeMalformed(
  { name, size, error }: Incoming & { readonly type: "malformed" },
  peer: Pick<Peer, "id" | "permissions">,
): MalformedVerdict {
  const { fault } = error;
  if (LISTS.has(name) && isListTooLong(fault)) {
    return { cost: "misbehaviour", what: `${name} message size = ${fault.value}` };
  }
  if (fault.kind === "over-limit" && (name === "filterload" || name === "filteradd")) {
    return { cost: "misbehaviour", what: name === "filterload" ? "too-large bloom filter" : "bad filteradd message" };
  }
  if (name === "sendcmpct" && fault.kind === "malformed") {
    return { cost: "misbehaviour", what: "invalid sendcmpct announce field" };
  }
  const text = `ProcessMessages(${sanitize(name)}, ${size} bytes): Exception '${describe(name, error)}' caught`;
  const isHarmless = FORGIVEN.has(name) || isShortAddr(name, fault) || isBloatedBlock(name, fault);
  if (isHarmless || peer.permissions.has("noban")) return { cost: "none", text };
  return { cost: "disconnect", text: `${text}, disconnecting peer=${peer.id}` };
}

function describe(name: MessageType, { fault, message }: DecodeError): string {
  const isAddress = name === "addrv2" && fault.kind === "over-limit" && fault.field === "address length";
  return isAddress ? `Address too long: ${fault.value} > ${fault.max}` : message;
}

/** Addresses are hearsay: a list that is cut short is no worse than none (rpc_net.py has one sent). */
function isShortAddr(name: string, fault: DecodeFault): boolean {
  return name === "addr" && fault.kind === "truncated";
}

/** A good block may be in it, which others are still to bring: its sender only wrote counts at length. */
function isBloatedBlock(name: string, fault: DecodeFault): boolean {
  return name === "block" && fault.kind === "not-minimal";
}

function isListTooLong(fault: DecodeFault): fault is DecodeFault & { readonly kind: "over-limit" } {
  return fault.kind === "over-limit" && LIST_FIELDS.has(fault.field);
}
