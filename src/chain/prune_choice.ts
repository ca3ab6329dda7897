import type { FileInfo } from "./block_files.ts";

/** Blocks below the tip that a pruned node keeps, so that any likely reorganisation finds them (BIP159). */
export const BLOCKS_TO_KEEP = 288;

/** Room for what the next blocks will add before we look again, so that the target holds in between. */
const HEADROOM_BYTES_MAX = 17 * 1024 * 1024;

type Files = ReadonlyMap<number, Readonly<FileInfo>>;

/** Files of which all blocks lie at `lastPrunable` or below. The one being written is never among them. */
export function filesBelow(files: Files, current: number, lastPrunable: number): readonly number[] {
  return [...files]
    .filter(([file, { heightMax, blocks }]) => blocks > 0 && file !== current && heightMax <= lastPrunable)
    .map(([file]) => file)
    .sort((a, b) => a - b);
}

/** The oldest files that have to go so that all fit `target` bytes, as far as `lastPrunable` allows it. */
export function filesToPrune(
  files: Files,
  current: number,
  lastPrunable: number,
  target: number,
  fileBytes: number,
): readonly number[] {
  let size = Math.min(HEADROOM_BYTES_MAX, fileBytes);
  for (const { blockBytes, undoBytes } of files.values()) size += blockBytes + undoBytes;
  const chosen: number[] = [];
  for (const file of filesBelow(files, current, lastPrunable)) {
    if (size < target) break;
    const info = files.get(file);
    if (info === undefined) continue;
    size -= info.blockBytes + info.undoBytes;
    chosen.push(file);
  }
  return chosen;
}
