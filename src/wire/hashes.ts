import type { Bytes } from "../base/bytes.ts";
import type { ByteReader } from "../codec/byte_reader.ts";
import { type ByteWriter, countSize } from "../codec/byte_writer.ts";
import { HASH_BYTES } from "../primitives/hash.ts";

/** A copy: a hash outlives the message that brought it, and must not hold all of it in memory. */
export function readHash<T extends Bytes>(reader: ByteReader): T {
  return reader.copy(HASH_BYTES) as T;
}

/** A count of at most `max`, and as many hashes. */
export function readHashes<T extends Bytes>(reader: ByteReader, field: string, max: number): T[] {
  const count = reader.count(field, max);
  const hashes: T[] = [];
  for (let i = 0; i < count; i++) hashes.push(readHash(reader));
  return hashes;
}

export function writeHashes(hashes: readonly Bytes[], writer: ByteWriter): void {
  writer.count(hashes.length);
  for (const hash of hashes) writer.bytes(hash);
}

export function hashesSize(hashes: readonly Bytes[]): number {
  return countSize(hashes.length) + hashes.length * HASH_BYTES;
}
