import { blockWork } from "../primitives/target.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { BlockHash } from "../primitives/hash.ts";
import type { BlockId, HeaderIndex } from "./header_index.ts";

/**
 * A block is taken as vouched for only under this much work on top of it, in seconds at the best
 * header's pace, so that nobody can cheaply make us follow a chain with bad scripts.
 */
const BURIED_SECONDS = 14 * 24 * 60 * 60;

/** Why scripts of the block must be checked; `undefined` when they are vouched for (validation.cpp). */
export function reasonToCheckScripts(
  headers: HeaderIndex,
  id: BlockId,
  bestHeader: BlockId,
  assumeValid: BlockHash | undefined,
  minimumChainWork: bigint,
  params: ChainParams,
): string | undefined {
  if (assumeValid === undefined) return "assumevalid=0 (always verify)";
  const assumed = headers.find(assumeValid);
  if (assumed === undefined) return "assumevalid hash not in headers";
  if (!headers.descendsFrom(assumed, id)) {
    const isAbove = headers.height(id) > headers.height(assumed);
    return isAbove ? "block height above assumevalid height" : "block not in assumevalid chain";
  }
  if (!headers.descendsFrom(bestHeader, id)) return "block not in best header chain";
  if (headers.chainWork(bestHeader) < minimumChainWork) return "best header chainwork below minimumchainwork";
  const work = headers.chainWork(bestHeader) - headers.chainWork(id);
  const seconds = (work * BigInt(params.work.targetSpacing)) / blockWork(headers.bits(bestHeader));
  return seconds <= BURIED_SECONDS ? "block too recent relative to best header" : undefined;
}
