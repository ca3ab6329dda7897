/**
 * How a chain begins: with the genesis block, or where it was when the node stopped.
 *
 * @module
 */
import { equalBytes } from "../base/bytes.ts";
import { blockFileName, FRAME_BYTES } from "./block_files.ts";
import type { FilePosition } from "./block_table.ts";
import type { ChainParts } from "./chain_parts.ts";
import { type BlockId, GENESIS } from "./header_index.ts";
import { takeChangedPages } from "./index_pages.ts";
import { formatChange, type RestoredState, tipChange } from "./restore.ts";

/** For a start that finds nothing. */
export function writeGenesis(parts: ChainParts): void {
  const { blocks, candidates, headers, outbox, settings: { params: { genesis } } } = parts;
  const files = blocks.store(GENESIS, genesis, findGenesis(parts));
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
