import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { Coin } from "../primitives/coin.ts";

/**
 * What each transaction after the coinbase spends, in order; `undefined` for a block that was never
 * connected, or whose undo data is gone.
 */
export function spentCoins(_chain: ChainState, _id: BlockId): readonly (readonly Coin[])[] | undefined {
  return undefined;
}
