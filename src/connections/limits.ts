/**
 * How many connections of each kind a node holds: as Bitcoin Core shares them out (net.h).
 *
 * @module
 */
import type { ConnectionType } from "../peer/peer.ts";

/** Of all kinds but those that the operator names (`-maxconnections`). */
export const DEFAULT_MAX_CONNECTIONS = 125;

export const FULL_RELAY_MAX = 8;
export const BLOCK_RELAY_MAX = 2;
/** Of feelers, and of all that come on top for a while: the place is shared. */
export const FEELER_MAX = 1;
/** Of those that the operator has named by `addnode`; they come on top of `maxConnections`. */
export const ADDED_MAX = 8;

export interface ConnectionLimits {
  readonly fullRelay: number;
  readonly blockRelay: number;
  /** All outbound ones but manual ones and private broadcasts together. */
  readonly automaticOutbound: number;
  readonly inbound: number;
}

/**
 * Outbound connections come first: they are those that an attacker cannot choose. Networks inside one
 * machine have nobody to hide links from, and do without block-relay peers.
 */
export function connectionLimits(maxConnections: number, localPeers = false): ConnectionLimits {
  const fullRelay = Math.min(FULL_RELAY_MAX, maxConnections);
  const blockRelay = localPeers ? 0 : Math.min(BLOCK_RELAY_MAX, maxConnections - fullRelay);
  const reserved = fullRelay + blockRelay + FEELER_MAX;
  return {
    fullRelay,
    blockRelay,
    automaticOutbound: Math.min(reserved, maxConnections),
    inbound: Math.max(0, maxConnections - reserved),
  };
}

/** Kinds of outbound connections that share the places of `automaticOutbound`. */
const AUTOMATIC: readonly ConnectionType[] = [
  "outbound-full-relay", "block-relay-only", "feeler", "addr-fetch",
];

/** How many there are of a kind, open or being opened. */
export type CountOf = (type: ConnectionType) => number;

/** Whether there is a place for one more automatic connection, of whichever kind. */
export function hasAutomaticRoom(count: CountOf, limits: ConnectionLimits): boolean {
  let sum = 0;
  for (const type of AUTOMATIC) sum += count(type);
  return sum < limits.automaticOutbound;
}

/** Whether the operator may open one more of `type`. */
export function hasRoom(type: ConnectionType, count: CountOf, limits: ConnectionLimits): boolean {
  switch (type) {
    case "inbound":
      return count(type) < limits.inbound;
    case "manual":
    case "private-broadcast":
      return true;
    case "outbound-full-relay":
      return count(type) < limits.fullRelay && hasAutomaticRoom(count, limits);
    case "block-relay-only":
      return count(type) < limits.blockRelay && hasAutomaticRoom(count, limits);
    case "addr-fetch":
    case "feeler":
      return hasAutomaticRoom(count, limits);
  }
}
