import type { Clock } from "../base/time.ts";
import type { ChainState } from "./chain_state.ts";

/** Whether our tip is younger than so many block intervals. */
export function isTipWithin(
  { headers, params, tip }: Pick<ChainState, "headers" | "params" | "tip">, clock: Clock, blocks: number,
): boolean {
  return clock.unixTime() - headers.time(tip) < blocks * params.work.targetSpacing;
}
