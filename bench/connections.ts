/**
 * Memory that a connection takes: 500 held by a `tidingsd` on regtest, idle, and after 5,000
 * transactions were announced to each.
 *
 * Peers are trusted (`noban`), since otherwise announcements are spread over minutes; what they
 * leave in memory is the same.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { fromHex, toHex } from "../src/base/bytes.ts";
import { decodeWith } from "../src/codec/codec.ts";
import { installNodeCrypto } from "../src/io/node_crypto.ts";
import type { Sats } from "../src/primitives/amount.ts";
import { type OutPoint, type Output, SEQUENCE_FINAL, Transaction, transactionCodec } from "../src/primitives/transaction.ts";
import { sharedPath } from "../test/support/paths.ts";
import { BenchDaemon } from "./support/daemon.ts";
import type { HoldRequest } from "./support/holder.ts";
import { type Measurement, round } from "./support/measurement.ts";

const CONNECTIONS = 500;
const TRANSACTIONS = 5_000;
/** Held for a moment before the first measurement, so that what only a first connection makes is there. */
const WARM_UP = 20;
/** Calls in one request. */
const BATCH = 250;
/** Seconds in which everything must have been announced. */
const DEADLINE = 120;
/** Milliseconds after which what a change leaves behind has settled. */
const SETTLE = 3_000;
const FEE = 1_000;

/** A push, dropped again: anyone can spend it. The push makes a transaction long enough to be relayed. */
const ANYONE = Uint8Array.of(0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0x75, 0x51);

const HOLD_TOOL = sharedPath("tools", "hold.py");

export const skip = process.platform === "linux" ? false : "needs /proc to read another process's memory";

export async function run(): Promise<readonly Measurement[]> {
  installNodeCrypto();
  const folder = await mkdtemp(join(tmpdir(), "tidings-bench-"));
  const flags = [`-maxconnections=${CONNECTIONS + 100}`, "-acceptnonstdtxn=1", "-whitelist=noban@127.0.0.1"];
  const daemon = await BenchDaemon.start(folder, ...flags);
  try {
    return [...await measure(daemon), ...await measureByTool(daemon)];
  } finally {
    await daemon.stop();
    await rm(folder, { recursive: true });
  }
}

interface Memory {
  readonly resident: number;
  readonly live: number;
}

async function measure(daemon: BenchDaemon): Promise<readonly Measurement[]> {
  const transactions = await makeTransactions(daemon);
  await release(await hold({ port: daemon.port, count: WARM_UP }));
  const before = await memoryOf(daemon);
  const holder = await hold({ port: daemon.port, count: CONNECTIONS });
  const idle = await memoryOf(daemon);
  await submit(daemon, transactions);
  await announced(daemon);
  const after = await memoryOf(daemon);
  await release(holder);
  // What is left is the mempool's, and no peer's.
  const without = await memoryOf(daemon);
  return [
    ...rowsOf("idle connection", idle, before),
    ...rowsOf("connection after 5,000 transactions", after, without),
  ];
}

function rowsOf(name: string, now: Memory, before: Memory): readonly Measurement[] {
  const each = (bytes: number): number => round(bytes / CONNECTIONS / 1000, 1);
  return [
    { name: `${name}: live memory`, value: each(now.live - before.live), unit: "kB" },
    { name: `${name}: resident memory`, value: each(now.resident - before.resident), unit: "kB" },
  ];
}

/** The collection of garbage that the first answer takes also gives memory back to the system. */
async function memoryOf(daemon: BenchDaemon): Promise<Memory> {
  await delay(SETTLE);
  const live = await daemon.liveBytes();
  await delay(SETTLE);
  return { live, resident: daemon.residentBytes() ?? 0 };
}

function hold(request: HoldRequest): Promise<Worker> {
  const worker = new Worker(new URL("./support/holder.js", import.meta.url), { workerData: request });
  return new Promise((resolve, reject) => {
    worker.once("message", () => resolve(worker));
    worker.once("error", reject);
  });
}

async function release(worker: Worker): Promise<void> {
  await worker.terminate();
}

/** Each spends a confirmed output of its own. */
async function makeTransactions(daemon: BenchDaemon): Promise<readonly string[]> {
  const pay = `raw(${toHex(ANYONE)})`;
  const [first] = await daemon.call<string[]>("generatetodescriptor", 101, pay);
  const block = await daemon.call<{ tx: readonly string[] }>("getblock", first, 1);
  const [coinbaseId] = block.tx;
  const hex = await daemon.call<string>("getrawtransaction", coinbaseId, false, first);
  const { txid, outputs: [reward] } = decodeWith(transactionCodec, fromHex(hex));
  const value = Math.floor(((reward?.value ?? 0) - 100 * FEE) / TRANSACTIONS) as Sats;
  const fan = spend({ txid, index: 0 }, Array.from({ length: TRANSACTIONS }, () => ({ value, script: ANYONE })));
  await daemon.call("sendrawtransaction", toHex(fan.bytes));
  await daemon.call("generatetodescriptor", 1, pay);
  return Array.from({ length: TRANSACTIONS }, (_, index) => {
    const output = { value: (value - FEE) as Sats, script: ANYONE };
    return toHex(spend({ txid: fan.txid, index }, [output]).bytes);
  });
}

function spend(prevout: OutPoint, outputs: readonly Output[]): Transaction {
  const input = { prevout, scriptSig: new Uint8Array(0), sequence: SEQUENCE_FINAL, witness: [] };
  return Transaction.of({ version: 2, inputs: [input], outputs, locktime: 0 });
}

async function submit(daemon: BenchDaemon, transactions: readonly string[]): Promise<void> {
  for (let start = 0; start < transactions.length; start += BATCH) {
    const part = transactions.slice(start, start + BATCH);
    await daemon.batch(part.map((hex) => ({ method: "sendrawtransaction", params: [hex] })));
  }
}

async function announced(daemon: BenchDaemon): Promise<void> {
  const deadline = performance.now() + DEADLINE * 1000;
  for (;;) {
    const peers = await daemon.call<readonly { inv_to_send: number }[]>("getpeerinfo");
    const waiting = peers.reduce((sum, peer) => sum + peer.inv_to_send, 0);
    if (peers.length >= CONNECTIONS && waiting === 0) return;
    if (performance.now() > deadline) {
      throw new Error(`${peers.length} peers, ${waiting} announcements are still to be made`);
    }
    await delay(500);
  }
}

/** The tool that other daemons were measured with, where it is there: it looks at no garbage. */
async function measureByTool(daemon: BenchDaemon): Promise<readonly Measurement[]> {
  if (!existsSync(HOLD_TOOL)) return [];
  const tool = spawn("python3", [HOLD_TOOL, `${daemon.port}`, `${daemon.pid}`, `${CONNECTIONS}`, "--seconds", "10"]);
  let output = "";
  tool.stdout.setEncoding("utf8").on("data", (text: string) => void (output += text));
  tool.on("error", () => {});
  await once(tool, "close");
  const [, each] = /(-?[\d.]+) kB each/.exec(output) ?? [];
  return each === undefined ? [] : [{ name: "idle connection, by hold.py", value: Number(each), unit: "kB" }];
}
