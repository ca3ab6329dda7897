/**
 * How many connections of each kind a node holds: as Bitcoin Core shares them out (net.h).
 *
 * @module
 */
import type { ConnectionType } from "../peer/peer.ts";

export const FULL_RELAY_MAX = 8;
export const BLOCK_RELAY_MAX = 2;
export const FEELER_MAX = 1;
/** Of those that the operator has named by `addnode`; they come on top of `maxConnections`. */
export const ADDED_MAX = 8;

export interface ConnectionLimits {
  readonly fullRelay: number;
  readonly blockRelay: number;
  /** All outbound ones but manual ones together. */
  readonly automaticOutbound: number;
  readonly inbound: number;
}

/** Outbound connections come first: they are those that an attacker cannot choose. */
export function connectionLimits(maxConnections: number): ConnectionLimits {
  const fullRelay = Math.min(FULL_RELAY_MAX, maxConnections);
  const blockRelay = Math.min(BLOCK_RELAY_MAX, maxConnections - fullRelay);
  const reserved = fullRelay + blockRelay + FEELER_MAX;
  return {
    fullRelay,
    blockRelay,
    automaticOutbound: Math.min(reserved, maxConnections),
    inbound: Math.max(0, maxConnections - reserved),
  };
}

/** Whether one more connection of `type` may be opened, besides those that are open or being opened. */
export function hasRoom(
  type: ConnectionType,
  existing: readonly ConnectionType[],
  limits: ConnectionLimits,
): boolean {
  const count = (wanted: (each: ConnectionType) => boolean): number => existing.filter(wanted).length;
  const sameType = count((each) => each === type);
  switch (type) {
    case "inbound":
      return sameType < limits.inbound;
    case "manual":
      return true;
    case "outbound-full-relay":
      if (sameType >= limits.fullRelay) return false;
      break;
    case "block-relay-only":
      if (sameType >= limits.blockRelay) return false;
      break;
    case "addr-fetch":
    case "feeler":
      break;
  }
  return count((each) => each !== "inbound" && each !== "manual") < limits.automaticOutbound;
}
