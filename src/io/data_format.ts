/**
 * Which version of the layout a data directory has, as `blocks/format` says.
 *
 * @module
 */
import { promises as fs } from "node:fs";
import * as path from "node:path";
import { DataDirError } from "./data_dir_error.ts";
import { COINS_FOLDER, INDEX_FOLDER } from "./data_folders.ts";
import { ifThere } from "./errno.ts";
import { saveFile } from "./save_file.ts";

/**
 * Counted up when a program of before could no longer read what this one writes. Since 2, coins have
 * checksums.
 */
const DATA_FORMAT = 2;

const FORMAT_FILE = path.join("blocks", "format");

/** What is of format `found` is of this one from now on. */
export async function writeFormat(folder: string, found: number | undefined): Promise<void> {
  if (found !== DATA_FORMAT) await saveFile(path.join(folder, FORMAT_FILE), formatText());
}

function formatText(): string {
  return `tidings data format ${DATA_FORMAT}\n`;
}

/**
 * The format that the directory says it is of; `undefined` when it is new.
 *
 * @throws {DataDirError} when it is of a newer one, or not ours
 */
export async function readFormat(folder: string): Promise<number | undefined> {
  const text = await ifThere(fs.readFile(path.join(folder, FORMAT_FILE), "utf8"));
  if (text === undefined) {
    if (!(await isEmptyFolder(path.join(folder, INDEX_FOLDER)))) throw foreign(folder);
    return undefined;
  }
  const format = /^tidings data format (\d{1,9})\n?$/.exec(text)?.[1];
  if (format === undefined) {
    throw new DataDirError(
      "damaged-format",
      `Cannot use ${folder}: ${FORMAT_FILE} is damaged. If the data is this program's, write ` +
        `"${formatText().trim()}" into it; else give another directory.`,
    );
  }
  if (Number(format) > DATA_FORMAT) {
    throw new DataDirError(
      "newer-format",
      `Cannot use ${folder}: written by a newer tidings: format ${format}, this one reads ${DATA_FORMAT}. ` +
        "Use that version, or another directory.",
    );
  }
  return Number(format);
}

/** @throws {DataDirError} when there are coins of an older format */
export async function requireNoOldCoins(folder: string, format: number | undefined): Promise<void> {
  if (format === undefined || format === DATA_FORMAT) return;
  if (await isEmptyFolder(path.join(folder, COINS_FOLDER))) return;
  throw new DataDirError(
    "older-format",
    `Unsupported chainstate database format found: ${folder} has format ${format}, and coins have ` +
      `checksums since format ${DATA_FORMAT}. Please restart with -reindex-chainstate. This will rebuild ` +
      "the chainstate database.",
  );
}

function foreign(folder: string): DataDirError {
  return new DataDirError(
    "foreign",
    `Cannot use ${folder}: its block index was written by another program, such as Bitcoin Core. ` +
      "Give another directory; its block files can be imported from here.",
  );
}

async function isEmptyFolder(folder: string): Promise<boolean> {
  return ((await ifThere(fs.readdir(folder))) ?? []).length === 0;
}
