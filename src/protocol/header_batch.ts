import { equalBytes } from "../base/bytes.ts";
import type { BlockHeader } from "../primitives/header.ts";

/** Whether each is the child of the one before. */
export function areContinuous(headers: readonly BlockHeader[]): boolean {
  for (let i = 1; i < headers.length; i++) {
    const [parent, child] = [headers[i - 1], headers[i]];
    if (parent === undefined || child === undefined || !equalBytes(parent.hash, child.previous)) return false;
  }
  return true;
}

/** How many headers claim each target: few in one message, and each costs a division to turn into work. */
export function countByBits(headers: readonly BlockHeader[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { bits } of headers) counts.set(bits, (counts.get(bits) ?? 0) + 1);
  return counts;
}
