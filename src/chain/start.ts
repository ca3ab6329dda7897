/**
 * How a chain begins: with the genesis block, or where it was when the node stopped.
 *
 * @module
 */
import { equalBytes, NO_BYTES } from "../base/bytes.ts";
import { blockFileName, FRAME_BYTES, undoFileName } from "./block_files.ts";
import type { FilePosition } from "./block_table.ts";
import type { ChainParts } from "./chain_parts.ts";
import { REINDEX_MARK } from "./chain_ports.ts";
import { checkLastBlocks } from "./check_last_blocks.ts";
import { type BlockId, GENESIS } from "./header_index.ts";
import { takeChangedPages } from "./index_pages.ts";
import { ChainDataError, formatChange, type RestoredState, tipChange } from "./restore.ts";

/** For a start that finds nothing. */
export function writeGenesis(parts: ChainParts): void {
  const { blocks, candidates, headers, outbox, settings: { params: { genesis } } } = parts;
  // There is an undo file for each file of blocks, though genesis has nothing to undo.
  const undo = { name: undoFileName(0), offset: 0, bytes: NO_BYTES };
  const files = [...blocks.store(GENESIS, genesis, findGenesis(parts)), undo];
  candidates.received(GENESIS);
  headers.blocks.setConnected(GENESIS);
  const index = [formatChange(), ...takeChangedPages(headers), tipChange(genesis.hash)];
  outbox.send({ files, index }, () => blocks.written(GENESIS, files));
  blocks.forget(GENESIS);
}

/** Where it stands in the files that the index is made from: at the very beginning, if at all. */
function findGenesis({ ports, settings: { params: { genesis } } }: ChainParts): FilePosition | undefined {
  const { bytes } = genesis;
  const position = { file: 0, offset: FRAME_BYTES, length: bytes.length };
  const found = ports.files.read(blockFileName(0), FRAME_BYTES, bytes.length);
  return found !== undefined && equalBytes(found, bytes) ? position : undefined;
}

/** Blocks and candidates, as a start found them. */
export function putBack(parts: ChainParts, { lost, tip }: RestoredState): void {
  const { candidates, files, headers, outbox, ports } = parts;
  for (let row = 0; row < headers.size; row++) {
    const [block, undo] = [headers.blocks.position(row), headers.blocks.undoPosition(row)];
    if (block !== undefined) files.restoreBlock(block, headers.height(row as BlockId));
    if (undo !== undefined) files.restoreUndo(undo);
  }
  candidates.restore(tip);
  if (lost > 0) {
    const what = `${lost} blocks did not reach the disk before the last stop`;
    ports.logger.warning(`${what}: they are downloaded again`);
  }
  const index = takeChangedPages(headers);
  if (index.length > 0) outbox.send({ index });
}

/**
 * Scripts of all blocks are to be checked, of those that were connected before too. The mark goes last: a
 * start that finds it removes the coins again, and comes here again.
 */
export function connectAnew({ headers, outbox }: ChainParts, isReindexing: boolean): void {
  for (let row = GENESIS + 1; row < headers.size; row++) {
    if (headers.blocks.wasConnected(row)) headers.blocks.setUnchecked(row);
  }
  // While block files are read there is another mark, which stays until they are.
  const removeFiles = isReindexing ? [] : [REINDEX_MARK];
  outbox.send({ index: takeChangedPages(headers), removeFiles, sync: true });
}

/** @throws {ChainDataError} when the last blocks of a chainstate are damaged */
export function checkHeads(
  { blocks, headers, settings: { params } }: ChainParts, { coinsHead, background }: RestoredState,
): void {
  for (const head of [coinsHead, background?.coinsHead ?? GENESIS]) {
    const fault = checkLastBlocks(headers, blocks, head, params);
    if (fault !== undefined) throw new ChainDataError(fault);
  }
}
