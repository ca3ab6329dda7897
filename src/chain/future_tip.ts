import { FUTURE_BLOCK_SECONDS_MAX } from "../consensus/limits.ts";
import type { BlockId, HeaderIndex } from "./header_index.ts";
import { type ChainDataFault, REBUILD } from "./restore.ts";

/**
 * A tip that no clock as ours could have let in: ours is wrong, or the data is (node/chainstate.cpp,
 * VerifyLoadedChainstate). `now`: Unix seconds.
 */
export function futureTipFault(headers: HeaderIndex, tip: BlockId, now: number): ChainDataFault | undefined {
  if (headers.time(tip) <= now + FUTURE_BLOCK_SECONDS_MAX) return undefined;
  return {
    what: "The block database contains a block which appears to be from the future. This may be due to " +
      "your computer's date and time being set incorrectly. Only rebuild the block database if you are " +
      "sure that your computer's date and time are correct",
    advice: REBUILD,
  };
}
