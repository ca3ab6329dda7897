/**
 * A bitcoind beside which our node is measured, and what a process of someone else has used.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** What a process has used. */
export interface Usage {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

const POLL_MS = 50;
const CLOCK_TICKS_PER_SECOND = 100;

/** Settings of `bitcoind` that our node is given too. */
export interface CoreSettings {
  readonly assumeValid: string;
  readonly threads: number;
  readonly cacheMib: number;
}

/** `bitcoind` on regtest, without peers unless `flags` say so. */
export function startCore(
  path: string, dataDir: string, { assumeValid, threads, cacheMib }: CoreSettings, flags: readonly string[],
): ChildProcess {
  mkdirSync(dataDir, { recursive: true });
  return spawn(path, [
    "-regtest", `-datadir=${dataDir}`, "-checkblockindex=0", `-assumevalid=${assumeValid}`, `-par=${threads}`,
    `-dbcache=${cacheMib}`, "-printtoconsole=0", ...flags,
  ], { stdio: "ignore" });
}

/** Until it ends by itself. `nice`: of all its threads, if given. */
export async function watch(child: ChildProcess, nice: number | undefined): Promise<Usage> {
  const start = performance.now();
  if (nice !== undefined && child.pid !== undefined) setPriority(child.pid, nice);
  let last = { cpuSeconds: 0, peakBytes: 0 };
  const ended = once(child, "exit");
  while (child.exitCode === null && child.signalCode === null) {
    const now = usedBy(child.pid) ?? last;
    // Of one that is just ending, some figures are gone.
    last = { cpuSeconds: Math.max(now.cpuSeconds, last.cpuSeconds), peakBytes: Math.max(now.peakBytes, last.peakBytes) };
    await Promise.race([ended, delay(POLL_MS)]);
  }
  return { seconds: (performance.now() - start) / 1000, ...last };
}

/** So far; `undefined` once it is gone, and where there is no /proc. */
export function usedBy(pid: number | undefined): Omit<Usage, "seconds"> | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [, peak = "0"] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { cpuSeconds: ticks / CLOCK_TICKS_PER_SECOND, peakBytes: Number(peak) * 1024 };
  } catch {
    return undefined;
  }
}

/** How many blocks a node says it has, if it answers. Bitcoin Core's and ours keep their cookies alike. */
export async function blockCount(dataDir: string, rpcPort: number): Promise<number | undefined> {
  try {
    const cookie = readFileSync(join(dataDir, "regtest", ".cookie"), "utf8");
    const response = await fetch(`http://127.0.0.1:${rpcPort}/`, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from(cookie).toString("base64")}` },
      body: JSON.stringify({ jsonrpc: "1.0", id: 0, method: "getblockcount", params: [] }),
    });
    const { result } = (await response.json()) as { readonly result?: number };
    return result;
  } catch {
    return undefined;
  }
}
