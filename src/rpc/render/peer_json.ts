import { toHex } from "../../base/bytes.ts";
import { elapsed, type Instant, toUnixSeconds } from "../../base/time.ts";
import type { PeerReport } from "../../node/peer_report.ts";
import type { Peer } from "../../peer/peer.ts";
import { formatAddress } from "../../primitives/host_text.ts";
import { isValidHost } from "../../primitives/network_address.ts";
import { serviceNames } from "../../wire/services.ts";
import { coins } from "../json.ts";
import type { PeerJson } from "../schema.ts";
import { amount, boolean, hex, list, map, number, object, optional, text, time } from "../shape.ts";

/** As 16 hex digits. */
export function servicesText(services: bigint): string {
  return services.toString(16).padStart(16, "0");
}

/** `getpeerinfo` of one peer; `report` is what the protocols know of it. */
export function peerJson(peer: Peer, report: PeerReport, now: Instant): PeerJson {
  return { ...connectionJson(peer, report), ...trafficJson(peer, now), ...relayJson(peer, report) };
}

type ConnectionKey = "id" | "addr" | "addrbind" | "addrlocal" | "network" | "mapped_as" | "services" | "servicesnames" |
  "relaytxes" | "last_inv_sequence" | "inv_to_send";
type TrafficKey = "lastsend" | "lastrecv" | "last_transaction" | "last_block" | "bytessent" | "bytesrecv" |
  "conntime" | "timeoffset" | "pingtime" | "minping" | "pingwait";

function connectionJson(peer: Peer, report: PeerReport): Pick<PeerJson, ConnectionKey> {
  const { address, features } = peer;
  return {
    id: peer.id,
    addr: formatAddress(address),
    // A socket in the file system, to a proxy, has no such end.
    ...(isValidHost(report.local) ? { addrbind: formatAddress(report.local) } : {}),
    // Peers that keep their view of us to themselves say that we are nowhere.
    ...(report.localSeen === undefined || !isValidHost(report.localSeen)
      ? {}
      : { addrlocal: formatAddress(report.localSeen) }),
    network: peer.network ?? "not_publicly_routable",
    ...(report.asn === 0 ? {} : { mapped_as: report.asn }),
    services: servicesText(features.services),
    servicesnames: serviceNames(features.services),
    // A peer that no transaction is ever told of may have asked for them all the same.
    relaytxes: report.relaysTransactions,
    last_inv_sequence: report.lastInvSequence,
    inv_to_send: report.invToSend,
  };
}

function trafficJson({ features, stats }: Peer, now: Instant): Pick<PeerJson, TrafficKey> {
  const { pingTime, minPing, pingSentAt } = stats;
  const wait = pingSentAt === undefined ? 0 : elapsed(pingSentAt, now);
  return {
    lastsend: moment(stats.lastSend),
    lastrecv: moment(stats.lastReceive),
    last_transaction: moment(stats.lastTransactionAt),
    last_block: moment(stats.lastBlockAt),
    bytessent: stats.bytesSent,
    bytesrecv: stats.bytesReceived,
    conntime: moment(stats.connectedAt),
    timeoffset: features.timeOffset,
    ...(pingTime === undefined ? {} : { pingtime: inSeconds(pingTime) }),
    ...(minPing === undefined ? {} : { minping: inSeconds(minPing) }),
    ...(wait > 0 ? { pingwait: inSeconds(wait) } : {}),
  };
}

function relayJson(peer: Peer, report: PeerReport): Omit<PeerJson, ConnectionKey | TrafficKey> {
  const { features, stats } = peer;
  return {
    version: features.version,
    subver: features.userAgent,
    inbound: peer.isInbound,
    bip152_hb_to: false,
    bip152_hb_from: false,
    presynced_headers: report.presyncedHeaders,
    synced_headers: report.syncedHeaders,
    synced_blocks: report.syncedBlocks,
    inflight: report.inFlight,
    addr_relay_enabled: report.addressRelay,
    addr_processed: report.addressesProcessed,
    addr_rate_limited: report.addressesRateLimited,
    permissions: [...peer.permissions],
    minfeefilter: coins(report.feeFilter),
    bytessent_per_msg: byType(stats.sentByType),
    bytesrecv_per_msg: byType(stats.receivedByType),
    connection_type: peer.type,
    transport_protocol_type: peer.transportType,
    session_id: peer.sessionId === undefined ? "" : toHex(peer.sessionId),
  };
}

/** Unix seconds; zero for never. */
function moment(at: Instant | undefined): number {
  return at === undefined ? 0 : toUnixSeconds(at);
}

/** Seconds, down to the microsecond. */
function inSeconds(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1_000_000;
}

function byType(bytes: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...bytes].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export const peerShape = object({
  id: number("Its number: connections are counted from 0"),
  addr: text("Its address and port"),
  addrbind: optional(text("Our end of the connection")),
  addrlocal: optional(text("Where it says that it reached us")),
  network: text("Its network (ipv4, ipv6, onion, i2p, cjdns, not_publicly_routable)"),
  mapped_as: optional(number("Number of the autonomous system of its address, if -asmap is given")),
  services: hex("What it offers, as bits"),
  servicesnames: list(text("The name of such a bit")),
  relaytxes: boolean("Whether it wants transactions announced"),
  last_inv_sequence: number("The mempool's sequence number at the last announcement to it"),
  inv_to_send: number("Transactions that wait to be announced to it"),
  lastsend: time("When something was last sent to it, in Unix seconds"),
  lastrecv: time("When something last came from it"),
  last_transaction: time("When a valid transaction last came from it"),
  last_block: time("When a block last came from it"),
  bytessent: number("Bytes sent to it"),
  bytesrecv: number("Bytes that came from it"),
  conntime: time("When it was connected"),
  timeoffset: number("Its clock less ours, in seconds"),
  pingtime: optional(number("Seconds that the last ping took")),
  minping: optional(number("Seconds that the quickest ping took")),
  pingwait: optional(number("Seconds for which a ping has been unanswered")),
  version: number("The protocol version it speaks"),
  subver: text("What it calls itself"),
  inbound: boolean("Whether it dialled us"),
  bip152_hb_to: boolean("Whether we asked it for blocks unannounced"),
  bip152_hb_from: boolean("Whether it asked us for that"),
  presynced_headers: number("Height up to which its low-work headers have been checked; -1 for none"),
  synced_headers: number("Height of the last header in common; -1 for none"),
  synced_blocks: number("Height of the last block in common; -1 for none"),
  inflight: list(number("Height of a block that it has been asked for")),
  addr_relay_enabled: boolean("Whether addresses are passed on to it"),
  addr_processed: number("Addresses of its messages that were looked at"),
  addr_rate_limited: number("Addresses that were dropped because it sent too many"),
  permissions: list(text("A permission it has been granted")),
  minfeefilter: amount("It wants no transactions that pay less, in coins per 1,000 virtual bytes"),
  bytessent_per_msg: map("msg", number("Bytes of messages of this type sent to it")),
  bytesrecv_per_msg: map("msg",
    number("Bytes of messages of this type that came from it; *other* for unknown types")),
  connection_type: text("inbound, manual, outbound-full-relay, block-relay-only, addr-fetch, feeler or " +
    "private-broadcast"),
  transport_protocol_type: text("detecting, v1 or v2"),
  session_id: text("The session's id; empty on v1"),
});
