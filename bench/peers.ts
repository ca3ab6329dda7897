/**
 * A thousand peers that talk: how long the event loop of a `tidingsd` on regtest is held, and what that
 * costs, while each of them pings it and announces transactions, fifty ask for all they are told of,
 * and ten new transactions a second are told to all.
 *
 * `BENCH_PEERS=n` takes another number of peers.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { installNodeCrypto } from "../src/io/node_crypto.ts";
import { BenchDaemon } from "./support/daemon.ts";
import type { HoldRequest } from "./support/holder.ts";
import { type Measurement, round } from "./support/measurement.ts";
import { makePayments, submit } from "./support/payments.ts";

const PEERS = Number(process.env["BENCH_PEERS"] ?? 1_000);
const TRANSACTIONS_PER_SECOND = 10;
/** Seconds: until the first announcements have gone round, and for which it is measured then. */
const WARM_UP = 15;
const MEASURED = 60;
const CLOCK_TICKS_PER_SECOND = 100;

export const skip = process.platform === "linux" ? false : "needs /proc to read another process's time";

interface LoopDelay {
  readonly mean: number;
  readonly p99: number;
  readonly max: number;
}

export async function run(): Promise<readonly Measurement[]> {
  installNodeCrypto();
  const folder = await mkdtemp(join(tmpdir(), "tidings-bench-"));
  const daemon = await BenchDaemon.start(folder, `-maxconnections=${PEERS + 100}`, "-acceptnonstdtxn=1");
  try {
    const count = TRANSACTIONS_PER_SECOND * (WARM_UP + MEASURED);
    const payments = await makePayments(daemon, count);
    const talkers = await talk({ port: daemon.port, count: PEERS });
    await relay(daemon, payments.slice(0, TRANSACTIONS_PER_SECOND * WARM_UP));
    await daemon.call("geteventloopdelay", true);
    const before = cpuSeconds(daemon.pid);
    await relay(daemon, payments.slice(TRANSACTIONS_PER_SECOND * WARM_UP));
    const held = await daemon.call<LoopDelay>("geteventloopdelay");
    const cpu = cpuSeconds(daemon.pid) - before;
    const alive = (await daemon.call<readonly unknown[]>("getpeerinfo")).length;
    await talkers.terminate();
    const name = `${PEERS} talking peers`;
    return [
      { name: `${name}: event loop held, 99th percentile`, value: round(held.p99, 1), unit: "ms" },
      { name: `${name}: event loop held, longest`, value: round(held.max, 1), unit: "ms" },
      { name: `${name}: processor time`, value: round((100 * cpu) / MEASURED, 1), unit: "%" },
      { name: `${name}: still connected`, value: alive, unit: "peers" },
    ];
  } finally {
    await daemon.stop();
    await rm(folder, { recursive: true });
  }
}

function talk(request: HoldRequest): Promise<Worker> {
  const worker = new Worker(new URL("./support/talker.js", import.meta.url), { workerData: request });
  return new Promise((resolve, reject) => {
    worker.once("message", () => resolve(worker));
    worker.once("error", reject);
  });
}

/** One second after the other. */
async function relay(daemon: BenchDaemon, payments: readonly string[]): Promise<void> {
  for (let start = 0; start < payments.length; start += TRANSACTIONS_PER_SECOND) {
    const next = delay(1_000);
    await submit(daemon, payments.slice(start, start + TRANSACTIONS_PER_SECOND));
    await next;
  }
}

/** Of user and system, all threads. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}
