/**
 * Amounts and scripts in few bytes, as Bitcoin Core keeps them in its databases and in snapshots of coins
 * (serialize.h, VARINT; compressor.cpp).
 *
 * ```text
 * varint    seven bits a byte, highest first, the top bit set on all bytes but the last; one is taken off
 *           for each byte but the last, so that every number has one spelling
 * amount    varint of: 0 for nothing; else, with e the zeros at its end, at most 9, and d its last digit
 *           before them: 1 + 10 * (9 * (what is left) + d - 1) + e, or 1 + 10 * (what is left - 1) + 9
 * script    0, 20 key hash (P2PKH)    1, 20 script hash (P2SH)    2 or 3, 32 x of a key (P2PK)
 *           4 or 5, 32 x of a key whose 65 bytes stand in the script, by its parity
 *           any other: varint of 6 + its length, then itself
 * ```
 *
 * @module
 */
import { type Bytes, concatBytes } from "../../base/bytes.ts";
import type { ByteReader } from "../../codec/byte_reader.ts";
import { malformed } from "../../codec/decode_error.ts";
import { curve } from "../../crypto/crypto.ts";
import { uncompressedKey } from "../../crypto/uncompressed_key.ts";
import { OP_CHECKSIG, OP_DUP, OP_EQUAL, OP_EQUALVERIFY, OP_HASH160 } from "../../script/opcodes.ts";

const U32_BITS = 32n;
const U64_BITS = 64n;
const U64_MAX = 2n ** U64_BITS - 1n;

export const SNAPSHOT_VARINT_BYTES_MAX = 10;
/** Ten times as much, and the rest, is a double still. */
const EXACT_DIGITS_MAX = Math.floor(Number.MAX_SAFE_INTEGER / 10) - 1;

/** The first byte of a script tells these apart from a length. */
const SPECIAL_SCRIPTS = 6;
const HASH_BYTES = 20;
const X_BYTES = 32;
const KEY_BYTES = 33;
const LONG_KEY_BYTES = 65;

/** `value` below 2^64. */
export function encodeSnapshotVarint(value: number | bigint): Bytes {
  const bytes = new Uint8Array(SNAPSHOT_VARINT_BYTES_MAX);
  return bytes.subarray(0, writeSnapshotVarint(bytes, 0, value));
}

/** Returns the offset behind it. */
export function writeSnapshotVarint(target: Bytes, offset: number, value: number | bigint): number {
  if (typeof value === "bigint") return writeLongVarint(target, offset, value);
  let length = 1;
  for (let rest = Math.floor(value / 0x80) - 1; rest >= 0; rest = Math.floor(rest / 0x80) - 1) length++;
  let rest = value;
  for (let at = offset + length - 1; at >= offset; at--) {
    target[at] = (rest % 0x80) | (at === offset + length - 1 ? 0 : 0x80);
    rest = Math.floor(rest / 0x80) - 1;
  }
  return offset + length;
}

/** For what no double holds exactly. */
function writeLongVarint(target: Bytes, offset: number, value: bigint): number {
  const bytes = [Number(value & 0x7fn)];
  for (let rest = (value >> 7n) - 1n; rest >= 0n; rest = (rest >> 7n) - 1n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
  target.set(bytes.reverse(), offset);
  return offset + bytes.length;
}

/** @throws {DecodeError} when it does not fit so many bits, or does not end */
export function readSnapshotVarint(reader: ByteReader, bits: 32 | 64): bigint {
  const start = reader.offset;
  const max = 2n ** (bits === 32 ? U32_BITS : U64_BITS) - 1n;
  let value = 0n;
  for (;;) {
    const byte = reader.u8();
    if (value > max >> 7n) throw malformed(start, "varint", "too large");
    value = (value << 7n) | BigInt(byte & 0x7f);
    if (byte < 0x80) return value;
    if (value === max) throw malformed(start, "varint", "too large");
    value++;
  }
}

/** `amount` is money. */
export function compressAmount(amount: number): number | bigint {
  if (amount === 0) return 0;
  let rest = amount;
  let zeros = 0;
  for (; zeros < 9 && rest % 10 === 0; zeros++) rest /= 10;
  if (zeros === 9) return 1 + 10 * (rest - 1) + 9;
  const digits = 9 * Math.floor(rest / 10) + (rest % 10) - 1;
  return digits <= EXACT_DIGITS_MAX ? 1 + 10 * digits + zeros : 1n + 10n * BigInt(digits) + BigInt(zeros);
}

/** Any number below 2^64 stands for some amount below 2^64, which need not be money. */
export function decompressAmount(compressed: bigint): bigint {
  if (compressed === 0n) return 0n;
  const zeros = (compressed - 1n) % 10n;
  const rest = (compressed - 1n) / 10n;
  const digits = zeros === 9n ? rest + 1n : (rest / 9n) * 10n + (rest % 9n) + 1n;
  return (digits * 10n ** zeros) & U64_MAX;
}

/** Returns the offset behind it; it takes no more than a varint and the script itself. */
export function writeSnapshotScript(target: Bytes, offset: number, script: Bytes): number {
  const short = compressScript(script);
  if (short !== undefined) {
    target.set(short, offset);
    return offset + short.length;
  }
  const start = writeSnapshotVarint(target, offset, script.length + SPECIAL_SCRIPTS);
  target.set(script, start);
  return start + script.length;
}

/** `undefined` for a script that is of none of the short forms. */
function compressScript(script: Bytes): Bytes | undefined {
  if (isKeyHash(script)) return concatBytes(Uint8Array.of(0), script.subarray(3, 3 + HASH_BYTES));
  if (isScriptHash(script)) return concatBytes(Uint8Array.of(1), script.subarray(2, 2 + HASH_BYTES));
  const length = script[0];
  if (length === undefined || script.length !== length + 2 || script.at(-1) !== OP_CHECKSIG) return undefined;
  const key = script.subarray(1, 1 + length);
  if (length === KEY_BYTES && (key[0] === 2 || key[0] === 3)) return key.slice();
  // What is no point of the curve could not be made whole again.
  if (length !== LONG_KEY_BYTES || key[0] !== 4 || !curve().isPublicKey(key)) return undefined;
  const parity = (key[LONG_KEY_BYTES - 1] as number) & 1;
  return concatBytes(Uint8Array.of(4 + parity), key.subarray(1, 1 + X_BYTES));
}

function isKeyHash(script: Bytes): boolean {
  return script.length === 25 && script[0] === OP_DUP && script[1] === OP_HASH160 &&
    script[2] === HASH_BYTES && script[23] === OP_EQUALVERIFY && script[24] === OP_CHECKSIG;
}

function isScriptHash(script: Bytes): boolean {
  return script.length === 23 && script[0] === OP_HASH160 && script[1] === HASH_BYTES &&
    script[22] === OP_EQUAL;
}

/** A script, or the length of one too long to be of use, which follows and is to be left out. */
export type SnapshotScript = Bytes | { readonly skip: number };

/** @throws {DecodeError} when it is cut short, or its length is none */
export function readSnapshotScript(reader: ByteReader, bytesMax: number): SnapshotScript {
  const size = Number(readSnapshotVarint(reader, 32));
  switch (size) {
    case 0:
      return concatBytes(
        Uint8Array.of(OP_DUP, OP_HASH160, HASH_BYTES), reader.bytes(HASH_BYTES),
        Uint8Array.of(OP_EQUALVERIFY, OP_CHECKSIG));
    case 1:
      return concatBytes(
        Uint8Array.of(OP_HASH160, HASH_BYTES), reader.bytes(HASH_BYTES), Uint8Array.of(OP_EQUAL));
    case 2:
    case 3:
      return concatBytes(
        Uint8Array.of(KEY_BYTES, size), reader.bytes(X_BYTES), Uint8Array.of(OP_CHECKSIG));
    case 4:
    case 5: {
      const key = uncompressedKey(concatBytes(Uint8Array.of(size - 2), reader.bytes(X_BYTES)));
      // As in Bitcoin Core, where what cannot be made whole stays empty.
      if (key === undefined) return new Uint8Array(0);
      return concatBytes(Uint8Array.of(LONG_KEY_BYTES), key, Uint8Array.of(OP_CHECKSIG));
    }
    default: {
      const length = size - SPECIAL_SCRIPTS;
      return length > bytesMax ? { skip: length } : reader.copy(length);
    }
  }
}
