/**
 * LevelDB's logs: the changes that are not in a table yet (`*.log`), and which tables there are
 * (`MANIFEST-*`).
 *
 * ```text
 * blocks of 32,768 bytes, each { u32 masked CRC-32C of type and data, u16 length, u8 type, data }...
 * ```
 *
 * LevelDB leaves out what is damaged in a log of changes and goes on behind it, so that later changes
 * stand without earlier ones. (Its `paranoid_checks`, which would refuse that, cannot be set from
 * here.) A power cut leaves such a log when the system wrote later pages of it first. So a log is cut
 * off where its damage begins, and what remains is what the store once was.
 *
 * @module
 */
import { promises as fs } from "node:fs";
import * as path from "node:path";
import { type Bytes, concatBytes } from "../base/bytes.ts";
import { isChecksumOfSome, maskedCrc32c } from "./crc32c.ts";
import { ifThere } from "./errno.ts";
import { syncFolder } from "./sync_folder.ts";

const BLOCK_BYTES = 32_768;
const HEADER_BYTES = 7;
/** Types of records: a whole one, and parts of one that passes a block's end (the middle ones have 3). */
const FULL = 1;
const FIRST = 2;
const LAST = 4;

/**
 * Cuts off the logs of changes in a store's folder where they are damaged; says where, as
 * `file, byte n`. `firstLog`: those before it are in tables by now. The store must not be open.
 */
export async function mendLogs(folder: string, firstLog: number): Promise<string | undefined> {
  let mended: string | undefined;
  for (const name of await logsIn(folder)) {
    if (parseInt(name, 10) < firstLog) continue;
    const file = path.join(folder, name);
    // A later log without all of the one before it would be a later change without an earlier one.
    if (mended !== undefined) {
      await fs.rm(file, { force: true });
      continue;
    }
    const damage = await damageIn(file);
    if (damage === undefined) continue;
    await fs.truncate(file, damage);
    mended = `${name}, byte ${damage}`;
  }
  if (mended !== undefined) await syncFolder(folder);
  return mended;
}

/** The oldest first. */
async function logsIn(folder: string): Promise<readonly string[]> {
  const names = (await ifThere(fs.readdir(folder))) ?? [];
  return names.filter((each) => /^\d+\.log$/.test(each)).sort((a, b) => parseInt(a, 10) - parseInt(b, 10));
}

async function damageIn(file: string): Promise<number | undefined> {
  // Whoever has the store open may have removed it by now.
  const bytes = await ifThere(fs.readFile(file));
  return bytes === undefined ? undefined : firstDamage(bytes);
}

/** Where the first record begins that is damaged or breaks off; `undefined` when none is. */
export function firstDamage(bytes: Bytes): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const end = Math.min(start + BLOCK_BYTES, bytes.length);
    let at = start;
    while (end - at >= HEADER_BYTES) {
      const next = at + HEADER_BYTES + view.getUint16(at + 4, true);
      if (next > end || !isSound(bytes, view, at, next)) return isEmptyFrom(bytes, at) ? undefined : at;
      at = next;
    }
    // Too little room for a record: zeros in a whole block, a record broken off at the end.
    if (at < end && !isEmptyFrom(bytes.subarray(0, end), at)) return at;
  }
  return undefined;
}

/** The records of a log without damage, put together. The last may be left out: it breaks off. */
export function* recordsIn(bytes: Bytes): Generator<Bytes, undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let parts: Bytes[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const left = BLOCK_BYTES - (at % BLOCK_BYTES);
    const type = left < HEADER_BYTES ? 0 : view.getUint8(at + 6);
    if (type === 0) {
      at += left;
      continue;
    }
    const next = at + HEADER_BYTES + view.getUint16(at + 4, true);
    if (type === FULL || type === FIRST) parts = [];
    parts.push(bytes.subarray(at + HEADER_BYTES, next));
    if (type === FULL || type === LAST) yield concatBytes(...parts);
    at = next;
  }
  return undefined;
}

/** Whether the damage at `at` is that the file ends before the record does. */
export function isTornOff(bytes: Bytes, at: number): boolean {
  const left = bytes.length - at;
  if (left > BLOCK_BYTES - (at % BLOCK_BYTES)) return false;
  if (left < HEADER_BYTES) return true;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (at + HEADER_BYTES + view.getUint16(at + 4, true) <= bytes.length) return false;
  // The checksum does not cover the length: a whole record, of which only that is wrong, has one that fits.
  return !isChecksumOfSome(bytes, at + 6, view.getUint32(at, true));
}

function isSound(bytes: Bytes, view: DataView, at: number, next: number): boolean {
  return view.getUint8(at + 6) !== 0 && view.getUint32(at, true) === maskedCrc32c(bytes, at + 6, next);
}

/** Room made in advance. */
function isEmptyFrom(bytes: Bytes, at: number): boolean {
  for (let i = at; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}
