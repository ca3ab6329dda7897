/**
 * A snapshot of all unspent coins as a file, in Bitcoin Core's format (node/utxo_snapshot.h,
 * rpc/blockchain.cpp, WriteUTXOSnapshot).
 *
 * ```text
 * 5 "utxo" 0xff    u16 version, 2    4 magic of the network    32 hash of the block    u64 coins
 * for each transaction with coins, by its id, byte by byte:
 *   32 id    CompactSize coins
 *   for each of them: CompactSize index, then the coin:
 *     varint 2 * height + isCoinbase, amount, script        (snapshot_output.ts)
 * ```
 *
 * @module
 */
import { type Bytes, equalBytes, fromLatin1 } from "../../base/bytes.ts";
import { ByteReader } from "../../codec/byte_reader.ts";
import { ByteWriter, countSize } from "../../codec/byte_writer.ts";
import { NETWORKS } from "../../params/networks.ts";
import type { ChainParams } from "../../params/chain_params.ts";
import type { Coin } from "../../primitives/coin.ts";
import { type BlockHash, HASH_BYTES, type Txid } from "../../primitives/hash.ts";
import { coinCode } from "../coin_codec.ts";
import {
  compressAmount, encodeSnapshotVarint, SNAPSHOT_VARINT_BYTES_MAX, writeSnapshotScript, writeSnapshotVarint,
} from "./snapshot_output.ts";

const FILE_MAGIC = fromLatin1("utxo\xff");
const VERSION = 2;
const MAGIC_BYTES = 4;
const COUNT_BYTES = 8;
/** Of a CompactSize. */
const COUNT_BYTES_MAX = 9;
/** Of what stands before a script. */
const COIN_HEAD_BYTES_MAX = COUNT_BYTES_MAX + 3 * SNAPSHOT_VARINT_BYTES_MAX;
/** Where the number of coins stands. */
export const SNAPSHOT_COUNT_OFFSET = FILE_MAGIC.length + 2 + MAGIC_BYTES + HASH_BYTES;
export const SNAPSHOT_HEAD_BYTES = SNAPSHOT_COUNT_OFFSET + COUNT_BYTES;

/** What a snapshot says of itself: to be believed of nobody. */
export interface SnapshotHead {
  /** The block as of which the coins are. */
  readonly base: BlockHash;
  readonly coins: bigint;
}

/** The file is not a snapshot that can be used here. The message is in Bitcoin Core's words. */
export class SnapshotError extends Error {
  override readonly name = "SnapshotError";
}

export function encodeSnapshotHead(magic: Bytes, { base, coins }: SnapshotHead): Bytes {
  const writer = new ByteWriter(SNAPSHOT_HEAD_BYTES);
  return writer.bytes(FILE_MAGIC).u16(VERSION).bytes(magic).bytes(base).u64(coins).finish();
}

/** @throws {SnapshotError} when it is not of this format, this version or this network */
export function decodeSnapshotHead(bytes: Bytes, params: ChainParams): SnapshotHead {
  if (bytes.length < SNAPSHOT_HEAD_BYTES && equalBytes(bytes.subarray(0, 5), FILE_MAGIC)) {
    throw new SnapshotError("AutoFile::read: end of file");
  }
  if (!equalBytes(bytes.subarray(0, FILE_MAGIC.length), FILE_MAGIC)) {
    throw new SnapshotError("Invalid UTXO set snapshot magic bytes. Please check if this is indeed a " +
      "snapshot file or if you are using an outdated snapshot format.");
  }
  const reader = new ByteReader(bytes, FILE_MAGIC.length);
  const version = reader.u16();
  if (version !== VERSION) {
    throw new SnapshotError(`Version of snapshot ${version} does not match any of the supported versions.`);
  }
  checkNetwork(reader.bytes(MAGIC_BYTES), params);
  return { base: reader.copy(HASH_BYTES) as BlockHash, coins: reader.u64() };
}

function checkNetwork(magic: Bytes, params: ChainParams): void {
  if (equalBytes(magic, params.magic)) return;
  const found = NETWORKS.find((network) => equalBytes(network.magic, magic));
  if (found === undefined) {
    throw new SnapshotError("This snapshot has been created for an unrecognized network. This could be a " +
      "custom signet, a new testnet or possibly caused by data corruption.");
  }
  throw new SnapshotError(
    `The network of the snapshot (${found.name}) does not match the network of this node (${params.name}).`);
}

/** A coin, and which output of its transaction it is. */
export interface IndexedCoin {
  readonly index: number;
  readonly coin: Coin;
}

/** All coins of one transaction, in the order of `compareSnapshotIndexes`. */
export function encodeSnapshotGroup(txid: Txid, coins: readonly IndexedCoin[]): Bytes {
  let bytesMax = HASH_BYTES + COUNT_BYTES_MAX;
  for (const { coin } of coins) bytesMax += COIN_HEAD_BYTES_MAX + coin.script.length;
  const target = new Uint8Array(bytesMax);
  target.set(txid);
  let at = writeCount(target, HASH_BYTES, coins.length);
  for (const { index, coin: { height, isCoinbase, script, value } } of coins) {
    at = writeCount(target, at, index);
    at = writeSnapshotVarint(target, at, coinCode(height, isCoinbase));
    at = writeSnapshotVarint(target, at, compressAmount(value));
    at = writeSnapshotScript(target, at, script);
  }
  return target.subarray(0, at);
}

/** A CompactSize; returns the offset behind it. */
function writeCount(target: Bytes, offset: number, value: number): number {
  if (value < 0xfd) {
    target[offset] = value;
    return offset + 1;
  }
  const bytes = new ByteWriter(countSize(value)).count(value).finish();
  target.set(bytes, offset);
  return offset + bytes.length;
}

/** Below this index, the order of varints is that of the numbers. */
const ORDERED_BELOW = 16_512;

/**
 * The order in which Bitcoin Core's database has the coins of a transaction: that of their indexes as
 * varints.
 */
export function compareSnapshotIndexes(a: number, b: number): number {
  if (a < ORDERED_BELOW && b < ORDERED_BELOW) return a - b;
  const [left, right] = [encodeSnapshotVarint(a), encodeSnapshotVarint(b)];
  const at = left.findIndex((byte, i) => byte !== right[i]);
  return at < 0 ? 0 : (left[at] as number) - (right[at] ?? -1);
}
