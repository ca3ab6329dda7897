/**
 * What the indexes beside the chain cost with blocks of 1 MB: how fast each is built from files, how long
 * that holds the event loop, and how much processor time it adds to connecting blocks. `BENCH_BLOCKS` says
 * how many blocks.
 *
 * @module
 */
import { openSync, readSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { silentLogger } from "../src/base/logger.ts";
import { INDEX_KINDS, type IndexKind } from "../src/chain/indexes/index_kinds.ts";
import { decodeWith } from "../src/codec/codec.ts";
import { openNode, type RunningNode } from "../src/io/node_host.ts";
import { defaultNodeOptions } from "../src/node/node_options.ts";
import { REGTEST } from "../src/params/regtest.ts";
import { blockCodec } from "../src/primitives/block.ts";
import { BlockHeader } from "../src/primitives/header.ts";
import type { BigBlocks, BigBlocksRequest } from "./support/big_blocks.ts";
import { LoopWatch } from "./support/loop_watch.ts";
import { type Measurement, round } from "./support/measurement.ts";

const BLOCKS = Number(process.env["BENCH_BLOCKS"] ?? 40);
/** Handed to the node and not yet answered. */
const IN_FLIGHT_MAX = 16;

export async function run(): Promise<readonly Measurement[]> {
  const folder = await mkdtemp(join(tmpdir(), "tidings-bench-"));
  try {
    const path = join(folder, "blocks");
    const made = await makeBlocks({ path, count: BLOCKS });
    const dataDir = join(folder, "bare");
    const bare = await connect(await open(dataDir, made, []), path, made);
    const rows: Measurement[] = [
      { name: "no index: connecting", value: perSecond(bare.connected), unit: "blocks/s" },
      { name: "no index: processor time", value: bare.processor, unit: "ms/block" },
    ];
    for (const kind of INDEX_KINDS) {
      rows.push(...await build(await open(dataDir, made, [kind]), kind));
      const kept = await connect(await open(join(folder, kind), made, [kind]), path, made);
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

function makeBlocks(request: BigBlocksRequest): Promise<BigBlocks> {
  const worker = new Worker(new URL("./support/big_blocks.js", import.meta.url), { workerData: request });
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

function open(dataDir: string, { headers }: BigBlocks, kinds: readonly IndexKind[]): Promise<RunningNode> {
  const last = new BlockHeader(headers.at(-1) ?? REGTEST.genesis.header.bytes);
  const options = {
    ...defaultNodeOptions(REGTEST),
    connectOnly: [],
    listen: false,
    minimumChainWork: 0n,
    assumeValid: last.hash,
    indexes: new Set(kinds),
  };
  return openNode({ options, dataDir, listen: [], logger: silentLogger });
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

async function connect(node: RunningNode, path: string, { headers, sizes }: BigBlocks): Promise<Times> {
  for (const bytes of headers) await node.command({ type: "submit-header", header: new BlockHeader(bytes) });
  const file = openSync(path, "r");
  const due: Promise<unknown>[] = [];
  const used = process.cpuUsage();
  const start = performance.now();
  let offset = 0;
  for (const size of sizes) {
    const bytes = new Uint8Array(size);
    readSync(file, bytes, 0, size, offset);
    offset += size;
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
