import { equalBytes } from "../base/bytes.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { displayHash } from "../primitives/hash.ts";
import type { BlockId, HeaderIndex } from "./header_index.ts";

/** The two blocks of main whose coinbases have the ids of earlier ones, unspent until then (BIP30). */
const REPEATS = new Map([
  [91_842, "00000000000a4d0a398161ffc163c503763b1f4360639393e0e4c8e300e0caec"],
  [91_880, "00000000000743f190a18c5577a3c2d2a1f610ae9601ac046a38084ccb7cd721"],
]);

/** From here on heights that coinbases long ago happened to begin with may come true (validation.cpp). */
export const BIP34_IMPLIES_BIP30_BELOW = 1_983_702;

/** Whether the block made its coinbase's coins anew while the old ones were unspent. */
export function repeatsCoinbase(headers: HeaderIndex, id: BlockId): boolean {
  const height = headers.height(id);
  return REPEATS.has(height) && REPEATS.get(height) === displayHash(headers.hash(id));
}

/**
 * Whether the block must be searched for coins that are there already.
 *
 * Once coinbases name their height (BIP34) no two are alike, and the search, which costs a look-up
 * for each output, can be left out: on the one chain of which we know what came before, that of `bip34Hash`.
 */
export function forbidsOverwrite(
  headers: HeaderIndex,
  id: BlockId,
  { deployments: { bip34Hash, bip34Height } }: ChainParams,
): boolean {
  const height = headers.height(id);
  if (repeatsCoinbase(headers, id)) return false;
  if (bip34Hash === undefined || height <= bip34Height || height >= BIP34_IMPLIES_BIP30_BELOW) return true;
  const activation = headers.ancestor(id, bip34Height);
  return activation === undefined || !equalBytes(headers.hash(activation), bip34Hash);
}
