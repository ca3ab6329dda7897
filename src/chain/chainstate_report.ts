import type { Chainstates } from "./chainstates.ts";
import type { BlockId } from "./header_index.ts";

/** What is told of a chainstate. */
export interface ChainstateReport {
  readonly tip: BlockId;
  /** Of which block the snapshot was that its coins came from, if they did. */
  readonly snapshotBase: BlockId | undefined;
  /** All blocks up to the tip were connected, here or, for a snapshot, in the background. */
  readonly isValidated: boolean;
  /** Memory that it has for changed coins. */
  readonly budgetBytes: number;
  /** How much of the chain it has, from 0 to 1. */
  readonly progress: number;
}

/** By work, the active one last. */
export function reportChainstates(
  { active, background, base }: Chainstates, progressOf: (tip: BlockId) => number,
): readonly ChainstateReport[] {
  const all = background === undefined ? [active] : [background, active];
  return all.map((each) => {
    const isActive = each === active;
    return {
      tip: each.tip,
      snapshotBase: isActive ? base : undefined,
      isValidated: background === undefined || !isActive,
      budgetBytes: each.budget,
      progress: progressOf(each.tip),
    };
  });
}
