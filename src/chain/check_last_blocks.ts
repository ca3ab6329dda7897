/**
 * The blocks that were connected last, read again at each start with what undoes them: what a crash
 * or a failing disk has damaged is most likely among them, and a reorganisation needs them first
 * (Bitcoin Core: `-checkblocks`).
 *
 * @module
 */
import { checkWitnessCommitment } from "../consensus/merkle.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { displayHash } from "../primitives/hash.ts";
import { blockFileName, undoFileName } from "./block_files.ts";
import { type BlockId, GENESIS, type HeaderIndex } from "./header_index.ts";
import { type ChainDataFault, REINDEX } from "./restore.ts";
import type { StoredBlocks } from "./stored_blocks.ts";

/** As many as Bitcoin Core's DEFAULT_CHECKBLOCKS: of the largest blocks, a quarter of a second. */
export const BLOCKS_CHECKED = 6;

/** What is wrong with the last blocks up to `head`, the block as of which the coins are. */
export function checkLastBlocks(
  headers: HeaderIndex,
  blocks: StoredBlocks,
  head: BlockId,
  params: ChainParams,
): ChainDataFault | undefined {
  let id = head;
  for (let count = 0; count < BLOCKS_CHECKED && id !== GENESIS && headers.hasBlock(id); count++) {
    const { file } = headers.blocks.position(id) ?? { file: 0 };
    const hash = displayHash(headers.hash(id));
    if (!isBlockGood(headers, blocks, id, params)) {
      return { what: `Block ${hash} in ${blockFileName(file)} is damaged`, advice: REINDEX };
    }
    if (headers.blocks.hasUndo(id) && blocks.undo(id) === undefined) {
      const what = `What undoes block ${hash}, in ${undoFileName(file)}, is damaged`;
      return { what, advice: REINDEX };
    }
    id = headers.previous(id) ?? GENESIS;
  }
  return undefined;
}

/** Witnesses too, for which the merkle root does not speak: whoever we served them to would drop us. */
function isBlockGood(headers: HeaderIndex, blocks: StoredBlocks, id: BlockId, params: ChainParams): boolean {
  const block = blocks.block(id);
  if (block === undefined) return false;
  return checkWitnessCommitment(block, headers.height(id) >= params.deployments.segwitHeight) === undefined;
}
