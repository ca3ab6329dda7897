/**
 * What the indexes beside the chain cost with blocks of 1 MB: how fast each is built from files, how long
 * that holds the event loop, and how much processor time it adds to connecting blocks. `BENCH_BLOCKS` says
 * how many blocks.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { INDEX_KINDS, type IndexKind } from "../src/chain/indexes/index_kinds.ts";
import { decodeWith } from "../src/codec/codec.ts";
import type { RunningNode } from "../src/io/node_host.ts";
import { blockCodec } from "../src/primitives/block.ts";
import type { BigBlocks } from "./support/big_blocks.ts";
import { importHeaders, IN_FLIGHT_MAX, makeBlocks, openBare, readBlocks } from "./support/big_chain.ts";
import { LoopWatch } from "./support/loop_watch.ts";
import { type Measurement, round } from "./support/measurement.ts";

const BLOCKS = Number(process.env["BENCH_BLOCKS"] ?? 40);

export async function run(): Promise<readonly Measurement[]> {
  const folder = await mkdtemp(join(tmpdir(), "tidings-bench-"));
  try {
    const path = join(folder, "blocks");
    const made = await makeBlocks({ path, count: BLOCKS });
    const dataDir = join(folder, "bare");
    const bare = await connect(await openBare(dataDir, made, []), path, made);
    const rows: Measurement[] = [
      { name: "no index: connecting", value: perSecond(bare.connected), unit: "blocks/s" },
      { name: "no index: processor time", value: bare.processor, unit: "ms/block" },
    ];
    for (const kind of INDEX_KINDS) {
      rows.push(...await build(await openBare(dataDir, made, [kind]), kind));
      const kept = await connect(await openBare(join(folder, kind), made, [kind]), path, made);
      rows.push(
        { name: `${kind}, kept while connecting: rate`, value: perSecond(kept.connected), unit: "blocks/s" },
        {
          name: `${kind}, kept: processor time added`,
          value: round(kept.processor - bare.processor, 1),
          unit: "ms/block",
        },
      );
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** From an index that is new to one that is there. */
async function build(node: RunningNode, kind: IndexKind): Promise<readonly Measurement[]> {
  const watch = new LoopWatch();
  const used = process.cpuUsage();
  const start = performance.now();
  await node.command({ type: "settle" });
  const time = performance.now() - start;
  const processor = processorTime(used);
  const { longest } = watch.stop();
  await node.close();
  return [
    { name: `${kind}, built from files`, value: perSecond(time), unit: "blocks/s" },
    { name: `${kind}, built: processor time`, value: processor, unit: "ms/block" },
    { name: `${kind}, built: longest turn of the loop`, value: round(longest, 0), unit: "ms" },
  ];
}

interface Times {
  /** Milliseconds until the last block was connected. */
  readonly connected: number;
  /** Milliseconds a block, until all was in the indexes and on disk. */
  readonly processor: number;
}

function perSecond(milliseconds: number): number {
  return round((1000 * BLOCKS) / milliseconds, 1);
}

function processorTime(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return round((user + system) / 1000 / BLOCKS, 1);
}

async function connect(node: RunningNode, path: string, made: BigBlocks): Promise<Times> {
  await importHeaders(node, made);
  const due: Promise<unknown>[] = [];
  const used = process.cpuUsage();
  const start = performance.now();
  for (const bytes of readBlocks(path, made)) {
    // A turn for each block, as when they come from peers.
    await setImmediate();
    due.push(node.command({ type: "submit-block", block: decodeWith(blockCodec, bytes) }));
    if (due.length > IN_FLIGHT_MAX) await due.shift();
  }
  await Promise.all(due);
  const connected = performance.now() - start;
  await node.command({ type: "settle" });
  const processor = processorTime(used);
  await node.close();
  return { connected, processor };
}
