/**
 * What simulated worlds have alike, unless one says otherwise.
 *
 * @module
 */
import type { UnixSeconds } from "../base/time.ts";
import { REGTEST } from "../params/regtest.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";

/** 2024-01-01: any time after the genesis block will do. */
export const SIM_START = 1_704_067_200 as UnixSeconds;

/** One way, in milliseconds: each pair of ends draws one. */
export interface LatencyRange {
  readonly least: number;
  readonly most: number;
}

/** From one town to the next, up to halfway around the world. */
export const USUAL_LATENCY: LatencyRange = { least: 10, most: 150 };

/** Of the first byte of addresses: from here on all are routable, for as many groups as there are. */
const FIRST_BYTE = 20;

/** A routable address: `group` is its /16, of which there are 20,480; `host` its place there. */
export function hostAt(group: number, host: number): NetworkAddress {
  const bytes = Uint8Array.of(FIRST_BYTE + (group >>> 8), group & 0xff, host >>> 8, host & 0xff);
  return { network: "ipv4", bytes, port: REGTEST.port };
}

/** The group of an address that `hostAt` made. */
export function groupOf({ bytes }: NetworkAddress): number {
  return (((bytes[0] as number) - FIRST_BYTE) << 8) | (bytes[1] as number);
}
