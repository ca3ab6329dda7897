/**
 * Snapshots of coins, made and kept in memory.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Bytes } from "../../src/base/bytes.ts";
import { scanCoins } from "../../src/chain/coins_scan.ts";
import { type SnapshotSink, type WrittenSnapshot, writeSnapshot } from "../../src/chain/snapshot/snapshot_writer.ts";
import type { KeyValueStore } from "../../src/store/key_value_store.ts";

/** A file that is written at places. */
class MemoryFile implements SnapshotSink {
  bytes: Bytes = new Uint8Array(0);

  async write(offset: number, bytes: Bytes): Promise<void> {
    const longer = new Uint8Array(Math.max(this.bytes.length, offset + bytes.length));
    longer.set(this.bytes);
    longer.set(bytes, offset);
    this.bytes = longer;
  }
}

/** A snapshot of all coins in `store`, as the bytes of a file. */
export async function snapshotOf(
  store: KeyValueStore, magic: Bytes,
): Promise<WrittenSnapshot & { readonly bytes: Bytes }> {
  const file = new MemoryFile();
  const coins = (await scanCoins(store)) ?? assert.fail("the store has coins");
  const written = (await writeSnapshot(coins, magic, file, () => false)) ?? assert.fail("nobody stops it");
  return { ...written, bytes: file.bytes };
}

/** What a file holds from `offset` on, in pieces. */
export async function* piecesOf(bytes: Bytes, offset: number, pieceBytes = 1_000): AsyncGenerator<Bytes> {
  for (let at = offset; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
