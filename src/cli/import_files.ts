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
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Bytes, equalBytes, toHex } from "../base/bytes.ts";
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
  return readdirSync(folder).filter((name) => /^blk\d+\.dat$/.test(name)).sort().map((name) => join(folder, name));
}

/**
 * What a file holds, in its order.
 *
 * @throws {FramingError} when it breaks off, or something else stands in it
 */
export function piecesOf(file: string, magic: Bytes): Generator<Piece> {
  return piecesIn(readPlain(file), file, magic);
}

/** What `bytes` hold, by the name of their file; see `piecesOf`. */
export function* piecesIn(bytes: Bytes, file: string, magic: Bytes): Generator<Piece> {
  if (file.endsWith(".headers")) yield* headersOf(file, bytes);
  else if (file.endsWith(".block")) yield { kind: "block", bytes, file, offset: 0 };
  else yield* recordsOf(file, bytes, magic);
}

/** A piece again, after its bytes were let go. */
export function readPiece({ kind, file, offset, length }: PiecePlace): Piece {
  return { kind, file, offset, bytes: readPlain(file).slice(offset, offset + length) };
}

/** The bytes of a file, without the key that they may be masked with. */
function readPlain(file: string): Bytes {
  const bytes = new Uint8Array(readFileSync(file));
  const keyFile = join(dirname(file), "xor.dat");
  if (!/^blk\d+\.dat$/.test(basename(file)) || !existsSync(keyFile)) return bytes;
  const key = readFileSync(keyFile);
  if (key.length !== XOR_KEY_BYTES) {
    throw new FramingError(keyFile, 0, `the key has ${key.length} bytes, not ${XOR_KEY_BYTES}`);
  }
  for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] as number) ^ (key[i % XOR_KEY_BYTES] as number);
  return bytes;
}

function* headersOf(file: string, bytes: Bytes): Generator<Piece> {
  for (let offset = 0; offset < bytes.length; offset += HEADER_BYTES) {
    if (bytes.length - offset < HEADER_BYTES) {
      throw new FramingError(file, offset, `a header of ${bytes.length - offset} bytes, not ${HEADER_BYTES}`);
    }
    yield { kind: "header", bytes: bytes.subarray(offset, offset + HEADER_BYTES), file, offset };
  }
}

function* recordsOf(file: string, bytes: Bytes, magic: Bytes): Generator<Piece> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let offset = 0;
  while (offset < bytes.length && !isZeroFrom(bytes, offset)) {
    const left = bytes.length - offset;
    if (left < RECORD_HEADER_BYTES) throw new FramingError(file, offset, `${left} bytes remain, too few for a record`);
    const found = bytes.subarray(offset, offset + 4);
    if (!equalBytes(found, magic)) {
      throw new FramingError(file, offset, `magic is ${toHex(found)}, not ${toHex(magic)}`);
    }
    const length = view.getUint32(offset + 4, true);
    if (length < HEADER_BYTES || length > BLOCK_BYTES_MAX) {
      throw new FramingError(file, offset + 4, `length is ${length}, need ${HEADER_BYTES} to ${BLOCK_BYTES_MAX}`);
    }
    if (length > left - RECORD_HEADER_BYTES) {
      throw new FramingError(file, offset + 4, `length is ${length}, but ${left - RECORD_HEADER_BYTES} bytes remain`);
    }
    const start = offset + RECORD_HEADER_BYTES;
    yield { kind: "block", bytes: bytes.subarray(start, start + length), file, offset: start };
    offset = start + length;
  }
}

/** Files are made larger than what is in them. */
function isZeroFrom(bytes: Bytes, offset: number): boolean {
  for (let i = offset; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}
