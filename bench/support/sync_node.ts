/**
 * What `tidings import` does, in a process that watches itself: for `bench/sync.ts`.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { silentLogger } from "../../src/base/logger.ts";
import { importFiles } from "../../src/cli/importer.ts";
import { planNode } from "../../src/cli/node_plan.ts";
import { Settings } from "../../src/cli/settings.ts";
import { openNode } from "../../src/io/node_host.ts";
import { REGTEST } from "../../src/params/regtest.ts";

export interface SyncRequest {
  readonly files: readonly string[];
  readonly dataDir: string;
  /** As on the command line. */
  readonly settings: Readonly<Record<string, string>>;
  /** The height up to which the time is taken by itself. */
  readonly halfway: number;
}

export interface SyncReport {
  readonly tip: number;
  /** Of user and system, all threads. */
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  /** From the first block handed over: until halfway, and until the last was connected. */
  readonly halfwaySeconds: number;
  readonly seconds: number;
  /** Of the event loop meanwhile, in milliseconds: how late timers came. */
  readonly longestTurn: number;
  readonly turnP99: number;
}

/** How often the loop is looked at, in milliseconds: a turn is this much shorter than what is measured. */
const RESOLUTION = 5;

async function run({ files, dataDir, settings: given, halfway }: SyncRequest): Promise<SyncReport> {
  const settings = new Settings();
  for (const [name, value] of Object.entries({ connect: "0", listen: "0", ...given })) {
    settings.commandLine.add(name, value);
  }
  const { options, verify } = await planNode(settings, REGTEST);
  mkdirSync(dataDir, { recursive: true });
  const node = await openNode({ options, dataDir, listen: [], logger: silentLogger, verify });
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  const start = performance.now();
  let halfwaySeconds = 0;
  node.listen((event) => {
    if (event.type === "block:connected" && event.data.height === halfway) {
      halfwaySeconds = (performance.now() - start) / 1000;
    }
  });
  const refusal = await importFiles(node, files);
  if (refusal !== undefined) throw new Error(refusal);
  const seconds = (performance.now() - start) / 1000;
  delay.disable();
  const { chain } = node.core;
  const tip = chain.headers.height(chain.tip);
  await node.close();
  const { user, system } = process.cpuUsage();
  return {
    tip, halfwaySeconds, seconds,
    cpuSeconds: (user + system) / 1e6,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    longestTurn: delay.max / 1e6 - RESOLUTION,
    turnP99: delay.percentile(99) / 1e6 - RESOLUTION,
  };
}

process.send?.(await run(JSON.parse(process.argv[2] ?? "{}") as SyncRequest));
process.disconnect();
