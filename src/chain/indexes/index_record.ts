/**
 * As of which block an index is: written with the entries, in one batch.
 *
 * ```text
 * 'B'   record   the last block whose entries are in the store
 * 'D'   record   the last one that a power cut cannot take back; nor the chain up to it
 * each  u8 format, u32 row of the header index, 32 block hash, state (the index's own)
 * ```
 *
 * A power cut may leave less of the chain than the index has seen, and of the index's files less
 * than its store: then 'D' is what counts.
 *
 * @module
 */
import type { Bytes } from "../../base/bytes.ts";
import { ByteReader } from "../../codec/byte_reader.ts";
import { ByteWriter } from "../../codec/byte_writer.ts";
import { decoded } from "../../codec/decode_error.ts";
import { type BlockHash, HASH_BYTES } from "../../primitives/hash.ts";
import type { Change, KeyValueReader } from "../../store/key_value_store.ts";
import type { BlockId } from "../header_index.ts";

/** Counted up when a program of before could no longer read what this one writes. */
export const INDEX_FORMAT = 1;

const BEST_KEY = Uint8Array.of(0x42);
const DURABLE_KEY = Uint8Array.of(0x44);
const HEAD_BYTES = 1 + 4 + HASH_BYTES;

export interface IndexRecord {
  readonly id: BlockId;
  readonly hash: BlockHash;
  readonly state: Bytes;
}

/** `isDurable`: the batch is synced, with all of the chain that was written before it. */
export function recordChanges(record: IndexRecord, isDurable: boolean): readonly Change[] {
  const { id, hash, state } = record;
  const writer = new ByteWriter(HEAD_BYTES + state.length);
  const value = writer.u8(INDEX_FORMAT).u32(id).bytes(hash).bytes(state).finish();
  const best: Change = { type: "put", key: BEST_KEY, value };
  return isDurable ? [best, { type: "put", key: DURABLE_KEY, value }] : [best];
}

/** A record, nothing, or the number of a format that is not ours (-1 for none at all). */
export type FoundRecord = IndexRecord | undefined | { readonly format: number };

export function readBest(store: KeyValueReader): FoundRecord {
  return readRecord(store.get(BEST_KEY));
}

export function readDurable(store: KeyValueReader): FoundRecord {
  return readRecord(store.get(DURABLE_KEY));
}

function readRecord(value: Bytes | undefined): FoundRecord {
  if (value === undefined) return undefined;
  return decoded<FoundRecord>(() => {
    const reader = new ByteReader(value);
    const format = reader.u8();
    if (format !== INDEX_FORMAT) return { format };
    const id = reader.u32() as BlockId;
    return { id, hash: reader.copy(HASH_BYTES) as BlockHash, state: reader.copy(reader.remaining) };
  }) ?? { format: -1 };
}
