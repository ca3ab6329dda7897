/**
 * Which tables and logs a LevelDB store consists of: `CURRENT` names a `MANIFEST-*`, a log
 * (store_log.ts) of edits to the list of tables.
 *
 * ```text
 * edit   { varint tag, fields }...   1 text comparator   2 log number   3 next file   4 last sequence
 *        5 level, text key           6 level, table gone               7 level, table, size, 2 text keys
 *        9 log number before         text: varint length, bytes        (LevelDB: db/version_edit.cc)
 * ```
 *
 * @module
 */
import { promises as fs } from "node:fs";
import * as path from "node:path";
import { type Bytes, NO_BYTES } from "../base/bytes.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { decoded, malformed } from "../codec/decode_error.ts";
import { errorCode, ifThere } from "./errno.ts";
import { firstDamage, isTornOff, recordsIn } from "./store_log.ts";
import { readVarint } from "./store_varint.ts";

export interface StoreParts {
  readonly tables: readonly number[];
  /** Logs with lower numbers are in tables by now. */
  readonly firstLog: number;
}

/** `undefined` when there is no store yet; a string says what is damaged: `file, byte n`. */
export async function readStoreParts(folder: string): Promise<StoreParts | string | undefined> {
  const current = await readIfThere(path.join(folder, "CURRENT"));
  if (current === undefined) return undefined;
  const name = /^(MANIFEST-\d+)\n$/.exec(String.fromCharCode(...current.subarray(0, 64)))?.[1];
  if (name === undefined) return "CURRENT does not name a manifest";
  const manifest = await readIfThere(path.join(folder, name));
  if (manifest === undefined) return `CURRENT names ${name}, which is missing`;
  const damage = firstDamage(manifest);
  if (damage !== undefined && !isTornOff(manifest, damage)) return `${name}, byte ${damage}`;
  return applyEdits(manifest.subarray(0, damage)) ?? `${name} cannot be read`;
}

function applyEdits(manifest: Bytes): StoreParts | undefined {
  const tables = new Set<number>();
  let firstLog = 0;
  return decoded(() => {
    for (const edit of recordsIn(manifest)) firstLog = applyEdit(new ByteReader(edit), tables) ?? firstLog;
    return { tables: [...tables], firstLog };
  });
}

/** Returns the log number, if it says one. @throws {DecodeError} when it is not an edit */
function applyEdit(reader: ByteReader, tables: Set<number>): number | undefined {
  let firstLog: number | undefined;
  while (reader.remaining > 0) {
    const tag = readVarint(reader);
    if (tag === 5 || tag === 6 || tag === 7) readVarint(reader);
    switch (tag) {
      case 1:
      case 5:
        readText(reader);
        break;
      case 2:
        firstLog = readVarint(reader);
        break;
      case 3:
      case 4:
      case 9:
        readVarint(reader);
        break;
      case 6:
        tables.delete(readVarint(reader));
        break;
      case 7:
        tables.add(readVarint(reader));
        readVarint(reader);
        readText(reader);
        readText(reader);
        break;
      default:
        throw malformed(reader.offset, "edit", `tag ${tag}`);
    }
  }
  return firstLog;
}

function readText(reader: ByteReader): void {
  reader.bytes(readVarint(reader));
}

async function readIfThere(file: string): Promise<Bytes | undefined> {
  try {
    const bytes = await ifThere(fs.readFile(file));
    return bytes === undefined ? undefined : new Uint8Array(bytes);
  } catch (error) {
    // A folder of that name says nothing.
    if (errorCode(error) === "EISDIR") return NO_BYTES;
    throw error;
  }
}
