/**
 * Entries that notice when a disk has changed them: LevelDB reads its tables unchecked.
 *
 * @module
 */
import type { Bytes } from "../../base/bytes.ts";
import { wordAt } from "../../base/salted_hash.ts";
import type { KeyValueReader } from "../../store/key_value_store.ts";
import { COIN_CHECKSUM_BYTES, coinChecksum } from "../coin_checksum.ts";

/** `value` with its checksum behind it. */
export function sealEntry(key: Bytes, value: Bytes): Bytes {
  const sealed = new Uint8Array(value.length + COIN_CHECKSUM_BYTES);
  sealed.set(value);
  new DataView(sealed.buffer).setUint32(value.length, coinChecksum(key, value, value.length), true);
  return sealed;
}

/** What stands under `key`; `undefined` when there is nothing, or not what was put there. */
export function readEntry(store: KeyValueReader, key: Bytes): Bytes | undefined {
  const sealed = store.get(key);
  if (sealed === undefined || sealed.length < COIN_CHECKSUM_BYTES) return undefined;
  const end = sealed.length - COIN_CHECKSUM_BYTES;
  return coinChecksum(key, sealed, end) === wordAt(sealed, end) >>> 0 ? sealed.subarray(0, end) : undefined;
}
