import type { Bytes } from "../base/bytes.ts";
import { NO_BYTES } from "../base/bytes.ts";
import type { FileStore, FileWrite } from "./file_store.ts";

const CAPACITY_MIN = 1024;

/** Files that live as long as the process: for tests, the simulator and devnets without a folder. */
export class MemoryFiles implements FileStore {
  readonly #files = new Map<string, GrowingFile>();

  read(name: string, offset: number, length: number): Bytes | undefined {
    return this.#files.get(name)?.read(offset, length);
  }

  async write(writes: readonly FileWrite[]): Promise<void> {
    this.applyWrites(writes);
  }

  /** `write`, at once: for a driver that decides for itself when a batch has arrived. */
  applyWrites(writes: readonly FileWrite[]): void {
    for (const { name, offset, bytes } of writes) {
      let file = this.#files.get(name);
      if (file === undefined) this.#files.set(name, (file = new GrowingFile()));
      file.write(offset, bytes);
    }
  }

  async remove(names: readonly string[]): Promise<void> {
    this.applyRemovals(names);
  }

  /** `remove`, at once. */
  applyRemovals(names: readonly string[]): void {
    for (const name of names) this.#files.delete(name);
  }

  async list(folder: string): Promise<readonly { readonly name: string; readonly size: number }[]> {
    return this.listNow(folder);
  }

  /** `list`, at once. */
  listNow(folder: string): readonly { readonly name: string; readonly size: number }[] {
    const prefix = folder === "" ? "" : `${folder}/`;
    return [...this.#files]
      .filter(([path]) => path.startsWith(prefix) && !path.slice(prefix.length).includes("/"))
      .map(([path, file]) => ({ name: path.slice(prefix.length), size: file.size }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async close(): Promise<void> {}
}

/** Bytes in a buffer that doubles. */
class GrowingFile {
  #buffer: Bytes = NO_BYTES;
  size = 0;

  read(offset: number, length: number): Bytes | undefined {
    const end = offset + length;
    return end <= this.size ? this.#buffer.slice(offset, end) : undefined;
  }

  write(offset: number, bytes: Bytes): void {
    const end = offset + bytes.length;
    if (end > this.#buffer.length) this.#grow(end);
    this.#buffer.set(bytes, offset);
    this.size = Math.max(this.size, end);
  }

  #grow(least: number): void {
    const grown = new Uint8Array(Math.max(CAPACITY_MIN, 2 * this.#buffer.length, least));
    grown.set(this.#buffer.subarray(0, this.size));
    this.#buffer = grown;
  }
}
