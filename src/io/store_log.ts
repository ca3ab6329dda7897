/**
 * LevelDB's log: the changes that are not in a table yet.
 *
 * ```text
 * blocks of 32,768 bytes, each { u32 masked CRC-32C of type and data, u16 length, u8 type, data }...
 * ```
 *
 * LevelDB leaves out what is damaged and goes on behind it, which is right for the end of a log that
 * a power cut has torn, and wrong in the middle: later changes would stand without earlier ones.
 * (Its `paranoid_checks`, which would refuse both, cannot be set from here.)
 *
 * @module
 */
import { promises as fs } from "node:fs";
import * as path from "node:path";
import type { Bytes } from "../base/bytes.ts";
import { errorCode } from "./errno.ts";

const BLOCK_BYTES = 32_768;
const HEADER_BYTES = 7;
/** Added to a checksum, turned by 15 bits, where it is stored (LevelDB: util/crc32c.h). */
const MASK_DELTA = 0xa282_ead8;

/** The first damage in a log of a store that has sound changes behind it, as `file, byte n`. */
export async function findLogDamage(folder: string): Promise<string | undefined> {
  const names = await ifThere(fs.readdir(folder));
  for (const name of names?.filter((each) => /^\d+\.log$/.test(each)) ?? []) {
    // Whoever has the store open may have removed it by now.
    const bytes = await ifThere(fs.readFile(path.join(folder, name)));
    const offset = bytes === undefined ? undefined : damagedAt(bytes);
    if (offset !== undefined) return `${name}, byte ${offset}`;
  }
  return undefined;
}

async function ifThere<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Where the first record begins that is damaged, if a sound one stands in a later block. */
export function damagedAt(bytes: Bytes): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let damage: number | undefined;
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const end = Math.min(start + BLOCK_BYTES, bytes.length);
    let at = start;
    while (end - at >= HEADER_BYTES && !isUnused(view, at)) {
      const next = at + HEADER_BYTES + view.getUint16(at + 4, true);
      const isSound = next <= end && view.getUint32(at, true) === maskedChecksum(bytes.subarray(at + 6, next));
      if (isSound && damage !== undefined) return damage;
      if (!isSound) damage ??= at;
      // The length may be what is wrong: nothing more can be found in this block.
      if (!isSound) break;
      at = next;
    }
  }
  return undefined;
}

/** Room made in advance. */
function isUnused(view: DataView, at: number): boolean {
  return view.getUint16(at + 4, true) === 0 && view.getUint8(at + 6) === 0;
}

function maskedChecksum(bytes: Bytes): number {
  let crc = 0xffff_ffff;
  for (let i = 0; i < bytes.length; i++) {
    crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ (bytes[i] as number)) & 0xff] as number);
  }
  crc = ~crc;
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

/** CRC-32C, Castagnoli's polynomial, bits reversed (RFC 3720). */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1;
  return crc;
});
