import type { Peer } from "../peer/peer.ts";
import { NODE_NETWORK, NODE_NETWORK_LIMITED, NODE_WITNESS } from "../wire/services.ts";

/** The least that a node which keeps only recent blocks keeps (BIP159). */
export const LIMITED_BLOCKS_MIN = 288;

export function canServeBlocks({ features }: Peer): boolean {
  return (features.services & (NODE_NETWORK | NODE_NETWORK_LIMITED)) !== 0n;
}

/** It keeps the last 288 blocks only. */
export function isLimitedPeer({ features }: Peer): boolean {
  return (features.services & (NODE_NETWORK | NODE_NETWORK_LIMITED)) === NODE_NETWORK_LIMITED;
}

export function canServeWitnesses({ features }: Peer): boolean {
  return (features.services & NODE_WITNESS) !== 0n;
}

/** We chose it, or were told to trust it: headers, blocks and transactions are asked of it first. */
export function isPreferred(peer: Peer): boolean {
  const isTrusted = !peer.isInbound || peer.permissions.has("noban");
  return isTrusted && peer.type !== "addr-fetch" && canServeBlocks(peer);
}

/** Chosen by us from the network, rather than named by the operator: it must prove useful to be kept. */
export function isAutomaticOutbound({ type }: Peer): boolean {
  return type === "outbound-full-relay" || type === "block-relay-only";
}
