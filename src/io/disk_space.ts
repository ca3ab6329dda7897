import { promises as fs } from "node:fs";
import { DataDirError } from "./data_dir_error.ts";

/** Bitcoin Core's min_disk_space: room to write out what is in memory, and to stop cleanly. */
export const FREE_BYTES_MIN = 50 * 1024 * 1024;

/** Free space is asked for at most this often: a disk does not fill within it. */
const SPACE_CHECK_INTERVAL_MS = 5_000;

/** The free bytes of a folder's file system. */
export type FreeBytes = (folder: string) => Promise<number>;

/** Sees to it that there is room on the disk of a folder. */
export class DiskSpace {
  readonly #folder: string;
  readonly #freeBytes: FreeBytes;
  #checkedAt = Number.NEGATIVE_INFINITY;

  /** `freeBytes` only for tests. */
  constructor(folder: string, freeBytes: FreeBytes = freeBytesOf) {
    this.#folder = folder;
    this.#freeBytes = freeBytes;
  }

  /** @throws {DataDirError} when the disk is nearly full. Asks the system every few seconds only. */
  async check(): Promise<void> {
    const now = performance.now();
    if (now - this.#checkedAt < SPACE_CHECK_INTERVAL_MS) return;
    // In Bitcoin Core's words (validation.cpp, FlushStateToDisk).
    await this.require("Disk space is too low!");
    this.#checkedAt = now;
  }

  /** @throws {DataDirError} when the disk is nearly full */
  async require(what = "Disk space is low."): Promise<void> {
    const free = await this.#freeBytes(this.#folder);
    if (free >= FREE_BYTES_MIN) return;
    throw new DataDirError(
      "disk-full",
      `${what} On the disk of "${this.#folder}" ${megabytes(free)} MB are free, ` +
        `at least ${megabytes(FREE_BYTES_MIN)} MB are needed`,
    );
  }
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / 1_000_000);
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await fs.statfs(folder);
  return bavail * bsize;
}
