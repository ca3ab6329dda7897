import type { Bytes } from "../base/bytes.ts";
import type { HeaderContext } from "../consensus/header_context.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { Coin } from "../primitives/coin.ts";
import type { CoinLayer, CoinsView } from "./coin_changes.ts";

/** Where a block is to be connected. */
export interface ConnectPlace {
  readonly params: ChainParams;
  /** The block that it builds on. */
  readonly previous: HeaderContext;
  readonly coins: CoinsView;
  /** Whether it may not make coins that are there already (BIP30). */
  readonly forbidsOverwrite: boolean;
}

/** A block whose coins are in order. */
export interface Connection {
  readonly changes: CoinLayer;
  /** The coins spent, in the order of the inputs: what scripts are checked against, and what undoes it. */
  readonly spent: readonly Coin[];
  readonly spentCount: number;
  /** They as `packSpentOutputs` and as `encodeUndo` write them. */
  readonly spentOutputs: Bytes;
  readonly undo: Bytes;
  readonly flags: number;
}
