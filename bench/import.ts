/**
 * The import of 2,000 blocks of 1 MB whose scripts are taken for checked: how fast, how long it
 * holds the event loop, and how much memory it takes. Fewer blocks with `BENCH_BLOCKS=200`.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { decodeWith } from "../src/codec/codec.ts";
import type { RunningNode } from "../src/io/node_host.ts";
import { blockCodec } from "../src/primitives/block.ts";
import type { BigBlocks } from "./support/big_blocks.ts";
import { importHeaders, IN_FLIGHT_MAX, makeBlocks, openBare, readBlocks } from "./support/big_chain.ts";
import { LoopWatch } from "./support/loop_watch.ts";
import { type Measurement, round } from "./support/measurement.ts";

const BLOCKS = Number(process.env["BENCH_BLOCKS"] ?? 2_000);
/** Seconds after which no further block is handed over. */
const SECONDS_MAX = 240;

export async function run(): Promise<readonly Measurement[]> {
  const folder = await mkdtemp(join(tmpdir(), "tidings-bench-"));
  try {
    const path = join(folder, "blocks");
    const made = await makeBlocks({ path, count: BLOCKS });
    const node = await openBare(join(folder, "data"), made);
    await importHeaders(node, made);
    const result = await importBlocks(node, path, made);
    await node.close();
    return result;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function importBlocks(
  node: RunningNode, path: string, made: BigBlocks,
): Promise<readonly Measurement[]> {
  const due: Promise<void>[] = [];
  const watch = new LoopWatch();
  const processor = process.cpuUsage();
  const start = performance.now();
  let count = 0;
  for (const bytes of readBlocks(path, made)) {
    if (performance.now() - start > SECONDS_MAX * 1000) break;
    if (bytes.length > 500_000) count++;
    due.push(take(node, bytes));
    if (due.length > IN_FLIGHT_MAX) await due.shift();
    // A turn for each block, as when they come from peers.
    await setImmediate();
  }
  await Promise.all(due);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(processor);
  const { longest, p99, over50 } = watch.stop();
  return [
    { name: "import: blocks of 1 MB", value: count, unit: "blocks" },
    { name: "import: rate", value: round(count / seconds, 1), unit: "blocks/s" },
    { name: "import: transactions", value: Math.round((count * 4_500) / seconds), unit: "tx/s" },
    { name: "import: processor time", value: round((user + system) / 1000 / count, 1), unit: "ms/block" },
    { name: "import: longest turn of the loop", value: round(longest, 1), unit: "ms" },
    { name: "import: turn, 99th percentile", value: round(p99, 1), unit: "ms" },
    { name: "import: turns over 50 ms", value: over50, unit: "turns" },
    { name: "import: peak resident memory", value: Math.round(process.resourceUsage().maxRSS / 1024), unit: "MiB" },
  ];
}

async function take(node: RunningNode, bytes: Uint8Array): Promise<void> {
  const result = await node.command({ type: "submit-block", block: decodeWith(blockCodec, bytes) });
  const isGood = result.ok && result.value.type === "block-verdict" && result.value.verdict === "accepted";
  if (!isGood) throw new Error(`The import bench made a bad block: ${JSON.stringify(result)}`);
}
