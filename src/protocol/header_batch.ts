import { equalBytes } from "../base/bytes.ts";
import type { BlockHeader } from "../primitives/header.ts";
import { blockWork, meetsTarget } from "../primitives/target.ts";

/** Whether each is the child of the one before. */
export function areContinuous(headers: readonly BlockHeader[]): boolean {
  for (let i = 1; i < headers.length; i++) {
    const [parent, child] = [headers[i - 1], headers[i]];
    if (parent === undefined || child === undefined || !equalBytes(parent.hash, child.previous)) return false;
  }
  return true;
}

/** Whether the work that each claims was done, and none claims less than `limit` asks for. */
export function haveWork(headers: readonly BlockHeader[], limit: bigint): boolean {
  return headers.every(({ hash, bits }) => meetsTarget(hash, bits, limit));
}

/** What all claim together. Targets in one message are few, and each costs a division to turn into work. */
export function claimedWork(headers: readonly BlockHeader[]): bigint {
  const counts = new Map<number, number>();
  for (const { bits } of headers) counts.set(bits, (counts.get(bits) ?? 0) + 1);
  let work = 0n;
  for (const [bits, count] of counts) work += blockWork(bits) * BigInt(count);
  return work;
}
