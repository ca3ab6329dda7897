/**
 * Where blocks and what undoes them stand on disk, in Bitcoin Core's framing.
 *
 * ```text
 * blocks/blk00000.dat   { 4 magic, u32 length, block }...
 * blocks/rev00000.dat   { 4 magic, u32 length, undo, 32 checksum }...   same number as the block's
 * ```
 *
 * Files are only ever appended to. A block's place is known as soon as it is handed out for
 * writing; until the write is acknowledged its bytes are answered from memory.
 *
 * @module
 */
import { type Bytes, concatBytes, equalBytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import type { Coin } from "../primitives/coin.ts";
import type { BlockHash } from "../primitives/hash.ts";
import { BlockHeader, HEADER_BYTES } from "../primitives/header.ts";
import type { FileReader, FileWrite } from "../store/file_store.ts";
import type { FilePosition } from "./block_table.ts";
import type { FileRange } from "./chain_ports.ts";
import { decodeUndo, UNDO_CHECKSUM_BYTES, undoChecksum } from "./undo_codec.ts";

export const FRAME_BYTES = 8;

/** What stands in one pair of files. */
export interface FileInfo {
  /** Bytes written to each of the two. */
  blockBytes: number;
  undoBytes: number;
  blocks: number;
  heightMin: number;
  heightMax: number;
}

export interface Placed {
  readonly position: FilePosition;
  readonly writes: readonly FileWrite[];
}

export class BlockFiles {
  readonly #reader: FileReader;
  readonly #logger: Logger;
  readonly #magic: Bytes;
  readonly #fileBytes: number;
  readonly #infos = new Map<number, FileInfo>();
  /** By name and offset: not yet known to be on disk. */
  readonly #pending = new Map<string, Bytes>();
  #current = 0;
  /** Blocks above this height go to a file of their own. */
  #separateAbove = Number.POSITIVE_INFINITY;
  #currentAbove = -1;

  constructor(reader: FileReader, logger: Logger, magic: Bytes, fileBytes: number) {
    this.#reader = reader;
    this.#logger = logger;
    this.#magic = magic;
    this.#fileBytes = fileBytes;
  }

  /** Bytes of all block and undo files. */
  get size(): number {
    let size = 0;
    for (const { blockBytes, undoBytes } of this.#infos.values()) size += blockBytes + undoBytes;
    return size;
  }

  /** Whether the next block may go there, if it fits. */
  isCurrent(file: number): boolean {
    return file === this.#current || file === this.#currentAbove;
  }

  infos(): ReadonlyMap<number, Readonly<FileInfo>> {
    return this.#infos;
  }

  /** At a start: a block is known to stand there. */
  restoreBlock(position: FilePosition, height: number): void {
    const info = this.#info(position.file);
    info.blockBytes = Math.max(info.blockBytes, position.offset + position.length);
    this.#count(info, height);
    this.#current = Math.max(this.#current, position.file);
  }

  /** At a start: block files of which it is not known yet what they hold. Nothing is written over it. */
  reserve(listing: readonly { readonly name: string; readonly size: number }[]): void {
    for (const { name, size } of listing) {
      const number = /^blk(\d+)\.dat$/.exec(name)?.[1];
      if (number === undefined) continue;
      const info = this.#info(Number(number));
      info.blockBytes = Math.max(info.blockBytes, size);
      this.#current = Math.max(this.#current, Number(number));
    }
  }

  restoreUndo({ file, offset, length }: FilePosition): void {
    const info = this.#info(file);
    info.undoBytes = Math.max(info.undoBytes, offset + length + UNDO_CHECKSUM_BYTES);
  }

  /**
   * From now on, blocks above `height` and those up to it go to different files: they are connected, and
   * pruned, at different times. `undefined`: no longer.
   */
  separateAbove(height: number | undefined): void {
    const last = Math.max(this.#current, this.#currentAbove, ...this.#infos.keys());
    this.#separateAbove = height ?? Number.POSITIVE_INFINITY;
    const below = [...this.#infos].filter(([, { heightMin }]) => heightMin <= this.#separateAbove);
    const lastBelow = Math.max(0, ...below.map(([file]) => file));
    this.#current = height === undefined ? last : lastBelow;
    this.#currentAbove = height === undefined ? -1 : Math.max(last, lastBelow + 1);
  }

  placeBlock(bytes: Bytes, height: number): Placed {
    const isAbove = height > this.#separateAbove;
    let file = isAbove ? this.#currentAbove : this.#current;
    let info = this.#info(file);
    if (info.blockBytes > 0 && info.blockBytes + FRAME_BYTES + bytes.length > this.#fileBytes) {
      this.#logger.debug("blockstorage", () => `Leaving block file ${file} at height ${height}`);
      file = 1 + Math.max(this.#current, this.#currentAbove, ...this.#infos.keys());
      info = this.#info(file);
    }
    if (isAbove) this.#currentAbove = file;
    else this.#current = file;
    const position = { file, offset: info.blockBytes + FRAME_BYTES, length: bytes.length };
    info.blockBytes = position.offset + bytes.length;
    this.#count(info, height);
    return { position, writes: this.#framed(blockFileName(position.file), position, bytes) };
  }

  /**
   * `bytes` as `encodeUndo` writes them; `file` is the block's; `previous` the hash of the block before it.
   */
  placeUndo(file: number, previous: BlockHash, bytes: Bytes): Placed {
    const info = this.#info(file);
    const position = { file, offset: info.undoBytes + FRAME_BYTES, length: bytes.length };
    info.undoBytes = position.offset + bytes.length + UNDO_CHECKSUM_BYTES;
    const summed = concatBytes(bytes, undoChecksum(previous, bytes));
    return { position, writes: this.#framed(undoFileName(file), position, summed) };
  }

  /** The writes are on disk: what they hold is read from there from now on. */
  written(writes: readonly FileWrite[]): void {
    for (const { name, offset } of writes) this.#pending.delete(pendingKey(name, offset));
  }

  /** Forgets a pair of files, and gives their names, to be removed. */
  drop(file: number): readonly string[] {
    const names = [blockFileName(file), undoFileName(file)];
    this.#infos.delete(file);
    return names;
  }

  /** Where a block can be read without asking us; `undefined` while it may not be on disk yet. */
  range({ file, offset, length }: FilePosition): FileRange | undefined {
    const name = blockFileName(file);
    return this.#pending.has(pendingKey(name, offset)) ? undefined : { name, offset, length };
  }

  /** A block's bytes, if they still are those of a block with `hash`; a damaged one is logged. */
  readBlock(position: FilePosition, hash: BlockHash): Bytes | undefined {
    const bytes = this.#readFramed(blockFileName(position.file), position, 0);
    if (bytes === undefined) return undefined;
    const header = bytes.length < HEADER_BYTES ? undefined : new BlockHeader(bytes.subarray(0, HEADER_BYTES));
    if (header === undefined || !equalBytes(header.hash, hash)) {
      return this.#fault("GetHash() doesn't match index", blockFileName(position.file), position, "block");
    }
    return bytes;
  }

  /** The coins that a block spent; `undefined`, and logged, when its checksum does not fit. */
  readUndo(position: FilePosition, previous: BlockHash): readonly Coin[] | undefined {
    const name = undoFileName(position.file);
    const bytes = this.#readFramed(name, position, UNDO_CHECKSUM_BYTES);
    if (bytes === undefined) return undefined;
    const undo = bytes.subarray(0, position.length);
    const checksum = undoChecksum(previous, undo);
    const coins = equalBytes(checksum, bytes.subarray(position.length)) ? decodeUndo(undo) : undefined;
    return coins ?? this.#fault("Checksum mismatch", name, position, "block undo");
  }

  /** `bytes` at `position`, whose length the frame before it tells; a checksum behind does not count. */
  #framed(name: string, { offset, length }: FilePosition, bytes: Bytes): readonly FileWrite[] {
    const frame = new Uint8Array(FRAME_BYTES);
    frame.set(this.#magic);
    new DataView(frame.buffer).setUint32(4, length, true);
    this.#pending.set(pendingKey(name, offset), bytes);
    // Two writes rather than a copy of the block.
    return [{ name, offset: offset - FRAME_BYTES, bytes: frame }, { name, offset, bytes }];
  }

  /** What stands at `position`, and `trailerBytes` behind it, if the frame before it is right. */
  #readFramed(name: string, position: FilePosition, trailerBytes: number): Bytes | undefined {
    const { offset, length } = position;
    const pending = this.#pending.get(pendingKey(name, offset));
    if (pending !== undefined) return pending;
    const what = trailerBytes === 0 ? "block" : "block undo";
    const framed = this.#reader.read(name, offset - FRAME_BYTES, FRAME_BYTES + length + trailerBytes);
    if (framed === undefined) return this.#fault("File is missing or too short", name, position, what);
    if (!equalBytes(framed.subarray(0, 4), this.#magic)) {
      return this.#fault("Block magic mismatch", name, position, what);
    }
    if (new DataView(framed.buffer, framed.byteOffset).getUint32(4, true) !== length) {
      return this.#fault("Length mismatch", name, position, what);
    }
    return framed.subarray(FRAME_BYTES);
  }

  #fault(what: string, name: string, { offset, length }: FilePosition, of: string): undefined {
    this.#logger.error(`${what} at ${name}, offset ${offset}, ${length} bytes, while reading ${of}`);
    return undefined;
  }

  #info(file: number): FileInfo {
    let info = this.#infos.get(file);
    if (info === undefined) {
      info = { blockBytes: 0, undoBytes: 0, blocks: 0, heightMin: Number.POSITIVE_INFINITY, heightMax: 0 };
      this.#infos.set(file, info);
    }
    return info;
  }

  #count(info: FileInfo, height: number): void {
    info.blocks++;
    info.heightMin = Math.min(info.heightMin, height);
    info.heightMax = Math.max(info.heightMax, height);
  }
}

export function blockFileName(file: number): string {
  return `blocks/blk${String(file).padStart(5, "0")}.dat`;
}

export function undoFileName(file: number): string {
  return `blocks/rev${String(file).padStart(5, "0")}.dat`;
}

function pendingKey(name: string, offset: number): string {
  return `${name}@${offset}`;
}
