import type { Bytes } from "../base/bytes.ts";

/** CRC-32C (Castagnoli's polynomial, bits reversed: RFC 3720), as LevelDB has it in logs and tables. */
export function crc32c(bytes: Bytes, from = 0, to = bytes.length): number {
  let crc = 0xffff_ffff;
  let at = from;
  for (const end = to - 7; at < end; at += 8) {
    const low = crc ^ ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24));
    crc = (TABLES[0x700 | (low & 0xff)] as number) ^ (TABLES[0x600 | ((low >>> 8) & 0xff)] as number) ^
      (TABLES[0x500 | ((low >>> 16) & 0xff)] as number) ^ (TABLES[0x400 | (low >>> 24)] as number) ^
      (TABLES[0x300 | (bytes[at + 4] as number)] as number) ^
      (TABLES[0x200 | (bytes[at + 5] as number)] as number) ^
      (TABLES[0x100 | (bytes[at + 6] as number)] as number) ^ (TABLES[bytes[at + 7] as number] as number);
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ (TABLES[(crc ^ (bytes[at] as number)) & 0xff] as number);
  return ~crc >>> 0;
}

/** Added to a checksum, turned by 15 bits, where LevelDB stores it (util/crc32c.h). */
const MASK_DELTA = 0xa282_ead8;

export function maskedCrc32c(bytes: Bytes, from = 0, to = bytes.length): number {
  return masked(crc32c(bytes, from, to));
}

/** Whether `checksum`, masked, is that of the bytes from `from` up to any place. */
export function isChecksumOfSome(bytes: Bytes, from: number, checksum: number): boolean {
  let crc = 0xffff_ffff;
  for (let at = from; at < bytes.length; at++) {
    crc = (crc >>> 8) ^ (TABLES[(crc ^ (bytes[at] as number)) & 0xff] as number);
    if (masked(~crc >>> 0) === checksum) return true;
  }
  return false;
}

function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

/** Eight tables of 256: of a byte, and of a byte with one to seven zeros behind it. */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1;
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const crc = tables[at - 256] as number;
    tables[at] = (crc >>> 8) ^ (tables[crc & 0xff] as number);
  }
  return tables;
}
