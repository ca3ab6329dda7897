/**
 * How far a `-reindex` has come, kept in `blocks/reindex` so that a start after a crash goes on with it.
 *
 * ```text
 *   -reindex              "wipe all" ──▶ indexes, coins and undo files are removed ──▶ "read" ──▶ no file
 *   -reindex-chainstate   "wipe chainstate" ──▶ coins are removed ──▶ the index says that no block was
 *                         connected ──▶ no file. Where there was "read", that stays
 * ```
 *
 * What is not one of these words, or damaged, counts as "wipe all": nothing is lost by it but time.
 *
 * @module
 */
import { promises as fs } from "node:fs";
import * as path from "node:path";
import { REINDEX_MARK } from "../chain/chain_ports.ts";
import { SNAPSHOT_FOLDER } from "../chain/snapshot/snapshot_files.ts";
import { COINS_FOLDER } from "./data_folders.ts";
import { ifThere } from "./errno.ts";
import { saveFile } from "./save_file.ts";
import { syncFolder } from "./sync_folder.ts";

/** What is made again from the block files. */
export interface Reindex {
  /** `all`: the block index too, and every other one. */
  readonly what: "all" | "chainstate";
  /** Block files behind a gap are to be removed: without the blocks before them they are of no use. */
  readonly isPruning: boolean;
}

export type ReindexStage = "none" | "wipe-all" | "wipe-chainstate" | "read";

const WORDS: Readonly<Record<string, ReindexStage>> = {
  "wipe all\n": "wipe-all", "wipe chainstate\n": "wipe-chainstate", "read\n": "read",
};

export async function readReindexStage(folder: string): Promise<ReindexStage> {
  const word = await ifThere(fs.readFile(path.join(folder, REINDEX_MARK), "utf8"));
  return word === undefined ? "none" : WORDS[word] ?? "wipe-all";
}

/** What is left to do for who has opened the directory. */
export interface ReindexPlan {
  /** All block files are to be read. */
  readonly readsFiles: boolean;
  /** `RestoredChain.connectsAnew` */
  readonly connectsAnew: boolean;
}

/** Removes what is to be made again. Nobody has the stores open. */
export async function wipeForReindex(
  folder: string, wanted: Reindex | undefined, stage: ReindexStage,
): Promise<ReindexPlan> {
  const isAll = wanted?.what === "all" || stage === "wipe-all";
  if (!isAll) {
    // Coins can be made from a part of the index too: its reading goes on.
    if (stage !== "read") await mark(folder, "wipe chainstate\n");
    await removeCoins(folder);
    return { readsFiles: stage === "read", connectsAnew: true };
  }
  await mark(folder, "wipe all\n");
  await removeCoins(folder);
  await removeAll(path.join(folder, "blocks"), (name) => name === "index" || /^rev\d+\.dat$/.test(name));
  await removeAll(path.join(folder, "indexes"), () => true);
  if (wanted?.isPruning === true) await removeBlocksBehindGap(path.join(folder, "blocks"));
  await mark(folder, "read\n");
  return { readsFiles: true, connectsAnew: false };
}

export async function clearReindexMark(folder: string): Promise<void> {
  await fs.rm(path.join(folder, REINDEX_MARK), { force: true });
  await syncFolder(path.join(folder, "blocks"));
}

function mark(folder: string, word: string): Promise<void> {
  return saveFile(path.join(folder, REINDEX_MARK), word);
}

/** Those of a snapshot as well. */
async function removeCoins(folder: string): Promise<void> {
  await removeAll(folder, (name) => name === COINS_FOLDER || name.startsWith(SNAPSHOT_FOLDER));
}

/** Bitcoin Core: CleanupBlockRevFiles. */
async function removeBlocksBehindGap(folder: string): Promise<void> {
  const names = new Set(await fs.readdir(folder));
  let first = 0;
  while (names.has(blockFile(first))) first++;
  await removeAll(folder, (name) => /^blk\d+\.dat$/.test(name) && parseInt(name.slice(3), 10) > first);
}

function blockFile(number: number): string {
  return `blk${String(number).padStart(5, "0")}.dat`;
}

async function removeAll(folder: string, isChosen: (name: string) => boolean): Promise<void> {
  for (const name of await fs.readdir(folder)) {
    if (isChosen(name)) await fs.rm(path.join(folder, name), { recursive: true, force: true });
  }
  await syncFolder(folder);
}
