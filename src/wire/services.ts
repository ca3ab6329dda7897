/**
 * What a node offers, as bits of `version` and of addresses (protocol.h, ServiceFlags).
 *
 * @module
 */

/** All blocks. */
export const NODE_NETWORK = 1n << 0n;
/** Bloom filters and `mempool` (BIP111). */
export const NODE_BLOOM = 1n << 2n;
/** Witnesses (BIP144). */
export const NODE_WITNESS = 1n << 3n;
/** Compact block filters (BIP157). */
export const NODE_COMPACT_FILTERS = 1n << 6n;
/** The last 288 blocks at least (BIP159). */
export const NODE_NETWORK_LIMITED = 1n << 10n;
/** The encrypted transport (BIP324). */
export const NODE_P2P_V2 = 1n << 11n;

const NAMES: ReadonlyMap<bigint, string> = new Map([
  [NODE_NETWORK, "NETWORK"],
  [NODE_BLOOM, "BLOOM"],
  [NODE_WITNESS, "WITNESS"],
  [NODE_COMPACT_FILTERS, "COMPACT_FILTERS"],
  [NODE_NETWORK_LIMITED, "NETWORK_LIMITED"],
  [NODE_P2P_V2, "P2P_V2"],
]);

/** The names that Bitcoin Core's RPC shows, lowest bit first; `UNKNOWN[2^n]` for the others. */
export function serviceNames(services: bigint): string[] {
  const names: string[] = [];
  for (let bit = 0n; bit < 64n; bit++) {
    const flag = 1n << bit;
    if ((services & flag) !== 0n) names.push(NAMES.get(flag) ?? `UNKNOWN[2^${bit}]`);
  }
  return names;
}
