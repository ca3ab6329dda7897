/**
 * Headers per second, from the bytes of `headers` messages to an index that is on disk, and back
 * from there at a start.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bytes } from "../src/base/bytes.ts";
import { silentLogger } from "../src/base/logger.ts";
import { seededRng } from "../src/base/rng.ts";
import type { Instant, UnixSeconds } from "../src/base/time.ts";
import type { ChainPorts, ChainSettings, PersistBatch } from "../src/chain/chain_ports.ts";
import { ChainState } from "../src/chain/chain_state.ts";
import { hashHeaders } from "../src/chain/header_acceptance.ts";
import { NEW_CHAIN } from "../src/chain/restore.ts";
import { meetsTarget } from "../src/primitives/target.ts";
import { DiskStore } from "../src/io/disk_store.ts";
import { installNodeCrypto } from "../src/io/node_crypto.ts";
import { REGTEST } from "../src/params/regtest.ts";
import { BlockHeader, HEADER_BYTES } from "../src/primitives/header.ts";
import { MemoryFiles } from "../src/store/memory_files.ts";
import { MemoryStore } from "../src/store/memory_store.ts";
import { median, type Measurement } from "./support/measurement.ts";

const MESSAGE_HEADERS = 2_000;
const MESSAGES = 50;
/** On the wire each header is followed by a count of transactions, which is zero. */
const WIRE_BYTES = HEADER_BYTES + 1;

const ROUNDS = 5;

interface Round {
  /** Headers per second. */
  readonly accepted: number;
  readonly restored: number;
  readonly bytesPerHeader: number;
}

export async function run(): Promise<readonly Measurement[]> {
  installNodeCrypto();
  const messages = makeMessages();
  const rounds: Round[] = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await inFolder((index) => measure(index, messages)));
  const accepted = rounds.map((round) => round.accepted);
  const restored = rounds.map((round) => round.restored);
  return [
    { name: "headers: wire bytes to index on disk, median of 5", value: median(accepted), unit: "headers/s" },
    { name: "headers: wire bytes to index on disk, best of 5", value: Math.max(...accepted), unit: "headers/s" },
    { name: "headers: index on disk to memory, median of 5", value: median(restored), unit: "headers/s" },
    { name: "headers: memory of the index", value: rounds[0]?.bytesPerHeader ?? 0, unit: "bytes/header" },
  ];
}

async function inFolder(work: (index: DiskStore) => Promise<Round>): Promise<Round> {
  const folder = await mkdtemp(join(tmpdir(), "tidings-bench-"));
  const index = await DiskStore.open(join(folder, "index"));
  try {
    return await work(index);
  } finally {
    await index.close();
    await rm(folder, { recursive: true });
  }
}

async function measure(index: DiskStore, messages: readonly Bytes[]): Promise<Round> {
  const count = MESSAGES * MESSAGE_HEADERS;
  const queue: { batch: PersistBatch; done: () => void }[] = [];
  const ports = portsOf(index, (batch, done) => void queue.push({ batch, done }));
  const chain = new ChainState(ports, SETTINGS, NEW_CHAIN);
  const start = performance.now();
  let writing = Promise.resolve();
  for (const message of messages) {
    const verdict = chain.addHeaders(hashHeaders(readMessage(message)));
    if (verdict.type !== "accepted") throw new Error(`The header bench made a chain that is ${verdict.type}`);
    // As the driver does: one batch is written while the next message is read.
    await writing;
    writing = writeAll(index, queue.splice(0));
  }
  await writing;
  const took = performance.now() - start;
  if (!chain.isIdle) throw new Error("Not all headers were written");

  const restart = performance.now();
  const entries: (readonly [Bytes, Bytes])[] = [];
  for await (const entry of index.scan(Uint8Array.of(0), Uint8Array.of(0xff))) entries.push(entry);
  const restored = new ChainState(ports, SETTINGS, { entries });
  const restartTook = performance.now() - restart;
  if (restored.headers.size !== count + 1) throw new Error(`Only ${restored.headers.size} headers came back`);
  return {
    accepted: Math.round((1000 * count) / took),
    restored: Math.round((1000 * count) / restartTook),
    bytesPerHeader: Math.round(chain.headers.bytes / chain.headers.size),
  };
}

const SETTINGS: ChainSettings = {
  params: REGTEST,
  pruneTarget: undefined,
  coinsCacheBytes: 1024 * 1024,
  minimumChainWork: 0n,
  assumeValid: undefined,
  maxTipAge: 24 * 60 * 60,
  blockFileBytes: 1024 * 1024,
};

function portsOf(index: DiskStore, persist: ChainPorts["persist"]): ChainPorts {
  const now = REGTEST.genesis.header.time + MESSAGES * MESSAGE_HEADERS * 600;
  return {
    clock: { now: () => performance.now() as Instant, unixTime: () => now as UnixSeconds },
    rng: seededRng(1),
    logger: silentLogger,
    files: new MemoryFiles(),
    index,
    coins: new MemoryStore(),
    verify: () => {},
    persist,
    event: () => {},
  };
}

interface Queued {
  readonly batch: PersistBatch;
  readonly done: () => void;
}

async function writeAll(index: DiskStore, queue: readonly Queued[]): Promise<void> {
  for (const { batch, done } of queue) {
    await index.write(batch.index, { sync: batch.sync });
    done();
  }
}

function readMessage(message: Bytes): readonly BlockHeader[] {
  const headers: BlockHeader[] = [];
  for (let at = 0; at < message.length; at += WIRE_BYTES) {
    headers.push(new BlockHeader(message.subarray(at, at + HEADER_BYTES)));
  }
  return headers;
}

function makeMessages(): readonly Bytes[] {
  let previous = REGTEST.genesis.header;
  return Array.from({ length: MESSAGES }, () => {
    const message = new Uint8Array(MESSAGE_HEADERS * WIRE_BYTES);
    for (let at = 0; at < message.length; at += WIRE_BYTES) {
      previous = nextHeader(previous);
      message.set(previous.bytes, at);
    }
    return message;
  });
}

function nextHeader({ hash, merkleRoot, time, bits }: BlockHeader): BlockHeader {
  for (let nonce = 0; ; nonce++) {
    const header = BlockHeader.of({ version: 4, previous: hash, merkleRoot, time: time + 60, bits, nonce });
    if (meetsTarget(header.hash, bits, REGTEST.work.limit)) return header;
  }
}
