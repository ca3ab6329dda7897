/** A chain of blocks of 1 MB, and nodes that take it without checking scripts. @module */
import { openSync, readSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { silentLogger } from "../../src/base/logger.ts";
import type { IndexKind } from "../../src/chain/indexes/index_kinds.ts";
import { openNode, type RunningNode } from "../../src/io/node_host.ts";
import { defaultNodeOptions } from "../../src/node/node_options.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import { BlockHeader } from "../../src/primitives/header.ts";
import type { BigBlocks, BigBlocksRequest } from "./big_blocks.ts";

/** Handed to the node and not yet answered. */
export const IN_FLIGHT_MAX = 16;

/** In a thread of its own, whose memory is gone afterwards. */
export function makeBlocks(request: BigBlocksRequest): Promise<BigBlocks> {
  const worker = new Worker(new URL("./big_blocks.js", import.meta.url), { workerData: request });
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

/** A node that takes the last header's chain for valid. */
export function openBare(
  dataDir: string, { headers }: BigBlocks, kinds: readonly IndexKind[] = [],
): Promise<RunningNode> {
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

export async function importHeaders(node: RunningNode, { headers }: BigBlocks): Promise<void> {
  for (const bytes of headers) await node.command({ type: "submit-header", header: new BlockHeader(bytes) });
}

/** The blocks of the file that was made, each in memory of its own. */
export function* readBlocks(path: string, { sizes }: BigBlocks): Generator<Uint8Array> {
  const file = openSync(path, "r");
  let offset = 0;
  for (const size of sizes) {
    const bytes = new Uint8Array(size);
    readSync(file, bytes, 0, size, offset);
    offset += size;
    yield bytes;
  }
}
