import type { FileInfo } from "./block_files.ts";

/** Blocks below the tip that a pruned node keeps, so that any likely reorganisation finds them (BIP159). */
export const BLOCKS_TO_KEEP = 288;

/** Room for what the next blocks will add before we look again, so that the target holds in between. */
const HEADROOM_BYTES_MAX = 17 * 1024 * 1024;

type Files = ReadonlyMap<number, Readonly<FileInfo>>;

/** Whether a file may go: none that is being written to, or that has a block which may yet be needed. */
export type IsPrunable = (file: number, info: Readonly<FileInfo>) => boolean;

/** Files with blocks that may go, the oldest first. */
export function filesBelow(files: Files, isPrunable: IsPrunable): readonly number[] {
  return [...files]
    .filter(([file, info]) => info.blocks > 0 && isPrunable(file, info))
    .map(([file]) => file)
    .sort((a, b) => a - b);
}

/** The oldest files that have to go so that all fit `target` bytes, as far as `isPrunable` allows it. */
export function filesToPrune(
  files: Files,
  isPrunable: IsPrunable,
  target: number,
  fileBytes: number,
): readonly number[] {
  let size = Math.min(HEADROOM_BYTES_MAX, fileBytes);
  for (const { blockBytes, undoBytes } of files.values()) size += blockBytes + undoBytes;
  const chosen: number[] = [];
  for (const file of filesBelow(files, isPrunable)) {
    if (size < target) break;
    const info = files.get(file);
    if (info === undefined) continue;
    size -= info.blockBytes + info.undoBytes;
    chosen.push(file);
  }
  return chosen;
}
