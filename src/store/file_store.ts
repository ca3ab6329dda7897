import type { Bytes } from "../base/bytes.ts";

/** Bytes for one place of one file. */
export interface FileWrite {
  /** Path inside the data directory, with `/`: `blocks/blk00000.dat`. */
  readonly name: string;
  readonly offset: number;
  readonly bytes: Bytes;
}

/** What the core sees of files: a synchronous read of bytes whose place it knows. */
export interface FileReader {
  /**
   * Exactly `length` bytes from `offset`, or `undefined` when the file is missing or shorter.
   * Sees every write that the driver has acknowledged.
   */
  read(name: string, offset: number, length: number): Bytes | undefined;
}

/**
 * Files that are written at given places and removed whole.
 *
 * Implemented by `MemoryFiles` (store/memory_files.ts) and `DiskFiles` (io/disk_files.ts), under
 * test/contract/file_store.ts. Only the driver calls what writes.
 */
export interface FileStore extends FileReader {
  write(writes: readonly FileWrite[], options?: { readonly sync?: boolean }): Promise<void>;
  remove(names: readonly string[]): Promise<void>;
  /** Names and sizes of the files directly inside `folder`. */
  list(folder: string): Promise<readonly { readonly name: string; readonly size: number }[]>;
  close(): Promise<void>;
}
