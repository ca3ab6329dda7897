import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { toHex } from "../../src/base/bytes.ts";
import type { NodeOptions } from "../../src/node/node_options.ts";
import { type BlockHash, hashLiteral } from "../../src/primitives/hash.ts";
import { RpcWorld } from "../support/rpc_world.ts";
import { tempDir } from "../support/temp_dir.ts";

/**
 * From Bitcoin Core's rpc_dumptxoutset.py: a hundred blocks to this address, the first a second after
 * genesis.
 */
const ADDRESS = "mjTkW3DjgyZck4KbiRusZsqTgaYTxdSz6z";
const BLOCKS = 100;
const MOCK_TIME = 1_296_688_603;
const GOLDEN = {
  coins_written: BLOCKS,
  base_hash: "220aee93f0f5409631f35488898258f0930952bd620063cb4d7d87f7c28a8f50",
  base_height: BLOCKS,
  txoutset_hash: "771d773b5c27b6f35f598ce764652a2cf28fbc268341eb1827844e416c629c7d",
  nchaintx: BLOCKS + 1,
};
const GOLDEN_SHA256 = "e8c59b1bc1f19061c67eb7a392f4ea17eea83af58646ea2909e270546699c36c";

interface ChainstateJson {
  readonly blocks: number;
  readonly validated: boolean;
  readonly snapshot_blockhash?: string;
}

/** Regtest that knows of the coins of that chain. */
function knowing(options: NodeOptions): NodeOptions {
  const entry = {
    height: BLOCKS,
    blockHash: hashLiteral<BlockHash>(GOLDEN.base_hash),
    coinsHash: GOLDEN.txoutset_hash,
    transactionCount: GOLDEN.nchaintx,
  };
  return { ...options, params: { ...options.params, assumeUtxo: [entry] } };
}

const root = tempDir();
const file = join(root, "full", "utxo.dat");
let full: RpcWorld;
/** Of every block from height 1 on. */
let blocks: readonly string[];

function open(name: string): Promise<RpcWorld> {
  return RpcWorld.open({ adjust: knowing, dataDir: join(root, name) });
}

function sha256Of(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

async function addHeaders(world: RpcWorld): Promise<void> {
  await world.resultOf("setmocktime", MOCK_TIME);
  for (const block of blocks) await world.resultOf("submitheader", block.slice(0, 160));
}

async function chainstates(world: RpcWorld): Promise<readonly ChainstateJson[]> {
  return (await world.resultOf<{ chainstates: readonly ChainstateJson[] }>("getchainstates")).chainstates;
}

before(async () => {
  full = await open("full");
  await full.resultOf("setmocktime", MOCK_TIME);
  const hashes = await full.resultOf<readonly string[]>("generatetoaddress", BLOCKS, ADDRESS);
  blocks = await Promise.all(hashes.map((hash) => full.resultOf<string>("getblock", hash, 0)));
});

after(() => full.close());

describe("dumptxoutset", () => {
  it("writes the bytes that Bitcoin Core writes", async () => {
    assert.deepEqual(await full.resultOf("dumptxoutset", "utxo.dat", "latest"), { ...GOLDEN, path: file });
    assert.equal(sha256Of(file), GOLDEN_SHA256);
    assert.ok(!existsSync(`${file}.incomplete`));
  });

  it("writes the coins of an earlier block, named in either way, and leaves nothing behind", async () => {
    const hash = await full.resultOf<string>("getblockhash", 40);
    const byHeight =
      await full.resultOf<{ path: string }>("dumptxoutset", "a.dat", "rollback", { rollback: 40 });
    const byHash = await full.resultOf<{ path: string }>(
      "dumptxoutset", "b.dat", "", { rollback: hash, in_memory: true });
    const { path: _, ...dump } = byHeight as { path: string } & typeof GOLDEN;
    assert.deepEqual([dump.base_hash, dump.base_height, dump.coins_written, dump.nchaintx],
      [hash, 40, 40, 41]);
    assert.equal(sha256Of(byHash.path), sha256Of(byHeight.path));
    assert.deepEqual(readdirSync(join(root, "full")).filter((name) => name.includes("temp_utxo")), []);
    const again = await full.resultOf<{ path: string }>("dumptxoutset", "c.dat", "rollback");
    assert.equal(sha256Of(again.path), GOLDEN_SHA256, "the tip is the highest block to load from");
  });

  it("refuses what it cannot write in Bitcoin Core's words", async () => {
    assert.deepEqual(await full.errorOf("dumptxoutset", "utxo.dat", "latest"),
      [-8, `${file} already exists. If you are sure this is what you want, move it out of the way first`]);
    const nowhere = join(root, "no", "such", "folder");
    assert.deepEqual(await full.errorOf("dumptxoutset", nowhere, "latest"),
      [-8, `Couldn't open file ${nowhere}.incomplete for writing.`]);
    assert.deepEqual(await full.errorOf("dumptxoutset", "x.dat", "bogus"),
      [-8, 'Invalid snapshot type "bogus" specified. Please specify "rollback" or "latest"']);
    assert.deepEqual(await full.errorOf("dumptxoutset", "x.dat", "latest", { rollback: 4 }),
      [-8, 'Invalid snapshot type "latest" specified with rollback option']);
    assert.deepEqual(await full.errorOf("dumptxoutset", "x.dat", "", { rollback: 400 }),
      [-8, "Target block height 400 after current tip 100"]);
  });
});

describe("loadtxoutset", () => {
  it("refuses what is of no use in Bitcoin Core's words", async () => {
    const world = await open("refusing");
    const refused = (text: string) => [-32603, `Unable to load UTXO snapshot: ${text}. (${file})`];
    assert.deepEqual(await world.errorOf("loadtxoutset", "none.dat"),
      [-8, `Couldn't open file ${join(root, "refusing", "none.dat")} for reading.`]);
    assert.deepEqual(await world.errorOf("loadtxoutset", file), refused(
      `The base block header (${GOLDEN.base_hash}) must appear in the headers chain. Make sure all headers are ` +
        "syncing, and call loadtxoutset again"));
    assert.deepEqual(await full.errorOf("loadtxoutset", file),
      refused("Population failed: Work does not exceed active chainstate"));
    await addHeaders(world);
    const bad = join(root, "bad.dat");
    const bytes = readFileSync(file);
    bytes[60] = (bytes[60] as number) ^ 1;
    writeFileSync(bad, bytes);
    const [code, text] = await world.errorOf("loadtxoutset", bad);
    assert.equal(code, -32603);
    assert.match(text,
      /^Unable to load UTXO snapshot: Population failed: Bad snapshot content hash: expected /);
    assert.deepEqual(readdirSync(join(root, "refusing")).filter((name) => /snapshot/.test(name)), []);
    bytes[0] = 0;
    writeFileSync(bad, bytes);
    assert.match((await world.errorOf("loadtxoutset", bad))[1],
      /^Unable to parse metadata: Invalid UTXO set/);
    await world.close();
  });

  it("takes the coins, and once all blocks are here they were checked, also across restarts", async () => {
    let world = await open("late");
    await addHeaders(world);
    assert.deepEqual(await world.resultOf("loadtxoutset", file), {
      coins_loaded: BLOCKS, tip_hash: GOLDEN.base_hash, base_height: BLOCKS, path: file,
    });
    const names = async (): Promise<readonly string[]> =>
      (await world.resultOf<{ localservicesnames: readonly string[] }>("getnetworkinfo")).localservicesnames;
    assert.ok(!(await names()).includes("NETWORK"));
    assert.equal((await world.resultOf<{ txouts: number }>("gettxoutsetinfo")).txouts, BLOCKS);
    assert.deepEqual(await world.errorOf("getblock", GOLDEN.base_hash),
      [-1, "Block not available (not fully downloaded)"]);
    assert.equal(await world.resultOf("verifychain"), false, "there are no blocks to check");
    for (const block of blocks.slice(0, 50)) await world.resultOf("submitblock", block);
    await world.node.command({ type: "settle" });
    await world.close();

    world = await open("late");
    assert.deepEqual((await chainstates(world)).map(({ blocks: height, validated }) => [height, validated]),
      [[50, true], [BLOCKS, false]]);
    const info = await world.resultOf<{ backgroundvalidation: Readonly<Record<string,
      unknown>> }>("getblockchaininfo");
    assert.deepEqual([info.backgroundvalidation["snapshotheight"], info.backgroundvalidation["blocks"]],
      [BLOCKS, 50]);
    await world.resultOf("setmocktime", MOCK_TIME);
    for (const block of blocks.slice(50)) await world.resultOf("submitblock", block);
    await world.node.command({ type: "settle" });
    const [left, ...others] = await chainstates(world);
    assert.deepEqual([left?.validated, left?.snapshot_blockhash, others], [true, GOLDEN.base_hash, []]);
    assert.ok((await names()).includes("NETWORK"));
    await world.close();

    world = await open("late");
    assert.ok(!existsSync(join(root, "late", "chainstate_snapshot")));
    assert.deepEqual((await chainstates(world)).map(({ snapshot_blockhash }) => snapshot_blockhash),
      [undefined]);
    assert.deepEqual(await world.resultOf("gettxoutsetinfo"), {
      ...(await full.resultOf<object>("gettxoutsetinfo")),
      disk_size: (await world.resultOf<{ disk_size: number }>("gettxoutsetinfo")).disk_size,
    });
    await world.close();
  });
});

it("the header of a snapshot has the network's magic", () => {
  assert.equal(toHex(readFileSync(file).subarray(0, 11)), "7574786fff0200fabfb5da");
});
