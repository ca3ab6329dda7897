/**
 * The same chain over TCP: a node of ours, or a bitcoind, downloads it from a bitcoind on loopback.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePorts } from "../../test/support/free_port.ts";
import type { ChainFile } from "./chain_file.ts";
import { blockCount, startCore, type Usage, usedBy } from "./core_node.ts";
import { stopProcess } from "./process.ts";

export interface PeerRun {
  readonly bitcoind: string;
  readonly chain: ChainFile;
  readonly folder: string;
  readonly backend: string;
  readonly threads: number;
  readonly cacheMib: number;
  readonly nice: number | undefined;
}

const POLL_MS = 100;
const MAIN = new URL("../../src/cli/tidingsd.js", import.meta.url).href;

/** From the start of the process until it says that it has all blocks. */
export async function runFromPeer(run: PeerRun, who: "ours" | "theirs"): Promise<Usage> {
  const { bitcoind, chain, folder, threads, cacheMib, nice } = run;
  const settings = { assumeValid: "0", threads, cacheMib };
  const source = join(folder, "source");
  if (!existsSync(source)) {
    const flags = [`-loadblock=${chain.path}`, "-stopafterblockimport", "-listen=0", "-connect=0"];
    await once(startCore(bitcoind, source, settings, flags), "exit");
  }
  const [port = 0, sourceRpc = 0, rpcPort = 0] = await freePorts(3);
  const server = startCore(bitcoind, source, settings,
    // However old its tip is, it has all there is.
    [`-bind=127.0.0.1:${port}`, `-rpcport=${sourceRpc}`, "-connect=0", "-listen=1", "-maxtipage=1000000000"]);
  const dataDir = join(folder, who);
  try {
    await reaches(source, sourceRpc, chain.blocks, server);
    const flags = [`-connect=127.0.0.1:${port}`, "-listen=0", `-rpcport=${rpcPort}`];
    const start = performance.now();
    const client = who === "theirs" ? startCore(bitcoind, dataDir, settings, flags) : startOurs(run, dataDir, flags);
    if (nice !== undefined) for (const { pid } of [client, server]) setPriority(pid ?? 0, nice);
    await reaches(dataDir, rpcPort, chain.blocks, client);
    const seconds = (performance.now() - start) / 1000;
    const usage = usedBy(client.pid) ?? { cpuSeconds: 0, peakBytes: 0 };
    await stopProcess(client);
    return { seconds, ...usage };
  } finally {
    await stopProcess(server);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function startOurs({ backend, threads, cacheMib }: PeerRun, dataDir: string, flags: readonly string[]): ChildProcess {
  mkdirSync(dataDir, { recursive: true });
  const main = `await (await import(${JSON.stringify(MAIN)})).main(process.argv.slice(1));`;
  const all = ["-regtest", `-datadir=${dataDir}`, "-assumevalid=0", `-par=${threads}`, `-dbcache=${cacheMib}`,
    "-printtoconsole=0", ...flags];
  return spawn(process.execPath, ["--input-type=module", "--eval", main, "--", ...all], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...(backend === "auto" ? {} : { TIDINGS_CRYPTO: backend }) },
  });
}

async function reaches(dataDir: string, rpcPort: number, height: number, child: ChildProcess): Promise<void> {
  while ((await blockCount(dataDir, rpcPort)) !== height) {
    if (child.exitCode !== null) throw new Error(`The node in ${dataDir} ended with code ${child.exitCode}`);
    await delay(POLL_MS);
  }
}
