/**
 * The import of a chain whose inputs are all signed, as a user would do it, beside Bitcoin Core's of
 * the same file: `npm run bench:sync -- [OPTIONS]`.
 *
 * ```text
 * --chain FILE       a file of blocks on regtest from height 1 on (or BENCH_CHAIN=FILE); made when left out
 * --blocks N         full blocks of the chain that is made                                   (20)
 * --txs N --seed N   transactions in each, and what it is drawn from                          (1500, 7)
 * --backends LIST    libraries for signatures: system, prebuilt, wasm, portable; "auto": the fastest
 * --rounds N         of each, in turn                                                         (1)
 * --par N            threads that check scripts, for Bitcoin Core its own among them          (2)
 * --dbcache MIB      (300)
 * --assumevalid      no scripts: the chain is taken for valid
 * --twice            also the second half's time against the first's
 * --tcp              from a bitcoind on loopback rather than from the file
 * --nice=N           of both, such as --nice=-15 on a machine with other work
 * ```
 *
 * With `BITCOIND` set, bitcoind takes its turn after each of ours, and the ratios are printed.
 *
 * @module
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type ChainFile, describeChain, makeSignedChain, writeBuryingHeaders } from "./support/chain_file.ts";
import { startCore, type Usage, watch } from "./support/core_node.ts";
import { type Measurement, median, round } from "./support/measurement.ts";
import type { SyncReport, SyncRequest } from "./support/sync_node.ts";
import { type PeerRun, runFromPeer } from "./support/sync_peer.ts";

const MIB = 1024 * 1024;

interface Plan {
  readonly chain: ChainFile;
  readonly folder: string;
  readonly backend: string;
  readonly threads: number;
  readonly cacheMib: number;
  readonly takesForValid: boolean;
  readonly nice: number | undefined;
}

type Run = Usage & { readonly report?: SyncReport };

/** For `npm run bench`: our own import alone, short. */
export async function run(): Promise<readonly Measurement[]> {
  return measure([]);
}

/** Prints a table. */
export async function main(argv: readonly string[]): Promise<void> {
  const rows = await measure(argv);
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, value, unit } of rows) {
    process.stdout.write(`${name.padEnd(width)}  ${value.toLocaleString("en-US").padStart(12)} ${unit}\n`);
  }
}

async function measure(argv: readonly string[]): Promise<readonly Measurement[]> {
  const { values } = parseArgs({ args: [...argv], options: OPTIONS });
  const folder = mkdtempSync(join(tmpdir(), "tidings-sync-"));
  try {
    const chain = await openChain(values, folder);
    const rows: Measurement[] = [
      { name: "chain: blocks", value: chain.blocks, unit: "blocks" },
      { name: "chain: transactions", value: chain.transactions, unit: "transactions" },
      { name: "chain: inputs", value: chain.inputs, unit: "inputs" },
    ];
    for (const backend of values.backends.split(",")) {
      const plan = {
        chain, folder, backend,
        threads: Number(values.par),
        cacheMib: Number(values.dbcache),
        takesForValid: values.assumevalid,
        nice: values.nice === undefined ? undefined : Number(values.nice),
      };
      rows.push(...(await compare(plan, Number(values.rounds), values.tcp, values.twice)));
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const OPTIONS = {
  chain: { type: "string" },
  blocks: { type: "string", default: "20" },
  txs: { type: "string", default: "1500" },
  seed: { type: "string", default: "7" },
  backends: { type: "string", default: "auto" },
  rounds: { type: "string", default: "1" },
  par: { type: "string", default: "2" },
  dbcache: { type: "string", default: "300" },
  assumevalid: { type: "boolean", default: false },
  twice: { type: "boolean", default: false },
  tcp: { type: "boolean", default: false },
  nice: { type: "string" },
} as const;

async function openChain(
  { chain, blocks, txs, seed }: { chain?: string | undefined; blocks: string; txs: string; seed: string },
  folder: string,
): Promise<ChainFile> {
  const given = chain ?? process.env["BENCH_CHAIN"];
  const path = given ?? join(folder, "chain.dat");
  const request = { path, blocks: Number(blocks), transactions: Number(txs), seed: Number(seed) };
  if (given === undefined) await makeSignedChain(request);
  return describeChain(path);
}

async function compare(
  plan: Plan, rounds: number, overTcp: boolean, byHalves: boolean,
): Promise<readonly Measurement[]> {
  const bitcoind = process.env["BITCOIND"];
  if (overTcp && bitcoind === undefined) throw new Error("--tcp needs BITCOIND: the path of a bitcoind");
  const [ours, theirs]: [Run[], Run[]] = [[], []];
  for (let i = 0; i < rounds; i++) {
    const peer = { ...plan, bitcoind: bitcoind ?? "" } satisfies PeerRun;
    ours.push(await (overTcp ? runFromPeer(peer, "ours") : importOurs(plan)));
    if (bitcoind !== undefined) {
      theirs.push(await (overTcp ? runFromPeer(peer, "theirs") : importTheirs(plan, bitcoind)));
    }
  }
  return [...rowsOf(plan, `ours (${plan.backend})`, ours, byHalves), ...rowsOf(plan, "bitcoind", theirs, false),
    ...ratios(plan.backend, ours, theirs)];
}

async function importOurs(plan: Plan): Promise<Run> {
  const { chain, folder, backend, threads, cacheMib, takesForValid, nice } = plan;
  const dataDir = join(folder, "ours");
  const headers = join(folder, "all.headers");
  if (takesForValid) writeBuryingHeaders(headers, chain);
  const request: SyncRequest = {
    files: takesForValid ? [headers, chain.path] : [chain.path],
    dataDir,
    settings: {
      minimumchainwork: "0", assumevalid: takesForValid ? chain.tip : "0",
      par: String(threads), dbcache: String(cacheMib),
    },
    halfway: chain.inputsUpTo.findIndex((count) => count >= chain.inputs / 2),
  };
  const start = performance.now();
  const child = fork(new URL("./support/sync_node.js", import.meta.url), [JSON.stringify(request)], {
    env: { ...process.env, ...(backend === "auto" ? {} : { TIDINGS_CRYPTO: backend }) },
  });
  if (nice !== undefined && child.pid !== undefined) setPriority(child.pid, nice);
  const report = await reportOf(child);
  const seconds = (performance.now() - start) / 1000;
  rmSync(dataDir, { recursive: true });
  if (report.tip !== chain.blocks) throw new Error(`The import ended at height ${report.tip}, not ${chain.blocks}`);
  return { seconds, cpuSeconds: report.cpuSeconds, peakBytes: report.peakBytes, report };
}

async function reportOf(child: ChildProcess): Promise<SyncReport> {
  let report: SyncReport | undefined;
  child.on("message", (message) => {
    report = message as SyncReport;
  });
  const [code] = await once(child, "exit");
  if (report === undefined) throw new Error(`The import failed with code ${code}`);
  return report;
}

async function importTheirs(plan: Plan, bitcoind: string): Promise<Run> {
  const { chain, folder, threads, cacheMib, takesForValid, nice } = plan;
  const dataDir = join(folder, "theirs");
  const settings = { assumeValid: takesForValid ? chain.tip : "0", threads, cacheMib };
  const flags = [`-loadblock=${chain.path}`, "-stopafterblockimport", "-listen=0", "-connect=0"];
  const usage = await watch(startCore(bitcoind, dataDir, settings, flags), nice);
  rmSync(dataDir, { recursive: true });
  return usage;
}

function rowsOf({ chain }: Plan, who: string, runs: readonly Run[], byHalves: boolean): readonly Measurement[] {
  if (runs.length === 0) return [];
  const middle = (value: (run: Run) => number): number => median(runs.map(value));
  const rows = [
    { name: `${who}: wall time`, value: round(middle((run) => run.seconds), 2), unit: "s" },
    { name: `${who}: rate`, value: Math.round(chain.inputs / middle((run) => run.seconds)), unit: "inputs/s" },
    { name: `${who}: processor time`, value: round(middle((run) => run.cpuSeconds), 2), unit: "s" },
    { name: `${who}: peak memory`, value: Math.round(Math.max(...runs.map((run) => run.peakBytes)) / MIB), unit: "MiB" },
  ];
  const reports = runs.flatMap(({ report }) => report ?? []);
  if (reports.length === 0) return rows;
  const longest = Math.max(...reports.map(({ longestTurn }) => longestTurn));
  const p99 = median(reports.map(({ turnP99 }) => turnP99));
  rows.push({ name: `${who}: turn of the loop, 99th percentile`, value: round(p99, 1), unit: "ms" },
    { name: `${who}: longest turn of the loop`, value: round(longest, 1), unit: "ms" });
  if (!byHalves) return rows;
  const ratio = median(reports.map(({ seconds, halfwaySeconds }) => (seconds - halfwaySeconds) / halfwaySeconds));
  return [...rows, { name: `${who}: second half of the inputs to the first`, value: round(ratio, 2), unit: "times" }];
}

function ratios(backend: string, ours: readonly Run[], theirs: readonly Run[]): readonly Measurement[] {
  if (theirs.length === 0) return [];
  const ratio = (value: (run: Run) => number): number => round(median(ours.map(value)) / median(theirs.map(value)), 2);
  return [
    { name: `ours (${backend}) to bitcoind: wall time`, value: ratio((run) => run.seconds), unit: "times" },
    { name: `ours (${backend}) to bitcoind: processor time`, value: ratio((run) => run.cpuSeconds), unit: "times" },
  ];
}
