/**
 * Blocks and headers in files.
 *
 * ```text
 * *.headers            headers of 80 bytes, one after the other
 * *.block              one block
 * *.blk, blk*.dat      records { 4 magic, u32 length, block }, then zeros up to the end
 * xor.dat beside them  a key of 8 bytes, repeated over each file
 * ```
 *
 * @module
 */
import {
  closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Bytes, equalBytes, toHex } from "../base/bytes.ts";
import { wordAt } from "../base/salted_hash.ts";
import { HEADER_BYTES } from "../primitives/header.ts";

/** Bytes of one header or block, and where they stand. */
export interface Piece {
  readonly kind: "header" | "block";
  readonly bytes: Bytes;
  readonly file: string;
  readonly offset: number;
}

/** Where a piece stands. */
export interface PiecePlace extends Omit<Piece, "bytes"> {
  readonly length: number;
}

/** A file is not what its framing says. */
export class FramingError extends Error {
  override readonly name = "FramingError";
  readonly file: string;
  readonly offset: number;

  constructor(file: string, offset: number, message: string) {
    super(message);
    this.file = file;
    this.offset = offset;
  }
}

const RECORD_HEADER_BYTES = 8;
/** No valid block has more bytes than it may have weight (BIP141). */
const BLOCK_BYTES_MAX = 4_000_000;
const XOR_KEY_BYTES = 8;

/** The files that `path` stands for: itself, or the blk*.dat of a folder such as Bitcoin Core's blocks. */
export function filesToImport(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  const folder = existsSync(join(path, "blocks")) ? join(path, "blocks") : path;
  return readdirSync(folder).filter((name) => /^blk\d+\.dat$/.test(name)).sort().map((name) =>
    join(folder, name));
}

/**
 * What a file holds, in its order. It is read a piece at a time: it may be longer than what memory should
 * hold.
 *
 * @throws {FramingError} when it breaks off, or something else stands in it
 */
export function* piecesOf(file: string, magic: Bytes): Generator<Piece> {
  const source = new MaskedFile(file);
  try {
    yield* piecesFrom(source, file, magic);
  } finally {
    source.close();
  }
}

/** What `bytes` hold, by the name of their file; see `piecesOf`. */
export function piecesIn(bytes: Bytes, file: string, magic: Bytes): Generator<Piece> {
  const read = (offset: number, length: number) => bytes.subarray(offset, offset + length);
  return piecesFrom({ length: bytes.length, dataEnd: endOfData(bytes), read }, file, magic);
}

/** Bytes that can be had in parts. */
interface Source {
  readonly length: number;
  /** Files are made larger than what is in them: behind the last byte that is not zero. */
  readonly dataEnd: number;
  read(offset: number, length: number): Bytes;
}

function* piecesFrom(source: Source, file: string, magic: Bytes): Generator<Piece> {
  if (file.endsWith(".headers")) {
    yield* headersOf(file, source.read(0, source.length));
  } else if (file.endsWith(".block")) {
    yield { kind: "block", bytes: source.read(0, source.length), file, offset: 0 };
  } else {
    yield* recordsOf(file, source, magic);
  }
}

/** How much of a file's end is looked at together, for where its data end. */
const TAIL_BYTES = 65_536;

class MaskedFile implements Source {
  readonly length: number;
  readonly dataEnd: number;
  readonly #descriptor: number;
  readonly #key: Bytes | undefined;

  constructor(file: string) {
    this.#key = keyFor(file);
    this.#descriptor = openSync(file, "r");
    this.length = fstatSync(this.#descriptor).size;
    // Bitcoin Core masks what it writes, not the room that it makes in advance.
    const maskedEnd = this.#endOfData(this.length, undefined);
    this.dataEnd = this.#key === undefined ? maskedEnd : this.#endOfData(maskedEnd, this.#key);
  }

  /** Of memory of its own. */
  read(offset: number, length: number): Bytes {
    return this.#read(offset, length, this.#key);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #endOfData(end: number, key: Bytes | undefined): number {
    for (let to = end; to > 0; to -= TAIL_BYTES) {
      const from = Math.max(0, to - TAIL_BYTES);
      const found = endOfData(this.#read(from, to - from, key));
      if (found > 0) return from + found;
    }
    return 0;
  }

  #read(offset: number, length: number, key: Bytes | undefined): Bytes {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const count = readSync(this.#descriptor, bytes, done, length - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    unmask(bytes, key, offset);
    return bytes;
  }
}

/** A piece again, after its bytes were let go. */
export function readPiece({ kind, file, offset, length }: PiecePlace): Piece {
  const bytes = new Uint8Array(length);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, bytes, 0, length, offset);
  } finally {
    closeSync(descriptor);
  }
  unmask(bytes, keyFor(file), offset);
  return { kind, file, offset, bytes };
}

/** The key that a file of blocks is masked with, if it is. */
function keyFor(file: string): Bytes | undefined {
  const keyFile = join(dirname(file), "xor.dat");
  if (!/^blk\d+\.dat$/.test(basename(file)) || !existsSync(keyFile)) return undefined;
  const key = new Uint8Array(readFileSync(keyFile));
  if (key.length === XOR_KEY_BYTES) return key;
  throw new FramingError(keyFile, 0, `the key has ${key.length} bytes, not ${XOR_KEY_BYTES}`);
}

/** In place; `offset` is where `bytes` stand in their file. */
function unmask(bytes: Bytes, key: Bytes | undefined, offset: number): void {
  if (key === undefined) return;
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (bytes[i] as number) ^ (key[(offset + i) % XOR_KEY_BYTES] as number);
  }
}

function* headersOf(file: string, bytes: Bytes): Generator<Piece> {
  for (let offset = 0; offset < bytes.length; offset += HEADER_BYTES) {
    if (bytes.length - offset < HEADER_BYTES) {
      throw new FramingError(file, offset, `a header of ${bytes.length - offset} bytes, not ${HEADER_BYTES}`);
    }
    yield { kind: "header", bytes: bytes.subarray(offset, offset + HEADER_BYTES), file, offset };
  }
}

function* recordsOf(file: string, source: Source, magic: Bytes): Generator<Piece> {
  let offset = 0;
  while (offset < source.dataEnd) {
    const left = source.length - offset;
    if (left < RECORD_HEADER_BYTES) {
      throw new FramingError(file, offset,
        `${left} bytes remain, too few for a record`);
    }
    const head = source.read(offset, RECORD_HEADER_BYTES);
    const found = head.subarray(0, 4);
    if (!equalBytes(found, magic)) {
      throw new FramingError(file, offset, `magic is ${toHex(found)}, not ${toHex(magic)}`);
    }
    const length = wordAt(head, 4) >>> 0;
    if (length < HEADER_BYTES || length > BLOCK_BYTES_MAX) {
      throw new FramingError(file, offset + 4,
        `length is ${length}, need ${HEADER_BYTES} to ${BLOCK_BYTES_MAX}`);
    }
    if (length > left - RECORD_HEADER_BYTES) {
      throw new FramingError(file, offset + 4,
        `length is ${length}, but ${left - RECORD_HEADER_BYTES} bytes remain`);
    }
    const start = offset + RECORD_HEADER_BYTES;
    yield { kind: "block", bytes: source.read(start, length), file, offset: start };
    offset = start + length;
  }
}

function endOfData(bytes: Bytes): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return end;
}
