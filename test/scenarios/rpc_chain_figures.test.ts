/** Figures about the chain, and work for miners, by JSON-RPC. Fixed values are Bitcoin Core 31.99's. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { RpcWorld } from "../support/rpc_world.ts";

const ADDRESS = "mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8";
const TIME = 1_700_000_000;
const HEIGHT = 150;
const SEGWIT = { rules: ["segwit"] };

let world: RpcWorld;
before(async () => {
  world = await RpcWorld.open();
  await world.resultOf("setmocktime", TIME);
  await world.resultOf("generatetoaddress", HEIGHT, ADDRESS);
});
after(() => world.close());

describe("getdeploymentinfo", () => {
  it("tells how far the one deployment by signals has come", async () => {
    const state = async (height: number): Promise<unknown> => {
      const hash = await world.resultOf<string>("getblockhash", height);
      const { deployments } = await world.resultOf<{ deployments: { testdummy: { bip9: object } } }>(
        "getdeploymentinfo", hash);
      return deployments.testdummy.bip9;
    };
    const never = { start_time: 0, timeout: Number("9223372036854775807"), min_activation_height: 0 };
    assert.deepEqual(await state(142), { ...never, status: "defined", since: 0, status_next: "defined" });
    assert.deepEqual(await state(145), {
      bit: 28, ...never, status: "started", since: 144, status_next: "started",
      statistics: { period: 144, elapsed: 2, count: 2, threshold: 108, possible: true }, signalling: "##",
    });
    assert.deepEqual(await world.errorOf("getdeploymentinfo", "00".repeat(32)), [-5, "Block not found"]);
  });

  it("lists what is in force", async () => {
    const { script_flags, deployments } = await world.resultOf<Record<string, object>>("getdeploymentinfo");
    assert.deepEqual(script_flags, [
      "CHECKLOCKTIMEVERIFY", "CHECKSEQUENCEVERIFY", "DERSIG", "NULLDUMMY", "P2SH", "TAPROOT", "WITNESS",
    ]);
    assert.deepEqual(Object.keys(deployments as object),
      ["bip34", "bip66", "bip65", "csv", "segwit", "testdummy"]);
  });
});

describe("figures", () => {
  it("of the chain over time", async () => {
    const hash = await world.resultOf<string>("getbestblockhash");
    assert.deepEqual(await world.resultOf("getchaintxstats", 10), {
      time: 1_700_000_026, txcount: 151, window_final_block_hash: hash, window_final_block_height: HEIGHT,
      window_block_count: 10, window_interval: 1, window_tx_count: 10, txrate: 10,
    });
    const none = await world.resultOf<object>("getchaintxstats", 0);
    assert.ok(!("window_interval" in none));
    assert.deepEqual(await world.errorOf("getchaintxstats", HEIGHT),
      [-8, "Invalid block count: should be between 0 and the block's height - 1"]);
  });

  it("of a block, all or some", async () => {
    assert.deepEqual(await world.resultOf("getblockstats", 0,
      ["utxo_size_inc", "utxo_increase_actual", "txs"]),
      { txs: 1, utxo_increase_actual: 0, utxo_size_inc: 116 });
    const stats = await world.resultOf<Record<string, unknown>>("getblockstats", HEIGHT);
    assert.deepEqual([stats["subsidy"], stats["outs"], stats["utxo_size_inc_actual"],
      stats["feerate_percentiles"]],
      [25e8, 2, 74, [0, 0, 0, 0, 0]]);
    assert.deepEqual(await world.errorOf("getblockstats", 0, ["foo"]),
      [-8, "Invalid selected statistic 'foo'"]);
    assert.deepEqual(await world.errorOf("getblockstats", -1), [-8, "Target block height -1 is negative"]);
    assert.deepEqual(await world.errorOf("getblockstats", 999),
      [-8, "Target block height 999 after current tip 150"]);
  });

  it("of mining", async () => {
    assert.equal(await world.resultOf("getnetworkhashps"), 12);
    assert.deepEqual(await world.errorOf("getnetworkhashps", 0),
      [-8, "Invalid nblocks. Must be a positive number or -1."]);
    const info = await world.resultOf<Record<string, unknown>>("getmininginfo");
    assert.deepEqual([info["blocks"], info["currentblockweight"], info["currentblocktx"],
      info["networkhashps"]],
      [HEIGHT, 8_000, 0, 12]);
  });

  it("of what is not measured say so", async () => {
    assert.deepEqual(await world.resultOf("estimatesmartfee", 6),
      { errors: ["Insufficient data or no feerate found"], blocks: 0 });
    assert.deepEqual(await world.errorOf("estimatesmartfee", 0),
      [-8, "Invalid conf_target, must be between 1 and 1008"]);
    assert.deepEqual(await world.errorOf("getmemoryinfo", "x"), [-8, "unknown mode x"]);
    assert.deepEqual(Object.keys(await world.resultOf<object>("getmemoryinfo")), ["locked"]);
  });
});

describe("verifychain", () => {
  it("finds nothing wrong at any level, over all blocks, spending ones among them", async () => {
    await world.resultOf("generatetodescriptor", 1, "raw(51)");
    await world.resultOf("generatetoaddress", 100, ADDRESS);
    const txid = await world.coinbase(HEIGHT + 1);
    const reversed = Buffer.from(txid, "hex").reverse().toString("hex");
    const raw = `0200000001${reversed}0000000000ffffffff01c055052a0000000001${"51"}00000000`;
    await world.resultOf("generateblock", ADDRESS, [raw]);
    for (let level = 0; level <= 4; level++) {
      assert.equal(await world.resultOf("verifychain", level, 0), true, `level ${level}`);
    }
    assert.equal(await world.resultOf("verifychain"), true);
  });
});

describe("getblocktemplate", () => {
  it("gives work on top of the tip", async () => {
    const template = await world.resultOf<Record<string, unknown>>("getblocktemplate", SEGWIT);
    assert.deepEqual(template["rules"], ["csv", "!segwit", "taproot"]);
    assert.deepEqual(template["vbavailable"], { testdummy: 28 });
    assert.equal(template["previousblockhash"], await world.resultOf("getbestblockhash"));
    assert.equal(template["default_witness_commitment"],
      "6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9");
    assert.deepEqual(await world.errorOf("getblocktemplate", {}),
      [-8, "getblocktemplate must be called with the " +
      'segwit rule set (call with {"rules": ["segwit"]})']);
    assert.deepEqual(await world.errorOf("getblocktemplate", { mode: "x" }), [-8, "Invalid mode"]);
  });

  it("judges proposals without their work, and without taking them", async () => {
    const { hash, hex } =
      await world.resultOf<{ hash: string; hex: string }>("generateblock", ADDRESS, [], false);
    const judge = (data: string) => world.resultOf("getblocktemplate", { mode: "proposal", data });
    assert.equal(await judge(hex), null);
    assert.equal(await judge(hex), null);
    // Another nonce: no work was done for it.
    assert.equal(await judge(`${hex.slice(0, 152)}ffffffff${hex.slice(160)}`), null);
    assert.equal(await judge(`${hex.slice(0, 72)}${"11".repeat(32)}${hex.slice(136)}`), "bad-txnmrklroot");
    assert.equal(await judge(`${hex.slice(0, 8)}${"11".repeat(32)}${hex.slice(72)}`),
      "inconclusive-not-best-prevblk");
    const tip = await world.resultOf<string>("getbestblockhash");
    assert.notEqual(tip, hash);
    assert.equal(await judge(await world.resultOf<string>("getblock", tip, 0)), "duplicate");
    assert.deepEqual(await world.errorOf("getblocktemplate", { mode: "proposal" }),
      [-3, "Missing data String key for proposal"]);
    assert.deepEqual(await world.errorOf("getblocktemplate", { mode: "proposal", data: "00" }),
      [-22, "Block decode failed"]);
  });

  it("answers a long poll when there is another tip, and at once when there is one already", async () => {
    const { longpollid } = await world.resultOf<{ longpollid: string }>("getblocktemplate", SEGWIT);
    const waiting = world.resultOf<{ height: number }>("getblocktemplate", { ...SEGWIT, longpollid });
    await world.resultOf("generatetoaddress", 1, ADDRESS);
    const height = await world.resultOf<number>("getblockcount");
    assert.equal((await waiting).height, height + 1);
    const again = await world.resultOf<{ height: number }>("getblocktemplate", { ...SEGWIT, longpollid });
    assert.equal(again.height, height + 1);
  });
});
