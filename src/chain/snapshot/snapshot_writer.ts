import { type Bytes, equalBytes, joinBytes } from "../../base/bytes.ts";
import { ByteWriter } from "../../codec/byte_writer.ts";
import type { Txid } from "../../primitives/hash.ts";
import { CoinsHash } from "../coins_hash.ts";
import type { CoinsSnapshot } from "../coins_scan.ts";
import {
  compareSnapshotIndexes, encodeSnapshotGroup, encodeSnapshotHead, type IndexedCoin, SNAPSHOT_COUNT_OFFSET,
} from "./snapshot_format.ts";

/** Bytes written as one: enough that the disk is not asked for each coin. */
const WRITE_BYTES = 1024 * 1024;

/** Where a snapshot is written to. */
export interface SnapshotSink {
  write(offset: number, bytes: Bytes): Promise<void>;
}

export interface WrittenSnapshot {
  readonly coins: number;
  /** Of all of them, in display order. */
  readonly hash: string;
}

/**
 * Writes all coins in one pass, hashing them on the way; how many there are is known at the end, and then
 * put in its place. `undefined` when it was stopped.
 */
export async function writeSnapshot(
  { head, coins }: CoinsSnapshot, magic: Bytes, sink: SnapshotSink, isStopped: () => boolean,
): Promise<WrittenSnapshot | undefined> {
  const hash = new CoinsHash();
  const out = new BufferedSink(sink);
  await out.append(encodeSnapshotHead(magic, { base: head, coins: 0n }));
  let count = 0;
  let txid: Txid | undefined;
  let group: IndexedCoin[] = [];
  for await (const scanned of coins) {
    if (isStopped()) return undefined;
    const { outPoint, coin } = scanned;
    if (txid !== undefined && !equalBytes(txid, outPoint.txid)) {
      await out.append(groupBytes(txid, group));
      group = [];
    }
    txid = outPoint.txid;
    group.push({ index: outPoint.index, coin });
    hash.add(scanned);
    count++;
  }
  if (txid !== undefined) await out.append(groupBytes(txid, group));
  await out.flush();
  await sink.write(SNAPSHOT_COUNT_OFFSET, new ByteWriter(8).u64(BigInt(count)).finish());
  return { coins: count, hash: hash.text() };
}

function groupBytes(txid: Txid, coins: IndexedCoin[]): Bytes {
  return encodeSnapshotGroup(txid, coins.sort((a, b) => compareSnapshotIndexes(a.index, b.index)));
}

class BufferedSink {
  readonly #sink: SnapshotSink;
  #parts: Bytes[] = [];
  #bytes = 0;
  #offset = 0;

  constructor(sink: SnapshotSink) {
    this.#sink = sink;
  }

  async append(bytes: Bytes): Promise<void> {
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= WRITE_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    const bytes = joinBytes(this.#parts);
    await this.#sink.write(this.#offset, bytes);
    this.#offset += bytes.length;
    this.#parts = [];
    this.#bytes = 0;
  }
}
