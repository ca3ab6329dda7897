import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { Block } from "../primitives/block.ts";
import type { Coin } from "../primitives/coin.ts";

/**
 * What each transaction of `block` after the coinbase spends, in order; `undefined` for a block that was
 * never connected, or whose undo data is gone.
 */
export function spentCoins(
  chain: ChainState, id: BlockId, block: Block,
): readonly (readonly Coin[])[] | undefined {
  const coins = chain.readUndo(id);
  if (coins === undefined) return undefined;
  let at = 0;
  return block.transactions.slice(1).map(({ inputs }) => coins.slice(at, (at += inputs.length)));
}
