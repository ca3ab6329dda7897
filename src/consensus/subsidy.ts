import type { ChainParams } from "../params/chain_params.ts";
import type { Sats } from "../primitives/amount.ts";

/** A shift by more than 63 bits is zero, whatever the subsidy was (validation.cpp, GetBlockSubsidy). */
const HALVINGS_MAX = 64;

/** The new coins that the block at `height` may make. */
export function blockSubsidy(height: number, { money }: ChainParams): Sats {
  const halvings = Math.floor(height / money.subsidyHalvingInterval);
  return (halvings >= HALVINGS_MAX ? 0 : Math.floor(money.initialSubsidy / 2 ** halvings)) as Sats;
}
