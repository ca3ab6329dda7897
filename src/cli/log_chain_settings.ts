/** What the log says at the start of what is taken on trust, and what is kept. @module */
import type { Logger } from "../base/logger.ts";
import type { NodeOptions } from "../node/node_options.ts";
import { displayHash } from "../primitives/hash.ts";

const MIB = 1024 * 1024;

/** In Bitcoin Core's words (node/chainstate.cpp, LoadChainstate). */
export function logChainSettings(
  logger: Logger,
  { params, assumeValid, minimumChainWork, pruneTarget }: NodeOptions,
): void {
  logger.info(assumeValid === undefined ? "Validating signatures for all blocks."
    : `Assuming ancestors of block ${displayHash(assumeValid)} have valid signatures.`);
  logger.info(`Setting nMinimumChainWork=${workText(minimumChainWork)}`);
  if (minimumChainWork < params.minimumChainWork) {
    logger.warning(`nMinimumChainWork set below default value of ${workText(params.minimumChainWork)}`);
  }
  if (pruneTarget === 0) {
    logger.info("Block pruning enabled. Use RPC call pruneblockchain(height) to manually prune block and " +
      "undo files.");
  } else if (pruneTarget !== undefined) {
    logger.info(`Prune configured to target ${pruneTarget / MIB} MiB on disk for block and undo files.`);
  }
}

function workText(work: bigint): string {
  return work.toString(16).padStart(64, "0");
}
