import type { Bytes } from "../base/bytes.ts";

export type Change =
  | { readonly type: "put"; readonly key: Bytes; readonly value: Bytes }
  | { readonly type: "delete"; readonly key: Bytes };

/** What the core sees of a store: answers at once, from memory or by a synchronous read. */
export interface KeyValueReader {
  /** The value last acknowledged as written. The caller may keep it, and does not change it. */
  get(key: Bytes): Bytes | undefined;
}

/**
 * Ordered bytes to bytes, with atomic batches. Knows nothing of blocks or coins.
 *
 * Two engines implement it, `MemoryStore` (store/memory_store.ts) and `DiskStore` (io/disk_store.ts);
 * both must pass test/contract/key_value_store.ts, which says what the words below mean. Only the
 * driver calls `write`.
 */
export interface KeyValueStore extends KeyValueReader {
  /**
   * All of the batch is applied, or none of it, whatever happens to the process; with `sync`, also
   * whatever happens to the machine once the promise is fulfilled.
   */
  write(batch: readonly Change[], options?: { readonly sync?: boolean }): Promise<void>;
  /** Entries with `from <= key < to`, in byte order, as of the moment of the call. */
  scan(from: Bytes, to: Bytes): AsyncIterable<readonly [key: Bytes, value: Bytes]>;
  close(): Promise<void>;
}
