/**
 * The folder of a chainstate that began with a snapshot, at a start: what a crash has left of a loading,
 * or the background has found out, is settled here. (chain/snapshot/snapshot_files.ts says what stands in
 * it.)
 *
 * ```text
 *   no base_blockhash    the snapshot was not loaded whole: the folder is removed
 *   refuted              it becomes chainstate_snapshot_INVALID
 *   validated            chainstate ──▶ chainstate_todelete, chainstate_snapshot ──▶ chainstate
 * ```
 *
 * Each step leaves something from which the next start goes on (Bitcoin Core: validation.cpp,
 * ValidatedSnapshotCleanup, InvalidateCoinsDBOnDisk).
 *
 * @module
 */
import { promises as fs } from "node:fs";
import * as path from "node:path";
import {
  SNAPSHOT_BASE_FILE, SNAPSHOT_FOLDER, SNAPSHOT_REFUTED_FILE, SNAPSHOT_VALIDATED_FILE,
} from "../chain/snapshot/snapshot_files.ts";
import { type BlockHash, HASH_BYTES } from "../primitives/hash.ts";
import { COINS_FOLDER } from "./data_folders.ts";
import { ifThere } from "./errno.ts";
import { syncFolder } from "./sync_folder.ts";

const OLD_COINS_FOLDER = "chainstate_todelete";
const REFUTED_FOLDER = `${SNAPSHOT_FOLDER}_INVALID`;
const MARKS = [SNAPSHOT_BASE_FILE, SNAPSHOT_VALIDATED_FILE].map((name) => path.basename(name));

export interface SettledSnapshot {
  /** The block of the snapshot that is still to be checked, if there is one. */
  readonly base: BlockHash | undefined;
  /** What was done, for the log. */
  readonly notes: readonly string[];
}

/** Nobody has the stores of `folder` open. */
export async function settleSnapshot(folder: string): Promise<SettledSnapshot> {
  const at = (name: string): string => path.join(folder, name);
  const notes: string[] = [];
  let base: BlockHash | undefined;
  if (await exists(at(SNAPSHOT_REFUTED_FILE))) {
    notes.push(`[snapshot] the coins of the snapshot are not used: they are kept in ${REFUTED_FOLDER}`);
    await replace(at(SNAPSHOT_FOLDER), at(REFUTED_FOLDER));
  } else if (await exists(at(SNAPSHOT_VALIDATED_FILE))) {
    notes.push("[snapshot] cleaning up unneeded background chainstate, then reinitializing");
    if (await exists(at(COINS_FOLDER))) await replace(at(COINS_FOLDER), at(OLD_COINS_FOLDER));
    await replace(at(SNAPSHOT_FOLDER), at(COINS_FOLDER));
  } else if (await exists(at(SNAPSHOT_FOLDER))) {
    base = await readBase(at(SNAPSHOT_BASE_FILE));
    if (base === undefined) {
      notes.push("[snapshot] snapshot chainstate dir is malformed! no base blockhash file: it is removed");
      await remove(at(SNAPSHOT_FOLDER));
    }
  }
  if (await exists(at(COINS_FOLDER))) {
    for (const mark of MARKS) await fs.rm(path.join(at(COINS_FOLDER), mark), { force: true });
    await remove(at(OLD_COINS_FOLDER));
  }
  if (notes.length > 0) await syncFolder(folder);
  return { base, notes };
}

async function readBase(file: string): Promise<BlockHash | undefined> {
  const bytes = await ifThere(fs.readFile(file));
  return bytes?.length === HASH_BYTES ? (new Uint8Array(bytes) as BlockHash) : undefined;
}

/** Renames `from`; what was at `to` before is gone. */
async function replace(from: string, to: string): Promise<void> {
  await remove(to);
  await fs.rename(from, to);
  await syncFolder(path.dirname(to));
}

function remove(folder: string): Promise<void> {
  return fs.rm(folder, { recursive: true, force: true });
}

async function exists(file: string): Promise<boolean> {
  return (await ifThere(fs.stat(file))) !== undefined;
}
