/** The indexes beside the chain, by JSON-RPC. Fixed values are Bitcoin Core 31.99's. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { INDEX_KINDS, type IndexKind } from "../../src/chain/indexes/index_kinds.ts";
import { RpcWorld } from "../support/rpc_world.ts";
import { tempDir } from "../support/temp_dir.ts";

const ADDRESS = "mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8";
const TIME = 1_700_000_000;
const HEIGHT = 20;
const NOTHING = "00".repeat(32);

function open(kinds: readonly IndexKind[], dataDir?: string): Promise<RpcWorld> {
  const indexes = new Set(kinds);
  return RpcWorld.open({
    adjust: (options) => ({ ...options, indexes }), ...(dataDir === undefined ? {} : { dataDir }),
  });
}

async function grown(world: RpcWorld): Promise<RpcWorld> {
  await world.resultOf("setmocktime", TIME);
  await world.resultOf("generatetoaddress", HEIGHT, ADDRESS);
  return world;
}

let world: RpcWorld;
let bare: RpcWorld;
before(async () => {
  world = await grown(await open(INDEX_KINDS));
  bare = await grown(await open([]));
});
after(() => Promise.all([world, bare].map((each) => each.close())));

describe("getindexinfo", () => {
  it("tells how far each index is, or one of them", async () => {
    await world.resultOf("syncwithvalidationinterfacequeue");
    const state = { synced: true, best_block_height: HEIGHT };
    assert.deepEqual(await world.resultOf("getindexinfo"), {
      txindex: state, coinstatsindex: state, txospenderindex: state, "basic block filter index": state,
    });
    assert.deepEqual(await world.resultOf("getindexinfo", "txindex"), { txindex: state });
    assert.deepEqual(await world.resultOf("getindexinfo", "foo"), {});
    assert.deepEqual(await bare.resultOf("getindexinfo"), {});
  });
});

describe("getblockfilter", () => {
  it("gives the filter of a block, and its header", async () => {
    const genesis = await world.resultOf<string>("getblockhash", 0);
    assert.deepEqual(await world.resultOf("getblockfilter", genesis), {
      filter: "014756c0", header: "485e301e4509d7f0d954bf5b529f3ecef68c5191fd0e635f775c1d0266dc5a2b",
    });
  });

  it("says why there is none", async () => {
    const genesis = await world.resultOf<string>("getblockhash", 0);
    assert.deepEqual(await world.errorOf("getblockfilter", NOTHING), [-5, "Block not found"]);
    assert.deepEqual(await world.errorOf("getblockfilter", genesis, "fancy"), [-5, "Unknown filtertype"]);
    assert.deepEqual(await bare.errorOf("getblockfilter", genesis),
      [-1, "Index is not enabled for filtertype basic"]);
  });
});

describe("gettxoutsetinfo", () => {
  it("says the same of the tip with and without the index", async () => {
    for (const type of ["muhash", "none"]) {
      const indexed = await world.resultOf<Record<string, unknown>>("gettxoutsetinfo", type);
      const { disk_size, transactions, ...counted } = await world.resultOf<Record<string, unknown>>(
        "gettxoutsetinfo", type, null, false);
      assert.ok(disk_size !== undefined && transactions === HEIGHT);
      const { block_info, total_unspendable_amount, ...rest } = indexed;
      assert.deepEqual(rest, counted);
      assert.ok(block_info !== undefined && total_unspendable_amount === 50);
    }
  });

  it("tells of each block by height or hash", async () => {
    const hash = await world.resultOf<string>("getblockhash", 7);
    const found = await world.resultOf<Record<string, unknown>>("gettxoutsetinfo", "muhash", 7);
    assert.equal(found["bestblock"], hash);
    assert.equal(found["txouts"], 7);
    assert.deepEqual(found["block_info"], {
      prevout_spent: 0, coinbase: 50, new_outputs_ex_coinbase: 0, unspendable: 0,
      unspendables: { genesis_block: 0, bip30: 0, scripts: 0, unclaimed_rewards: 0 },
    });
    assert.deepEqual(await world.resultOf("gettxoutsetinfo", "muhash", hash), found);
  });

  it("says why it cannot tell", async () => {
    assert.deepEqual(await bare.errorOf("gettxoutsetinfo", "muhash", 7),
      [-8, "Querying specific block heights requires coinstatsindex"]);
    assert.deepEqual(await world.errorOf("gettxoutsetinfo", "hash_serialized_3", 7),
      [-8, "hash_serialized_3 hash type cannot be queried for a specific block"]);
    assert.deepEqual(await world.errorOf("gettxoutsetinfo", "none", 7, false),
      [-8, "Cannot set use_index to false when querying for a specific block"]);
    assert.deepEqual(await world.errorOf("gettxoutsetinfo", "none", HEIGHT + 1),
      [-8, `Target block height ${HEIGHT + 1} after current tip ${HEIGHT}`]);
  });
});

describe("transactions", () => {
  it("are found by id alone, and say in which block they are", async () => {
    const txid = await world.coinbase(3);
    const blockhash = await world.resultOf<string>("getblockhash", 3);
    const found = await world.resultOf<Record<string, unknown>>("getrawtransaction", txid, 1);
    assert.equal(found["blockhash"], blockhash);
    assert.equal(found["confirmations"], HEIGHT - 2);
    assert.ok(!("in_active_chain" in found));
    assert.equal(await world.resultOf("getrawtransaction", txid), found["hex"]);
    assert.equal(await world.resultOf("getrawtransaction", txid, 0, blockhash), found["hex"]);
    assert.deepEqual(await world.errorOf("getrawtransaction", NOTHING),
      [-5, "No such mempool or blockchain transaction. Use gettransaction for wallet transactions."]);
    assert.deepEqual(await bare.errorOf("getrawtransaction", txid),
      [-5, "No such mempool transaction. Use -txindex or provide a block hash to enable blockchain transaction " +
        "queries. Use gettransaction for wallet transactions."]);
  });

  it("that spend an output are looked for in blocks as well, where there is an index", async () => {
    const txid = await world.coinbase(3);
    assert.deepEqual(await world.resultOf("gettxspendingprevout", [{ txid, vout: 0 }]), [{ txid, vout: 0 }]);
    const options = { mempool_only: false };
    assert.deepEqual(await bare.errorOf("gettxspendingprevout", [{ txid, vout: 0 }], options),
      [-1, "Mempool lacks a relevant spend, and txospenderindex is unavailable."]);
    assert.deepEqual(await bare.resultOf("gettxspendingprevout", [{ txid, vout: 0 }]), [{ txid, vout: 0 }]);
  });
});

describe("scanblocks", () => {
  const objects = [`addr(${ADDRESS})`];

  it("finds the blocks that pay to a descriptor", async () => {
    const hashes = await Promise.all(
      Array.from({ length: HEIGHT }, (_, i) => world.resultOf<string>("getblockhash", i + 1)));
    assert.deepEqual(await world.resultOf("scanblocks", "start", objects),
      { from_height: 0, to_height: HEIGHT, relevant_blocks: hashes, completed: true });
    const options = { filter_false_positives: true };
    assert.deepEqual(await world.resultOf("scanblocks", "start", objects, 5, 6, "basic", options),
      { from_height: 5, to_height: 6, relevant_blocks: hashes.slice(4, 6), completed: true });
    assert.deepEqual(await world.resultOf("scanblocks", "start", ["raw(51)"]),
      { from_height: 0, to_height: HEIGHT, relevant_blocks: [], completed: true });
  });

  it("says how far it is, or why it cannot begin", async () => {
    assert.equal(await world.resultOf("scanblocks", "status"), null);
    assert.equal(await world.resultOf("scanblocks", "abort"), false);
    assert.deepEqual(await world.errorOf("scanblocks", "start", objects, 100), [-1, "Invalid start_height"]);
    assert.deepEqual(await world.errorOf("scanblocks", "start", objects, 5, 4), [-1, "Invalid stop_height"]);
    assert.deepEqual(await world.errorOf("scanblocks", "start", objects, 0, 10, "extended"),
      [-5, "Unknown filtertype"]);
    assert.deepEqual(await world.errorOf("scanblocks", "foobar"), [-8, "Invalid action 'foobar'"]);
    assert.deepEqual(await bare.errorOf("scanblocks", "start", objects),
      [-1, "Index is not enabled for filtertype basic"]);
  });
});

describe("on disk", () => {
  it("indexes are there again after a restart, and made from the files when they are new", async () => {
    const dataDir = tempDir();
    const first = await grown(await open(["coinstatsindex"], dataDir));
    const before = await first.resultOf("gettxoutsetinfo", "muhash", 9);
    await first.close();
    const second = await open(INDEX_KINDS, dataDir);
    await second.resultOf("syncwithvalidationinterfacequeue");
    const info = await second.resultOf<Record<string, unknown>>("getindexinfo");
    for (const [name, state] of Object.entries(info)) {
      assert.deepEqual(state, { synced: true, best_block_height: HEIGHT }, name);
    }
    assert.deepEqual(await second.resultOf("gettxoutsetinfo", "muhash", 9), before);
    await second.resultOf("getblockfilter", await second.resultOf("getblockhash", HEIGHT));
    await second.resultOf("getrawtransaction", await second.coinbase(HEIGHT));
    await second.close();
  });
});
