import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { sharedPath, skipWithoutShared } from "../../test/support/paths.ts";
import { assert as ensure, defined } from "../base/assert.ts";
import { type Bytes, concatBytes } from "../base/bytes.ts";
import { silentLogger } from "../base/logger.ts";
import { below, seededRng } from "../base/rng.ts";
import { ByteWriter } from "../codec/byte_writer.ts";
import { openNode, type RunningNode } from "../io/node_host.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { MAIN } from "../params/main.ts";
import { REGTEST } from "../params/regtest.ts";
import { displayHash } from "../primitives/hash.ts";
import { FramingError, piecesIn } from "./import_files.ts";
import { Importer, importFiles } from "./importer.ts";
import { planNode } from "./node_plan.ts";
import { Settings } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "tidings-import-"));
const nodes: RunningNode[] = [];
after(async () => {
  for (const node of nodes) await node.close();
  rmSync(folder, { recursive: true });
});

async function memoryNode(params: ChainParams): Promise<RunningNode> {
  const settings = new Settings();
  for (const [name, value] of [["connect", "0"], ["listen", "0"], ["minimumchainwork", "0"],
    ["assumevalid", "0"], ["par", "1"]] as const) {
    settings.commandLine.add(name, value);
  }
  const { options } = await planNode(settings, params);
  const node = await openNode({ options, dataDir: undefined, listen: [], logger: silentLogger });
  nodes.push(node);
  return node;
}

function height({ core: { chain } }: RunningNode): number {
  return chain.headers.height(chain.tip);
}

function record(params: ChainParams, block: Bytes): Bytes {
  return new ByteWriter(8 + block.length).bytes(params.magic).u32(block.length).bytes(block).finish();
}

/** Records of `count` regtest blocks, mined here. */
async function regtestRecords(count: number): Promise<Bytes[]> {
  const node = await memoryNode(REGTEST);
  const result =
    await node.command({ type: "generate", count, script: Uint8Array.of(0x51), maxTries: 1_000_000 });
  ensure(result.ok, "regtest blocks are mined");
  const { chain } = node.core;
  return Array.from({ length: count }, (_, i) => {
    const id = defined(chain.activeAt(i + 1), "it was mined");
    return record(REGTEST, defined(chain.readBlock(id), "it is kept"));
  });
}

/** What taking `bytes` ends with: the fault, or nothing when all was taken. */
async function taking(
  importer: Importer, bytes: Bytes, file: string, params: ChainParams,
): Promise<string | undefined> {
  try {
    for (const piece of piecesIn(bytes, file, params.magic)) {
      const refusal = await importer.take(piece);
      if (refusal !== undefined) return refusal;
    }
  } catch (error) {
    if (error instanceof FramingError) return `framing: ${error.message}`;
    throw error;
  }
  return (await importer.finish()) ?? importer.unconnected();
}

/** Where a record's header stands. */
const HEADER_START = 8;
const HEADER_END = 88;

/**
 * Before each record is taken, it is offered with single bits turned over, each of which must be
 * refused and leave the tip where it was. On regtest, where every second hash is proof enough,
 * another header is another block: there the header's bits are left as they are.
 */
async function flipBits(
  params: ChainParams, records: readonly Bytes[], flips: number, seed: number,
): Promise<void> {
  const rng = seededRng(seed);
  const node = await memoryNode(params);
  const total = records.reduce((sum, { length }) => sum + 8 * length, 0);
  const chosen = Array.from({ length: flips }, () => below(rng, total)).sort((a, b) => a - b);
  let start = 0;
  for (const [index, bytes] of records.entries()) {
    for (; (chosen[0] ?? total) < start + 8 * bytes.length;) {
      const bit = defined(chosen.shift(), "it was looked at") - start;
      if (params === REGTEST && bit >= 8 * HEADER_START && bit < 8 * HEADER_END) continue;
      const flipped = bytes.slice();
      flipped[bit >>> 3] = (flipped[bit >>> 3] as number) ^ (1 << (bit & 7));
      const fault = await taking(new Importer(node), flipped, "x.blk", params);
      assert.ok(fault !== undefined, `seed ${seed}: bit ${bit} of block ${index + 1} is not noticed`);
      assert.equal(height(node), index, `seed ${seed}: bit ${bit} of block ${index + 1}: ${fault}`);
    }
    assert.equal(await taking(new Importer(node), bytes, "x.blk", params), undefined);
    assert.equal(height(node), index + 1);
    start += 8 * bytes.length;
  }
}

describe("importing", () => {
  it("takes blocks in any order, and again", async () => {
    const records = await regtestRecords(5);
    const path = join(folder, "mixed.blk");
    writeFileSync(path, concatBytes(...[3, 1, 4, 0, 2].map((i) => records[i] as Bytes), new Uint8Array(100)));
    const node = await memoryNode(REGTEST);
    assert.equal(await importFiles(node, [path]), undefined);
    assert.equal(height(node), 5);
    assert.equal(await importFiles(node, [path]), undefined);
  });

  it("reads files that Bitcoin Core has masked with a key", async () => {
    const records = await regtestRecords(2);
    const key = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
    // As it writes them: with the genesis block in front.
    const masked =
      concatBytes(record(REGTEST, REGTEST.genesis.bytes),
        ...records).map((byte, i) => byte ^ (key[i % 8] as number));
    writeFileSync(join(folder, "xor.dat"), key);
    // The room at the end is not masked.
    writeFileSync(join(folder, "blk00000.dat"), concatBytes(masked, new Uint8Array(50)));
    const node = await memoryNode(REGTEST);
    assert.equal(await importFiles(node, [join(folder, "blk00000.dat")]), undefined);
    assert.equal(height(node), 2);
  });

  it("names the rule, the file and the place of what it refuses", async () => {
    const [first, second] = await regtestRecords(2) as [Bytes, Bytes];
    const path = join(folder, "bad.blk");
    const broken = second.slice();
    broken[broken.length - 5] = (broken[broken.length - 5] as number) ^ 1;
    writeFileSync(path, concatBytes(first, broken));
    const node = await memoryNode(REGTEST);
    const refusal = await importFiles(node, [path]);
    assert.ok(refusal?.startsWith(`${path} at byte ${first.length + 8}: block breaks bad-`), refusal);
    writeFileSync(path, second);
    assert.match(await importFiles(await memoryNode(REGTEST), [path]) ?? "",
      /at byte 8: block breaks prev-blk-not-found$/);
  });

  it("notices every one of 300 bits turned over in regtest blocks, framing included", async () => {
    await flipBits(REGTEST, await regtestRecords(10), 300, 1);
  });

  it("notices every one of 2,000 bits turned over in mainnet blocks, framing included",
    { skip: skipWithoutShared },
    async () => {
      const bytes = new Uint8Array(readFileSync(sharedPath("blocks", "mainnet-1-255.blk")));
      const records = Array.from(piecesIn(bytes, "x.blk", MAIN.magic), (piece) => record(MAIN, piece.bytes));
      await flipBits(MAIN, records, 2000, 2);
    });
});

describe("a file of headers", () => {
  it("must be made of whole headers that follow each other", { skip: skipWithoutShared }, async () => {
    const bytes =
      new Uint8Array(readFileSync(sharedPath("blocks", "mainnet-0-10236.headers"))).subarray(0, 800);
    const node = await memoryNode(MAIN);
    const importer = new Importer(node);
    assert.match(await taking(importer, bytes.subarray(0, 700), "x.headers", MAIN) ?? "",
      /a header of 60 bytes, not 80/);
    assert.equal(await taking(importer, bytes, "x.headers", MAIN), undefined);
    assert.equal(node.core.chain.headers.height(node.core.chain.bestHeader), 9);
    const rng = seededRng(3);
    for (let i = 0; i < 300; i++) {
      const bit = 640 + below(rng, 8 * bytes.length - 640);
      const flipped = bytes.slice();
      flipped[bit >>> 3] = (flipped[bit >>> 3] as number) ^ (1 << (bit & 7));
      const fault = await taking(new Importer(node), flipped, "x.headers", MAIN);
      assert.match(fault ?? "nothing", /breaks (high-hash|prev-blk-not-found|bad-diffbits)/,
        `seed 3, bit ${bit}`);
    }
    assert.equal(displayHash(node.core.chain.headers.hash(node.core.chain.bestHeader)).length, 64);
  });
});
