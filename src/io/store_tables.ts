/**
 * LevelDB's tables: sorted files of what was once in its log.
 *
 * ```text
 * file      data block..., filter block, metaindex block, index block, footer
 * block     contents, u8 type, u32le masked CRC-32C of both
 * index     { shared, own and value length, own part of the key, value }..., u32le restarts..., count
 *           the value is where a data block stands: varint offset, varint length of its contents
 * footer    where the metaindex and the index stand, zeros up to 40 bytes, 8 magic
 * ```
 *
 * LevelDB checks none of the checksums unless it is told to, and from here it cannot be told. What a
 * flipped bit may do is worse than a wrong value: a coin that was spent comes back, or a length of
 * gigabytes is believed. So tables are read through before LevelDB opens them.
 *
 * @module
 */
import { promises as fs } from "node:fs";
import * as path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Bytes } from "../base/bytes.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { decoded } from "../codec/decode_error.ts";
import { maskedCrc32c } from "./crc32c.ts";
import { ifThere } from "./errno.ts";
import { readVarint } from "./store_varint.ts";

const FOOTER_BYTES = 48;
const TRAILER_BYTES = 5;
const MAGIC = Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb);

/** Bytes read, and checked, in one turn of the loop: a few milliseconds. */
const TURN_BYTES = 2 * 1024 * 1024;

interface Stretch {
  readonly offset: number;
  /** Of the contents; a trailer follows. */
  readonly length: number;
}

/**
 * The first damage in one of these tables, as `file, byte n`. Of tables with more than `bytesMax`
 * altogether only that which leads to the data is checked, a hundredth of them.
 */
export async function findTableDamage(
  folder: string, tables: readonly number[], bytesMax = Number.POSITIVE_INFINITY,
): Promise<string | undefined> {
  const names = tables.map((number) => `${String(number).padStart(6, "0")}.ldb`);
  let bytes = 0;
  for (const name of names) bytes += (await ifThere(fs.stat(path.join(folder, name))))?.size ?? 0;
  for (const name of names) {
    const damage = await damageIn(folder, name, bytes <= bytesMax);
    if (damage !== undefined) return damage;
  }
  return undefined;
}

async function damageIn(folder: string, name: string, isWhole: boolean): Promise<string | undefined> {
  const file = await ifThere(fs.open(path.join(folder, name), "r"));
  if (file === undefined) return `${name} is missing`;
  try {
    const { size } = await file.stat();
    const offset = await new TableCheck(file, size).run(isWhole);
    return offset === undefined ? undefined : `${name}, byte ${offset}`;
  } finally {
    await file.close();
  }
}

class TableCheck {
  readonly #file: fs.FileHandle;
  readonly #size: number;

  constructor(file: fs.FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  /** Where the first block begins that is damaged. */
  async run(isWhole: boolean): Promise<number | undefined> {
    const footerAt = this.#size - FOOTER_BYTES;
    if (footerAt < 0) return 0;
    const footer = readFooter(await this.#read(footerAt, FOOTER_BYTES));
    if (footer === undefined) return footerAt;
    const index = await this.#block(footer.index);
    if (index === undefined) return footer.index.offset;
    const metaindex = await this.#block(footer.metaindex);
    if (metaindex === undefined) return footer.metaindex.offset;
    const [data, filters] = [handlesIn(index), handlesIn(metaindex)];
    if (data === undefined) return footer.index.offset;
    if (filters === undefined) return footer.metaindex.offset;
    // One after the other and without a gap, or there would be bytes that nobody checks.
    let end = 0;
    for (const { offset, length } of [...data, ...filters, footer.metaindex, footer.index]) {
      if (offset !== end) return footer.index.offset;
      end = offset + length + TRAILER_BYTES;
    }
    if (end !== footerAt) return footerAt;
    for (const filter of filters) if ((await this.#block(filter)) === undefined) return filter.offset;
    return isWhole ? this.#firstDamaged(data) : undefined;
  }

  async #firstDamaged(blocks: readonly Stretch[]): Promise<number | undefined> {
    for (let first = 0; first < blocks.length; ) {
      const start = (blocks[first] as Stretch).offset;
      let next = first;
      let end = start;
      for (; next < blocks.length && (next === first || end - start < TURN_BYTES); next++) {
        end = endOf(blocks[next]);
      }
      const bytes = await this.#read(start, end - start);
      for (const { offset, length } of blocks.slice(first, next)) {
        if (!isSound(bytes, offset - start, length)) return offset;
      }
      first = next;
      await nextTurn();
    }
    return undefined;
  }

  /** The contents of a block; `undefined` when it is damaged. */
  async #block({ offset, length }: Stretch): Promise<Bytes | undefined> {
    if (offset + length + TRAILER_BYTES > this.#size) return undefined;
    const bytes = await this.#read(offset, length + TRAILER_BYTES);
    return isSound(bytes, 0, length) ? bytes.subarray(0, length) : undefined;
  }

  /** Shorter at the end of the file. */
  async #read(offset: number, length: number): Promise<Bytes> {
    const bytes = new Uint8Array(length);
    const { bytesRead } = await this.#file.read(bytes, 0, length, offset);
    return bytes.subarray(0, bytesRead);
  }
}

function endOf(block: Stretch | undefined): number {
  return block === undefined ? 0 : block.offset + block.length + TRAILER_BYTES;
}

function isSound(bytes: Bytes, at: number, length: number): boolean {
  const end = at + length + TRAILER_BYTES;
  if (end > bytes.length) return false;
  const checksum = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end - 4, true);
  return maskedCrc32c(bytes, at, end - 4) === checksum;
}

function readFooter(bytes: Bytes): { readonly metaindex: Stretch; readonly index: Stretch } | undefined {
  if (MAGIC.some((byte, at) => bytes[FOOTER_BYTES - MAGIC.length + at] !== byte)) return undefined;
  return decoded(() => {
    const reader = new ByteReader(bytes);
    return { metaindex: readHandle(reader), index: readHandle(reader) };
  });
}

/** Where the blocks stand that an index speaks of. Sound, but not ours when it cannot be read. */
function handlesIn(index: Bytes): readonly Stretch[] | undefined {
  if (index.length < 4) return undefined;
  const view = new DataView(index.buffer, index.byteOffset, index.length);
  const restarts = view.getUint32(index.length - 4, true);
  const end = index.length - 4 * (restarts + 1);
  if (end < 0) return undefined;
  return decoded(() => {
    const handles: Stretch[] = [];
    const reader = new ByteReader(index.subarray(0, end));
    while (reader.remaining > 0) {
      readVarint(reader);
      const ownBytes = readVarint(reader);
      const valueBytes = readVarint(reader);
      reader.bytes(ownBytes);
      handles.push(readHandle(new ByteReader(reader.bytes(valueBytes))));
    }
    return handles;
  });
}

function readHandle(reader: ByteReader): Stretch {
  return { offset: readVarint(reader), length: readVarint(reader) };
}
