/**
 * A `tidingsd` in a process of its own, of the same build as the benchmark.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePorts } from "../../test/support/free_port.ts";
import { stopProcess } from "./process.ts";

/** Milliseconds in which it must answer. */
const DEADLINE = 60_000;
const POLL = 50;

const MAIN = new URL("../../src/cli/tidingsd.js", import.meta.url).href;

export class BenchDaemon {
  readonly port: number;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #url: string;
  readonly #cookieFile: string;

  private constructor(child: ChildProcess, dataDir: string, port: number, rpcPort: number) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    this.port = port;
    this.#url = `http://127.0.0.1:${rpcPort}/`;
    this.#cookieFile = join(dataDir, "regtest", ".cookie");
  }

  /** On regtest, answering. */
  static async start(dataDir: string, ...flags: readonly string[]): Promise<BenchDaemon> {
    const [port = 0, rpcPort = 0] = await freePorts(2);
    const all = ["-regtest", `-datadir=${dataDir}`, `-bind=127.0.0.1:${port}`, `-rpcport=${rpcPort}`,
      "-printtoconsole=0", ...flags];
    // Off the heap, what one collection has found free is freed, and counted, with the next.
    const main = `
      async function collect() { for (let i = 0; i < 3; i++) { gc(); await new Promise((r) => setTimeout(r, 100)); } }
      process.on("message", async () => { await collect(); process.send(process.memoryUsage()); });
      process.channel.unref();
      await (await import(${JSON.stringify(MAIN)})).main(process.argv.slice(1));`;
    const child = spawn(process.execPath, ["--expose-gc", "--input-type=module", "--eval", main, "--", ...all], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const daemon = new BenchDaemon(child, dataDir, port, rpcPort);
    await daemon.#answers();
    return daemon;
  }

  async call<T>(method: string, ...params: readonly unknown[]): Promise<T> {
    const [answer] = await this.batch<T>([{ method, params }]);
    return answer as T;
  }

  /** All at once; the answers in the same order. */
  async batch<T>(calls: readonly { method: string; params: readonly unknown[] }[]): Promise<readonly T[]> {
    const cookie = readFileSync(this.#cookieFile, "utf8");
    const response = await fetch(this.#url, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from(cookie).toString("base64")}` },
      body: JSON.stringify(calls.map((call, id) => ({ jsonrpc: "2.0", id, ...call }))),
      signal: AbortSignal.timeout(DEADLINE),
    });
    const answers = (await response.json()) as { result?: T; error?: { message: string } }[];
    return answers.map(({ result, error }, at) => {
      if (error !== undefined) throw new Error(`${calls[at]?.method}: ${error.message}`);
      return result as T;
    });
  }

  /** Bytes that are in use, on the heap and off it, after a collection of garbage. */
  async liveBytes(): Promise<number> {
    const answer = once(this.#child, "message");
    this.#child.send("measure");
    const [{ heapUsed, external }] = (await answer) as [NodeJS.MemoryUsage];
    return heapUsed + external;
  }

  /** Resident memory in bytes; `undefined` where the system does not say (only Linux does). */
  residentBytes(): number | undefined {
    try {
      const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, "utf8")) ?? [];
      return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
    } catch {
      return undefined;
    }
  }

  async stop(): Promise<void> {
    await stopProcess(this.#child);
  }

  async #answers(): Promise<void> {
    const deadline = performance.now() + DEADLINE;
    for (;;) {
      try {
        await this.call("getblockcount");
        return;
      } catch (error) {
        if (performance.now() > deadline || this.#child.exitCode !== null) throw error;
        await delay(POLL);
      }
    }
  }
}
