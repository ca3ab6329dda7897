/**
 * Coins and outpoints as bytes, for the coin database and for undo data.
 *
 * ```text
 * coin      varint 2 * height + isCoinbase, varint value, then the script
 * record    coin, u32le checksum of its key and of itself (coin_checksum.ts)
 * key       'C', 32 txid, varint index          (Bitcoin Core's chainstate has the same keys)
 * varint    seven bits a byte, lowest first, the top bit set on all bytes but the last
 * ```
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { wordAt } from "../base/salted_hash.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { DecodeError } from "../codec/decode_error.ts";
import { isMoney, type Sats } from "../primitives/amount.ts";
import type { Coin } from "../primitives/coin.ts";
import { HASH_BYTES } from "../primitives/hash.ts";
import type { OutPoint } from "../primitives/transaction.ts";
import { COIN_CHECKSUM_BYTES, coinChecksum } from "./coin_checksum.ts";

export const COIN_PREFIX = 0x43;
/** Heights are below 2^31, so twice a height and one fits. */
const CODE_MAX = 0xffff_ffff;

export function coinKey({ txid, index }: OutPoint): Bytes {
  const key = new Uint8Array(1 + HASH_BYTES + varintSize(index));
  key[0] = COIN_PREFIX;
  key.set(txid, 1);
  writeVarint(key, 1 + HASH_BYTES, index);
  return key;
}

/** Bytes of a coin but for its script. */
export function coinHeadSize({ value, height, isCoinbase }: Coin): number {
  return varintSize(coinCode(height, isCoinbase)) + varintSize(value);
}

/** As the coin database has it under `key`. */
export function encodeCoin(key: Bytes, coin: Coin): Bytes {
  const head = coinHeadSize(coin);
  const end = head + coin.script.length;
  const bytes = new Uint8Array(end + COIN_CHECKSUM_BYTES);
  writeCoinHead(bytes, 0, coin);
  bytes.set(coin.script, head);
  const checksum = coinChecksum(key, bytes, end);
  for (let i = 0; i < COIN_CHECKSUM_BYTES; i++) bytes[end + i] = checksum >>> (8 * i);
  return bytes;
}

/** Writes all of a coin but its script; returns the offset behind it. */
export function writeCoinHead(target: Bytes, offset: number, { value, height, isCoinbase }: Coin): number {
  return writeVarint(target, writeVarint(target, offset, coinCode(height, isCoinbase)), value);
}

/** @throws {DecodeError} when the bytes are not a coin's */
export function readCoinHead(reader: ByteReader): Omit<Coin, "script"> {
  const start = reader.offset;
  const code = readVarint(reader);
  const value = readVarint(reader);
  if (code > CODE_MAX || !isMoney(value)) {
    throw new DecodeError(start, { kind: "malformed", field: "coin", found: "out of range" });
  }
  return { value: value as Sats, height: Math.floor(code / 2), isCoinbase: code % 2 === 1 };
}

/** What stands under `key`. @throws {DecodeError} when it is not what was written there */
export function decodeCoin(key: Bytes, bytes: Bytes): Coin {
  const end = bytes.length - COIN_CHECKSUM_BYTES;
  if (end < 0 || coinChecksum(key, bytes, end) !== wordAt(bytes, end) >>> 0) {
    throw new DecodeError(Math.max(end, 0), { kind: "malformed", field: "coin", found: "a wrong checksum" });
  }
  const reader = new ByteReader(bytes);
  const head = readCoinHead(reader);
  return { ...head, script: reader.bytes(end - reader.offset) };
}

/** @throws {DecodeError} when the bytes are not a coin's */
export function readCoin(reader: ByteReader, scriptBytes: number): Coin {
  const head = readCoinHead(reader);
  return { ...head, script: reader.bytes(scriptBytes) };
}

export function coinCode(height: number, isCoinbase: boolean): number {
  return 2 * height + (isCoinbase ? 1 : 0);
}

export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

/** Returns the offset behind it. */
export function writeVarint(target: Bytes, offset: number, value: number): number {
  let at = offset;
  let rest = value;
  // By division, since values pass 32 bits.
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) target[at++] = (rest % 0x80) + 0x80;
  target[at++] = rest;
  return at;
}

/** @throws {DecodeError} when it does not end, or passes what a double holds exactly */
export function readVarint(reader: ByteReader): number {
  const start = reader.offset;
  let value = 0;
  for (let scale = 1; scale <= Number.MAX_SAFE_INTEGER; scale *= 0x80) {
    const byte = reader.u8();
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      if (value <= Number.MAX_SAFE_INTEGER) return value;
      break;
    }
  }
  throw new DecodeError(start, { kind: "malformed", field: "varint", found: "too large" });
}
