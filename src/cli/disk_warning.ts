/** Whether the chain is likely to have room on its disk. @module */
import { promises as fs } from "node:fs";
import type { NodeOptions } from "../node/node_options.ts";
import { GIB } from "../params/chain_params.ts";

/**
 * What to tell whoever begins a chain in `folder` where it is not going to fit, in Bitcoin Core's words
 * (init.cpp); `undefined` when it fits, or nobody knows its size. `freeBytes` is for tests.
 */
export async function diskWarning(
  { params, pruneTarget }: Pick<NodeOptions, "params" | "pruneTarget">,
  folder: string,
  freeBytes: (folder: string) => Promise<number> = freeBytesOf,
): Promise<string | undefined> {
  const kept = Math.min(pruneTarget || Number.POSITIVE_INFINITY, params.assumedBlockBytes);
  if (await freeBytes(folder) >= kept + params.assumedCoinBytes) return undefined;
  return `Disk space for "${folder}" may not accommodate the block files. Approximately ` +
    `${Math.ceil(kept / GIB)} GB of data will be stored in this directory.`;
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await fs.statfs(folder);
  return bavail * bsize;
}
