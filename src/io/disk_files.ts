/**
 * The file store on `node:fs`: block and undo files, written at given places.
 *
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import type { FileStore, FileWrite } from "../store/file_store.ts";
import { applyMask } from "./block_mask.ts";
import { errorCode, ifThere } from "./errno.ts";
import { FILE_MODE, FOLDER_MODE } from "./file_modes.ts";
import { joinWrites } from "./join_writes.ts";
import { Serial } from "./serial.ts";
import { syncFolder } from "./sync_folder.ts";

/** Descriptors kept open: enough for the files being written and those that peers now read. */
const OPEN_FILES_MAX = 32;

/** Milliseconds after which a system has written out any change by itself: Linux takes half a minute. */
const WRITTEN_AFTER_MS = 60 * 60 * 1_000;

interface OpenFile {
  readonly descriptor: number;
  /** Which file it is: another may come to stand under its name. */
  readonly inode: number;
  /** Asynchronous reads and writes under way: it is not closed while there are any. */
  users: number;
  isForgotten: boolean;
}

export class DiskFiles implements FileStore {
  readonly #root: string;
  readonly #mask: Bytes | undefined;
  /** By name; the one used last is the last. */
  readonly #open = new Map<string, OpenFile>();
  readonly #changes = new Serial();
  /** Files written to, and folders that got new files, since they were last synced. */
  readonly #unsynced = new Set<string>();
  readonly #unsyncedFolders = new Set<string>();

  constructor(root: string, mask?: Bytes) {
    this.#root = root;
    this.#mask = mask;
  }

  read(name: string, offset: number, length: number): Bytes | undefined {
    const file = this.#readable(name);
    if (file === undefined) return undefined;
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const count = fs.readSync(file.descriptor, bytes, done, length - done, offset + done);
      if (count === 0) return undefined;
      done += count;
    }
    return this.#unmasked(name, offset, bytes);
  }

  /** As `read`, but the loop goes on meanwhile: for blocks that are served to peers. */
  async load(name: string, offset: number, length: number): Promise<Bytes | undefined> {
    const file = this.#readable(name);
    if (file === undefined) return undefined;
    return this.#use(file, async () => {
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const count = await readAt(file.descriptor, bytes, done, offset + done);
        if (count === 0) return undefined;
        done += count;
      }
      return this.#unmasked(name, offset, bytes);
    });
  }

  write(writes: readonly FileWrite[], options?: { readonly sync?: boolean }): Promise<void> {
    return this.#changes.run(async () => {
      await this.#writeAll(writes);
      if (options?.sync === true) await this.#syncAll();
    });
  }

  remove(names: readonly string[]): Promise<void> {
    return this.#changes.run(async () => {
      for (const name of names) {
        const file = this.#open.get(name);
        if (file !== undefined) this.#forget(name, file);
        this.#unsynced.delete(name);
        await fs.promises.rm(this.#path(name), { force: true });
      }
    });
  }

  /**
   * Syncs what a process that was killed may have left in the system's hands, since it is now told of,
   * and built on: the files of a folder that were changed lately.
   */
  syncRecent(folder: string): Promise<void> {
    return this.#changes.run(async () => {
      for (const entry of await this.#entries(folder)) {
        if (!entry.isFile()) continue;
        const { mtimeMs } = await fs.promises.stat(path.join(this.#path(folder), entry.name));
        if (Date.now() - mtimeMs < WRITTEN_AFTER_MS) this.#unsynced.add(`${folder}/${entry.name}`);
      }
      if (this.#unsynced.size > 0) this.#unsyncedFolders.add(this.#path(folder));
      await this.#syncAll();
    });
  }

  async list(folder: string): Promise<readonly { readonly name: string; readonly size: number }[]> {
    const found: { name: string; size: number }[] = [];
    for (const entry of await this.#entries(folder)) {
      if (!entry.isFile()) continue;
      const { size } = await fs.promises.stat(path.join(this.#path(folder), entry.name));
      found.push({ name: entry.name, size });
    }
    return found;
  }

  async close(): Promise<void> {
    await this.#changes.idle();
    for (const [name, file] of [...this.#open]) this.#forget(name, file);
  }

  async #writeAll(writes: readonly FileWrite[]): Promise<void> {
    for (const { name, offset, bytes: plain } of joinWrites(writes)) {
      const bytes = this.#isMasked(name) ? this.#unmasked(name, offset, plain.slice()) : plain;
      await this.#use(this.#opened(name), (descriptor) => writeFully(descriptor, bytes, offset));
      this.#unsynced.add(name);
    }
  }

  /** Makes all that was written so far survive a power cut, and the names of new files too. */
  async #syncAll(): Promise<void> {
    for (const name of this.#unsynced) await this.#use(this.#opened(name), syncData);
    this.#unsynced.clear();
    for (const folder of this.#unsyncedFolders) await syncFolder(folder);
    this.#unsyncedFolders.clear();
  }

  async #entries(folder: string): Promise<readonly fs.Dirent[]> {
    return (await ifThere(fs.promises.readdir(this.#path(folder), { withFileTypes: true }))) ?? [];
  }

  /** The file that stands under this name now: one taken away since we opened it is not read on. */
  #readable(name: string): OpenFile | undefined {
    const known = this.#open.get(name);
    if (known !== undefined) {
      const inode = fs.statSync(this.#path(name), { throwIfNoEntry: false })?.ino;
      if (inode !== known.inode) this.#forget(name, known);
    }
    return this.#existing(name);
  }

  /** The file, if there is one. */
  #existing(name: string): OpenFile | undefined {
    const known = this.#recall(name);
    if (known !== undefined) return known;
    try {
      return this.#remember(name, openForBoth(this.#path(name)));
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  #isMasked(name: string): boolean {
    return this.#mask !== undefined && /^blocks\/(blk|rev)\d+\.dat$/.test(name);
  }

  #unmasked(name: string, offset: number, bytes: Bytes): Bytes {
    if (this.#mask !== undefined && this.#isMasked(name)) applyMask(bytes, this.#mask, offset);
    return bytes;
  }

  /** The file, made with its folder when it is not there. */
  #opened(name: string): OpenFile {
    const known = this.#existing(name);
    if (known !== undefined) return known;
    const full = this.#path(name);
    const folder = path.dirname(full);
    fs.mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    this.#unsyncedFolders.add(folder);
    return this.#remember(name, fs.openSync(full, fs.constants.O_RDWR | fs.constants.O_CREAT, FILE_MODE));
  }

  #recall(name: string): OpenFile | undefined {
    const file = this.#open.get(name);
    if (file === undefined) return undefined;
    this.#open.delete(name);
    this.#open.set(name, file);
    return file;
  }

  #remember(name: string, descriptor: number): OpenFile {
    const file = { descriptor, inode: fs.fstatSync(descriptor).ino, users: 0, isForgotten: false };
    this.#open.set(name, file);
    for (const [oldest, open] of this.#open) {
      if (this.#open.size <= OPEN_FILES_MAX) break;
      if (open !== file) this.#forget(oldest, open);
    }
    return file;
  }

  /** Closed at once, or by the last of those who use it. */
  #forget(name: string, file: OpenFile): void {
    this.#open.delete(name);
    file.isForgotten = true;
    if (file.users === 0) fs.closeSync(file.descriptor);
  }

  async #use<T>(file: OpenFile, work: (descriptor: number) => Promise<T>): Promise<T> {
    file.users++;
    try {
      return await work(file.descriptor);
    } finally {
      file.users--;
      if (file.isForgotten && file.users === 0) fs.closeSync(file.descriptor);
    }
  }

  /** Names come from this program, with `/`, and never lead out of the folder. */
  #path(name: string): string {
    const parts = name.split("/");
    assert(!path.isAbsolute(name) && !parts.includes(".."), `a file name stays inside its folder: ${name}`);
    return path.join(this.#root, ...parts);
  }
}

/** To read and write; only to read, when the owner wants it so (a write then fails). */
function openForBoth(file: string): number {
  try {
    return fs.openSync(file, fs.constants.O_RDWR);
  } catch (error) {
    if (!["EACCES", "EPERM", "EROFS"].includes(errorCode(error) ?? "")) throw error;
    return fs.openSync(file, fs.constants.O_RDONLY);
  }
}

function readAt(descriptor: number, into: Bytes, at: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(descriptor, into, at, into.length - at, position, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}

async function writeFully(descriptor: number, bytes: Bytes, offset: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) done += await writeAt(descriptor, bytes, done, offset + done);
}

function writeAt(descriptor: number, bytes: Bytes, from: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(descriptor, bytes, from, bytes.length - from, position, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}

function syncData(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fdatasync(descriptor, (error) => (error === null ? resolve() : reject(error)));
  });
}
