/** A pruned node on a real disk, by JSON-RPC. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { regtestWith } from "../../src/params/regtest.ts";
import { RpcWorld } from "../support/rpc_world.ts";
import { tempDir } from "../support/temp_dir.ts";

const ADDRESS = "mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8";
const BLOCKS = 400;
/** Small files, so that 400 small blocks fill several. */
const FILE_BYTES = 8 * 1024;
const KEPT_BYTES = 16 * 1024;

const folder = tempDir();
let world: RpcWorld;
before(async () => {
  world = await RpcWorld.open({
    dataDir: folder,
    adjust: (options) => ({
      ...options,
      params: regtestWith({ fastPrune: true }),
      pruneTarget: KEPT_BYTES,
      blockFileBytes: FILE_BYTES,
    }),
  });
  await world.resultOf("generatetoaddress", BLOCKS, ADDRESS);
  await world.resultOf("syncwithvalidationinterfacequeue");
});
after(() => world.close());

test("of 400 blocks the oldest files are gone, and asking for a block of theirs says why it is not there",
  async () => {
  const files = readdirSync(join(folder, "blocks"));
  assert.ok(!files.includes("blk00000.dat") && !files.includes("rev00000.dat"), files.join());
  const { pruned, pruneheight } =
    await world.resultOf<{ pruned: boolean; pruneheight: number }>("getblockchaininfo");
  assert.equal(pruned, true);
  assert.ok(pruneheight > 0 && pruneheight <= BLOCKS - 288, `pruned below ${pruneheight}`);
  const gone = await world.resultOf<string>("getblockhash", pruneheight - 1);
  assert.deepEqual(await world.errorOf("getblock", gone), [-1, "Block not available (pruned data)"]);
});

test("a check of all blocks says how far it came, and that this was not all", async () => {
  assert.equal(await world.resultOf("verifychain", 4, 50), true);
  assert.equal(await world.resultOf("verifychain", 4, 0), false);
});

test("what is kept is served, and headers of what is not are known", async () => {
  const { pruneheight } = await world.resultOf<{ pruneheight: number }>("getblockchaininfo");
  const kept = await world.resultOf<string>("getblockhash", pruneheight);
  assert.equal((await world.resultOf<{ height: number }>("getblock", kept)).height, pruneheight);
  const gone = await world.resultOf<string>("getblockhash", 1);
  assert.equal((await world.resultOf<{ height: number }>("getblockheader", gone)).height, 1);
});
