import type { ChainParams } from "../params/chain_params.ts";

/**
 * What is still missing for a network on which strangers' money hangs. While this is not empty a
 * node talks to peers on its own machine only there, and says why.
 */
const MISSING_FOR_PUBLIC_NETWORKS: readonly string[] = [
  "its address book can be flooded",
  "its connections are not encrypted",
];

/**
 * Why peers that are not on this machine are neither dialled nor let in; `undefined` where they are
 * welcome.
 */
export function loopbackOnlyReason({ isPublic, name }: ChainParams): string | undefined {
  if (!isPublic || MISSING_FOR_PUBLIC_NETWORKS.length === 0) return undefined;
  const missing = MISSING_FOR_PUBLIC_NETWORKS.join(", ");
  return `on ${name} this version talks to peers on this machine only: ${missing}`;
}
