import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { Block } from "../primitives/block.ts";
import type { Coin } from "../primitives/coin.ts";
import { RPC_CODE, RpcError } from "./rpc_error.ts";

/**
 * What each transaction of `block` after the coinbase spends, in order; `undefined` for a block that was
 * never connected, or whose undo data is pruned.
 *
 * @throws {RpcError} when there should be undo data, and it cannot be read
 */
export function spentCoins(
  chain: ChainState, id: BlockId, block: Block,
): readonly (readonly Coin[])[] | undefined {
  const coins = chain.readUndo(id);
  if (coins === undefined) {
    if (!chain.headers.blocks.hasUndo(id)) return undefined;
    throw new RpcError(RPC_CODE.internal, "Undo data expected but can't be read. This could be due to disk " +
      "corruption or a conflict with a pruning event.");
  }
  let at = 0;
  return block.transactions.slice(1).map(({ inputs }) => coins.slice(at, (at += inputs.length)));
}
