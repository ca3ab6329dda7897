/**
 * What we say about ourselves in `version`, and what we ask of others.
 *
 * @module
 */
import { sanitize } from "../base/safe_text.ts";
import { ADDR_V1_BYTES, isRoutable, type NetworkAddress } from "../primitives/network_address.ts";
import type { Version } from "../wire/messages/version.ts";
import { NODE_BLOOM, NODE_NETWORK, NODE_NETWORK_LIMITED, NODE_WITNESS } from "../wire/services.ts";
import type { Peer, PeerFeatures } from "./peer.ts";

/** With `feature` messages (BIP434). */
export const PROTOCOL_VERSION = 70_017;

const UNSPECIFIED: NetworkAddress = { network: "ipv6", bytes: new Uint8Array(ADDR_V1_BYTES), port: 0 };

/** Before the handshake says better. Shared by all new connections. */
export const NO_FEATURES: PeerFeatures = Object.freeze({
  version: 0,
  services: 0n,
  userAgent: "",
  startHeight: -1,
  relay: false,
  wtxidRelay: false,
  addrV2: false,
  sendHeaders: false,
  compactBlocks: 0,
  timeOffset: 0,
});

/** The part of a peer that the handshake looks at. */
export type Introduced =
  Pick<Peer, "id" | "type" | "isInbound" | "address" | "permissions" | "features" | "transportType">;

/** What we say about ourselves. */
export interface Introduction {
  readonly services: bigint;
  readonly userAgent: string;
  /** Height of our tip. */
  readonly height: number;
  /** No transactions are wanted, but from peers with the `relay` permission. */
  readonly blocksOnly: boolean;
  /** Our tip is no more than a day's blocks old, so that peers with recent blocks only are of use. */
  readonly isTipRecent: boolean;
  /** Unix seconds. */
  readonly time: number;
  /** Our half of the salt, new each time; absent when we do not reconcile transactions (BIP330). */
  readonly reconciliationSalt?: bigint | undefined;
}

/** Without `feature`, of which a stranger needs to know nothing; the rest is what many say. */
const PRIVATE_PROTOCOL_VERSION = 70_016;

/** On a connection that nobody is to know for ours: the same for all nodes (net_processing.cpp). */
function anonymousVersion(nonce: bigint): Version {
  return {
    version: PRIVATE_PROTOCOL_VERSION,
    services: 0n,
    time: 0n,
    receiver: { services: 0n, address: UNSPECIFIED },
    sender: { services: 0n, address: UNSPECIFIED },
    nonce,
    userAgent: "/pynode:0.0.1/",
    startHeight: 0,
    relay: false,
  };
}

/** Our `version`: it tells nobody where we are or what else we are connected to. */
export function ourVersion(peer: Introduced, self: Introduction, nonce: bigint): Version {
  if (isAnonymous(peer)) return anonymousVersion(nonce);
  const services = self.services | (peer.permissions.has("bloomfilter") ? NODE_BLOOM : 0n);
  return {
    version: PROTOCOL_VERSION,
    services,
    time: BigInt(self.time),
    receiver: { services: 0n, address: canBeTold(peer.address) ? peer.address : UNSPECIFIED },
    sender: { services, address: UNSPECIFIED },
    nonce,
    userAgent: self.userAgent,
    startHeight: self.height,
    relay: wantsTransactions(peer, self),
  };
}

/** Whether nothing is said of ourselves that is not said by all, and nothing agreed. */
export function isAnonymous({ type }: Pick<Peer, "type">): boolean {
  return type === "private-broadcast";
}

/** What their `version` settles; later messages add to it. */
export function featuresOf(theirs: Version, self: Introduction): PeerFeatures {
  const theirTime = theirs.time < 0n ? 0 : Number(theirs.time);
  return {
    ...NO_FEATURES,
    version: Math.min(theirs.version, PROTOCOL_VERSION),
    services: theirs.services,
    userAgent: sanitize(theirs.userAgent),
    startHeight: theirs.startHeight,
    relay: theirs.relay,
    timeOffset: theirTime - self.time,
  };
}

/** Whether we want transactions from this peer (net_processing.cpp, RejectIncomingTxs). */
export function wantsTransactions(
  peer: Pick<Peer, "type" | "permissions">,
  self: { readonly blocksOnly: boolean },
): boolean {
  if (peer.type === "block-relay-only" || peer.type === "feeler") return false;
  return !self.blocksOnly || peer.permissions.has("relay");
}

/** Whether the peer is of no use without blocks: those are that we chose from the network by ourselves. */
export function mustServe({ type }: Pick<Peer, "type">): boolean {
  return type === "outbound-full-relay" || type === "block-relay-only" || type === "addr-fetch"
    || type === "private-broadcast";
}

/** What a peer with these services must offer: recent blocks alone will do if we need no others. */
export function servicesWanted(theirs: bigint, self: { readonly isTipRecent: boolean }): bigint {
  if ((theirs & NODE_NETWORK_LIMITED) !== 0n && self.isTipRecent) return NODE_NETWORK_LIMITED | NODE_WITNESS;
  return NODE_NETWORK | NODE_WITNESS;
}

/** Whether their address fits the message, and says nothing about our own network. */
function canBeTold(address: NetworkAddress): boolean {
  return (address.network === "ipv4" || address.network === "ipv6") && isRoutable(address);
}
