import type { ChainState } from "../chain/chain_state.ts";
import { blockWork } from "../primitives/target.ts";

/** A chain that forks off further back than this many of the tip's blocks of work is not worth our memory. */
const NEAR_TIP_BLOCKS = 144n;

/**
 * The least total work of a chain whose headers we keep: that of the chain we follow, but a day's
 * blocks, and the network's minimum (Bitcoin Core: GetAntiDoSWorkThreshold).
 */
export function antiDosWork(chain: Pick<ChainState, "headers" | "tip">, minimumChainWork: bigint): bigint {
  const tipWork = chain.headers.chainWork(chain.tip);
  const nearTip = tipWork - NEAR_TIP_BLOCKS * blockWork(chain.headers.bits(chain.tip));
  return nearTip > minimumChainWork ? nearTip : minimumChainWork;
}
