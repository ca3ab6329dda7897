/**
 * Single bits of a file turned over, each version of the file imported as `tidings import` does it.
 *
 * A file that is broken in record k is good before it, so a node that holds the records before k
 * stands where an import of the broken file would have come to. From there each version goes
 * through the same function, from a file that begins with record k.
 *
 * @module
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bytes } from "../../src/base/bytes.ts";
import { below, type Rng } from "../../src/base/rng.ts";
import { importFiles } from "../../src/cli/importer.ts";
import type { RunningNode } from "../../src/io/node_host.ts";
import { HEADER_BYTES } from "../../src/primitives/header.ts";

/**
 * Magic and length of a block. What is wrong with them may show in the record behind, which is then
 * read too.
 */
const FRAME_BYTES = 8;

/** A file, and where its records begin. */
export interface RecordFile {
  /** As it ends it is read: `.headers` or `.blk`. */
  readonly name: string;
  readonly bytes: Bytes;
  /** Offsets, and the length of the file. */
  readonly bounds: readonly number[];
}

export function headersFile(name: string, bytes: Bytes): RecordFile {
  const bounds = Array.from({ length: bytes.length / HEADER_BYTES + 1 }, (_, i) => i * HEADER_BYTES);
  return { name, bytes, bounds };
}

export function blocksFile(name: string, bytes: Bytes): RecordFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const bounds = [0];
  for (let at = 0; at < bytes.length; bounds.push(at)) at += 8 + view.getUint32(at + 4, true);
  return { name, bytes, bounds };
}

/** Of each rule, how often it was named. */
export type Refusals = Map<string, number>;

/**
 * Turns over `count` bits, drawn from `rng` over all bytes, one at a time, and asserts that each
 * version is refused, and that the node does not get any further by it. `seed` is for the message.
 */
export async function flipBits(
  node: RunningNode,
  file: RecordFile,
  { count, rng, seed, folder }: { count: number; rng: Rng; seed: number; folder: string },
): Promise<Refusals> {
  const refusals: Refusals = new Map();
  const bits = Array.from({ length: count }, () => below(rng, 8 * file.bytes.length)).sort((a, b) => a - b);
  const path = join(folder, `flipped-${file.name}`);
  const load = (bytes: Bytes): Promise<string | undefined> => {
    writeFileSync(path, bytes);
    return importFiles(node, [path]);
  };
  let imported = 0;
  for (const bit of bits) {
    const at = bit >>> 3;
    const record = file.bounds.findLastIndex((bound) => bound <= at);
    const start = file.bounds[record] ?? 0;
    if (start > imported) assert.equal(await load(file.bytes.subarray(imported, start)), undefined);
    imported = start;
    const flipped = file.bytes.slice(start, file.bounds[record + (at - start < FRAME_BYTES ? 2 : 1)]);
    flipped[at - start]! ^= 1 << (bit & 7);
    const before = placeOf(node, file);
    const refusal = await load(flipped);
    const what = `seed ${seed}: bit ${bit & 7} of byte ${at} of ${file.name}`;
    assert.ok(refusal !== undefined, `${what} is changed, and it is accepted`);
    assert.equal(placeOf(node, file), before, `${what}: ${refusal}`);
    const rule = ruleIn(refusal);
    refusals.set(rule, (refusals.get(rule) ?? 0) + 1);
  }
  assert.equal(await load(file.bytes.subarray(imported)), undefined, "and the whole file is good");
  return refusals;
}

/** The rule that a refusal names. */
export function ruleIn(refusal: string): string {
  const rule = / at byte \d+: (?:(?:header|block) breaks ([a-z][a-z0-9()-]*)|(framing), .)/.exec(refusal);
  assert.ok(rule !== null, `no rule is named: ${refusal}`);
  return rule[1] ?? rule[2] ?? "";
}

export function describeRefusals(refusals: Refusals): string {
  const sorted = [...refusals].sort(([, a], [, b]) => b - a);
  return sorted.map(([rule, count]) => `${rule} ${count}`).join(", ");
}

/** How far a node has come with such a file: the header of a block that is refused may be good. */
function placeOf({ core: { chain } }: RunningNode, { name }: RecordFile): number {
  return chain.headers.height(name.endsWith(".headers") ? chain.bestHeader : chain.tip);
}
