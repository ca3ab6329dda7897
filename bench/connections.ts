/**
 * Memory that a connection takes: 1,000 held by a `tidingsd` on regtest, idle, and after 5,000
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
import { installNodeCrypto } from "../src/io/node_crypto.ts";
import { sharedPath } from "../test/support/paths.ts";
import { BenchDaemon } from "./support/daemon.ts";
import type { HoldRequest } from "./support/holder.ts";
import { type Measurement, round } from "./support/measurement.ts";
import { makePayments, submit } from "./support/payments.ts";

const CONNECTIONS = 1_000;
const TRANSACTIONS = 5_000;
/** Held for a moment before the first measurement, so that what only a first connection makes is there. */
const WARM_UP = 20;
/** Seconds in which everything must have been announced. */
const DEADLINE = 300;
/** Milliseconds after which what a change leaves behind has settled. */
const SETTLE = 3_000;

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
  const transactions = await makePayments(daemon, TRANSACTIONS);
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
