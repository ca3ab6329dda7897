/**
 * Every method of JSON-RPC on a real node in memory, each answer held against its help.
 *
 * What is compared with fixed values was compared with Bitcoin Core 31.99 on the same chain.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ALL_METHODS } from "../../src/rpc/all_methods.ts";
import { repoRoot } from "../support/paths.ts";
import { RpcWorld } from "../support/rpc_world.ts";

const MOCK_TIME = 1_700_000_000;
const KEY_HASH_ADDRESS = "mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8";
const TAPROOT_ADDRESS = "bcrt1p9yfmy5h72durp7zrhlw9lf7jpwjgvwdg0jr0lqmmjtgg83266lqsekaqka";
const TIP = "30b3409f96bfecf03fafcbd521325a4c46e5311d767769eec395504adb97ab0e";
const HEIGHT = 125;
/** Of all coins at that tip, as Bitcoin Core computes them. */
const COINS_HASH = "5a01191f26a766071c141718aa1dc91eeb061319d0ad58c564cc721acc658ff4";
const COINS_MUHASH = "dd970436d3acdea749b67f594ca1d3e1f9069cc1f8ac7f6f62bef1b8584b838e";

let world: RpcWorld;

const resultOf = <T = unknown>(method: string, ...params: unknown[]) => world.resultOf<T>(method, ...params);
const errorOf = (method: string, ...params: unknown[]) => world.errorOf(method, ...params);

before(async () => {
  world = await RpcWorld.open();
  assert.equal(await resultOf("setmocktime", MOCK_TIME), null);
  await resultOf("generatetoaddress", 3, KEY_HASH_ADDRESS);
  await resultOf("generatetodescriptor", 2, "raw(51)");
  await resultOf("generatetoaddress", 120, TAPROOT_ADDRESS);
  assert.equal(await resultOf("syncwithvalidationinterfacequeue"), null);
});

after(() => world.close());

describe("the chain", () => {
  it("is mined bit for bit as Bitcoin Core mines it", async () => {
    assert.equal(await resultOf("getblockcount"), HEIGHT);
    assert.equal(await resultOf("getbestblockhash"), TIP);
    assert.equal(await resultOf("getblockhash", HEIGHT), TIP);
    assert.equal(await resultOf("getdifficulty"), 4.656542373906925e-10);
  });

  it("is described as Bitcoin Core describes it", async () => {
    const { size_on_disk, ...info } = await resultOf<{ size_on_disk: number }>("getblockchaininfo");
    assert.equal(size_on_disk, 38_825);
    assert.deepEqual(info, {
      chain: "regtest", blocks: HEIGHT, headers: HEIGHT, bestblockhash: TIP, bits: "207fffff",
      target: `7fffff${"0".repeat(58)}`, difficulty: 4.656542373906925e-10, time: 1_700_000_022,
      mediantime: 1_700_000_021, verificationprogress: 1, initialblockdownload: false,
      chainwork: "00000000000000000000000000000000000000000000000000000000000000fc", pruned: false,
        warnings: [],
    });
    assert.deepEqual(await resultOf("getchaintips"),
      [{ height: HEIGHT, hash: TIP, branchlen: 0, status: "active" }]);
    assert.deepEqual(await resultOf("getindexinfo"), {});
  });

  it("has blocks in four degrees of detail, and headers in two", async () => {
    const hex = await resultOf<string>("getblock", TIP, 0);
    assert.equal(await resultOf("getblock", TIP, false), hex);
    const header = await resultOf<{ height: number; nextblockhash?: string }>("getblockheader", TIP);
    assert.equal(header.height, HEIGHT);
    assert.equal(header.nextblockhash, undefined);
    assert.equal(await resultOf("getblockheader", TIP, false), hex.slice(0, 160));
    const ids = await resultOf<{ tx: string[] }>("getblock", TIP);
    for (const verbosity of [2, 3]) {
      const whole = await resultOf<{ tx: { txid: string; hex: string }[] }>("getblock", TIP, verbosity);
      assert.deepEqual(whole.tx.map(({ txid }) => txid), ids.tx);
      assert.ok(hex.endsWith(whole.tx[0]?.hex ?? "none"));
    }
  });

  it("refuses blocks and heights that are not there", async () => {
    assert.deepEqual(await errorOf("getblockhash", 999), [-8, "Block height out of range"]);
    assert.deepEqual(await errorOf("getblock", "00".repeat(32)), [-5, "Block not found"]);
    assert.deepEqual(await errorOf("getblock", "00"),
      [-8, "blockhash must be of length 64 (not 2, for '00')"]);
  });

  it("takes blocks and headers, and says what is wrong with others", async () => {
    const hex = await resultOf<string>("getblock", TIP, 0);
    assert.equal(await resultOf("submitblock", hex), "duplicate");
    assert.equal(await resultOf("submitheader", hex), null);
    assert.deepEqual(await errorOf("submitblock", "00"), [-22, "Block decode failed"]);
    assert.deepEqual(await errorOf("submitheader", "00"), [-22, "Block header decode failed"]);
    assert.deepEqual(await errorOf("submitheader", "00".repeat(80)),
      [-25, `Must submit previous header (${"00".repeat(32)}) first`]);
  });
});

describe("transactions", () => {
  /** Spends the coinbase of block `height`, whose script is always true. */
  async function spend(height: number, value: string): Promise<string> {
    const hash = await resultOf<string>("getblockhash", height);
    const { tx: [coinbase] } = await resultOf<{ tx: [string] }>("getblock", hash);
    const reversed = Buffer.from(coinbase, "hex").reverse().toString("hex");
    // One input without script, one output of 49.9996 coins to a script that is always true.
    return `0200000001${reversed}0000000000ffffffff01${value}015100000000`;
  }

  it("are shown, by bytes or by the block they are in", async () => {
    const raw = await spend(4, "c055052a01000000");
    const decoded =
      await resultOf<{ vout: { value: number; scriptPubKey: object }[] }>("decoderawtransaction", raw);
    assert.equal(decoded.vout[0]?.value, 49.9996);
    assert.deepEqual(decoded.vout[0]?.scriptPubKey,
      { asm: "1", desc: "raw(51)#8lvh9jxk", hex: "51", type: "nonstandard" });
    assert.deepEqual(await errorOf("decoderawtransaction", "00"), [-22, "TX decode failed"]);
    const [code, text] = await errorOf("getrawtransaction", "00".repeat(32));
    assert.equal(code, -5);
    assert.match(text, /^No such mempool transaction\. Use -txindex/);
    const hash = await resultOf<string>("getblockhash", 1);
    const block = await resultOf<{ tx: [{ txid: string }] }>("getblock", hash, 2);
    const shown = await resultOf<object>("getrawtransaction", block.tx[0].txid, 1, hash);
    const { in_active_chain, blockhash, confirmations } = shown as Record<string, unknown>;
    assert.deepEqual([in_active_chain, blockhash, confirmations], [true, hash, HEIGHT]);
  });

  it("that break policy or rules are refused with the reason", async () => {
    assert.deepEqual(await errorOf("sendrawtransaction", await spend(4, "c055052a01000000")),
      [-26, "scriptpubkey"]);
    assert.deepEqual(await errorOf("sendrawtransaction", "zz"),
      [-22, "TX decode failed. Make sure the tx has at least one input."]);
    assert.deepEqual(await errorOf("getmempoolentry", "00".repeat(32)), [-5, "Transaction not in mempool"]);
  });

  it("wait in a mempool that can be looked at", async () => {
    assert.deepEqual(await resultOf("getrawmempool"), []);
    assert.deepEqual(await resultOf("getrawmempool", true), {});
    assert.deepEqual(await resultOf("getrawmempool", false, true), { txids: [], mempool_sequence: 1 });
    const info = await resultOf<{ size: number; mempoolminfee: number }>("getmempoolinfo");
    assert.deepEqual([info.size, info.mempoolminfee], [0, 0.000001]);
  });

  it("are mined in the order given", async () => {
    const raw = await spend(4, "c055052a01000000");
    const made = await resultOf<{ hash: string; hex: string }>("generateblock", "raw(42)", [raw], false);
    assert.ok(made.hex.endsWith(raw));
    assert.deepEqual(await errorOf("generateblock", "nope", []),
      [-5, "Error: Invalid address or descriptor"]);
    assert.deepEqual(await errorOf("generateblock", "raw(42)", ["00".repeat(32)]),
      [-5, `Transaction ${"00".repeat(32)} not in mempool.`]);
    // A block that is only asked for is judged like one that is to be connected.
    for (const submit of [true, false]) {
      const [code, text] = await errorOf("generateblock", "raw(42)", [raw, raw], submit);
      assert.equal(code, -25);
      assert.match(text, /^TestBlockValidity failed: bad-txns-inputs-missingorspent/);
    }
  });
});

describe("chain control", () => {
  it("leaves a block, comes back to it, and prefers one, by hash", async () => {
    const hash = await resultOf<string>("getblockhash", HEIGHT - 2);
    assert.equal(await resultOf("invalidateblock", hash), null);
    assert.equal(await resultOf("getblockcount"), HEIGHT - 3);
    assert.equal(await resultOf("reconsiderblock", hash), null);
    assert.equal(await resultOf("getbestblockhash"), TIP);
    assert.equal(await resultOf("preciousblock", TIP), null);
    for (const method of ["invalidateblock", "reconsiderblock", "preciousblock"]) {
      assert.deepEqual(await errorOf(method, "00".repeat(32)), [-5, "Block not found"]);
    }
  });

  it("does not prune where nothing is to be pruned", async () => {
    assert.deepEqual(await errorOf("pruneblockchain", 1),
      [-1, "Cannot prune blocks because node is not in prune mode."]);
  });
});

describe("coins", () => {
  it("are found by outpoint while they are not spent", async () => {
    const { tx: [txid] } = await resultOf<{ tx: [string] }>("getblock", TIP);
    assert.deepEqual(await resultOf("gettxout", txid, 0), {
      bestblock: TIP, confirmations: 1, value: 50,
      scriptPubKey: (await resultOf<{ vout: [{ scriptPubKey: object }] }>("getrawtransaction", txid, 1, TIP))
        .vout[0].scriptPubKey,
      coinbase: true,
    });
    assert.equal(await resultOf("gettxout", txid, 7), null);
    assert.equal(await resultOf("gettxout", "00".repeat(32), 0, false), null);
    assert.deepEqual(await errorOf("gettxout", txid, -1), [-1, "JSON integer out of range"]);
  });

  it("have sums and hashes", async () => {
    const info = await resultOf<Record<string, unknown>>("gettxoutsetinfo", "none");
    assert.deepEqual([info["height"], info["bestblock"], info["txouts"], info["transactions"]],
      [HEIGHT, TIP, HEIGHT, HEIGHT]);
    assert.equal(info["total_amount"], 50 * HEIGHT);
    const { hash_serialized_3 } = await resultOf<Record<string, string>>("gettxoutsetinfo");
    const { muhash } = await resultOf<Record<string, string>>("gettxoutsetinfo", "muhash");
    assert.deepEqual([hash_serialized_3, muhash], [COINS_HASH, COINS_MUHASH]);
    assert.deepEqual(await errorOf("gettxoutsetinfo", "md5"), [-8, "'md5' is not a valid hash_type"]);
  });

  it("are found by descriptor", async () => {
    const found = await resultOf<{ unspents: { height: number }[]; total_amount: number; txouts: number }>(
      "scantxoutset", "start", [`addr(${KEY_HASH_ADDRESS})`, { desc: "raw(51)" }]);
    assert.deepEqual(found.unspents.map(({ height }) => height).sort(), [1, 2, 3, 4, 5]);
    assert.deepEqual([found.total_amount, found.txouts], [250, HEIGHT]);
    assert.equal(await resultOf("scantxoutset", "status"), null);
    assert.equal(await resultOf("scantxoutset", "abort"), false);
  });

  it("are looked through by one search at a time, which can be ended", async () => {
    const first = resultOf<{ success: boolean }>("scantxoutset", "start", []);
    assert.equal(typeof (await resultOf<{ progress: number }>("scantxoutset", "status")).progress, "number");
    assert.deepEqual(await errorOf("scantxoutset", "start", []),
      [-8, 'Scan already in progress, use action "abort" or "status"']);
    assert.equal(await resultOf("scantxoutset", "abort"), true);
    assert.equal((await first).success, false);
    assert.equal((await resultOf<{ success: boolean }>("scantxoutset", "start", [])).success, true);
  });
});

describe("the network", () => {
  it("is described, with nobody there", async () => {
    const info = await resultOf<{ localservices: string; connections: number }>("getnetworkinfo");
    assert.deepEqual([info.localservices, info.connections], ["0000000000000c09", 0]);
    assert.deepEqual(await resultOf("getpeerinfo"), []);
    assert.equal(await resultOf("getconnectioncount"), 0);
    assert.equal(await resultOf("ping"), null);
    const totals = await resultOf<Record<string, unknown>>("getnettotals");
    assert.deepEqual([totals["totalbytesrecv"], totals["totalbytessent"], totals["timemillis"]],
      [0, 0, MOCK_TIME * 1000]);
    assert.deepEqual(await resultOf("getreachability"), { listening: false, port: 18444, arrivals: [] });
  });

  it("can be added to and taken from", async () => {
    assert.equal(await resultOf("addnode", "127.0.0.1:1", "add"), null);
    assert.deepEqual(await errorOf("addnode", "127.0.0.1:1", "add"), [-23, "Error: Node already added"]);
    assert.equal(await resultOf("addnode", "127.0.0.1:1", "remove"), null);
    assert.deepEqual(await errorOf("addnode", "127.0.0.1:1", "remove"),
      [-24, "Error: Node could not be removed. It has not been added previously."]);
    assert.equal((await errorOf("addnode", "127.0.0.1:1", "other"))[0], -1);
    assert.deepEqual(await resultOf("addpeeraddress", "1.2.3.4", 8333), { success: true });
    assert.deepEqual((await resultOf<object[]>("getnodeaddresses", 0)).length, 1);
    assert.deepEqual(await errorOf("getnodeaddresses", 1, "foo"), [-8, "Network not recognized: foo"]);
  });

  it("refuses what concerns peers that are not there", async () => {
    assert.deepEqual(await errorOf("disconnectnode"),
      [-32602, "Only one of address and nodeid should be provided."]);
    assert.deepEqual(await errorOf("disconnectnode", "1.2.3.4:5"),
      [-29, "Node not found in connected nodes"]);
    assert.deepEqual(await errorOf("sendmsgtopeer", 5, "ping", "00"),
      [-1, "Error: Could not send message to peer"]);
    assert.equal((await errorOf("addconnection", "127.0.0.1:1", "other", false))[0], -8);
  });
});

describe("the server", () => {
  it("tells of itself, and echoes", async () => {
    assert.equal(await resultOf("uptime"), 5);
    assert.deepEqual(await resultOf("getrpcinfo"),
      { active_commands: [{ method: "getrpcinfo", duration: 0 }], logpath: "/x/debug.log" });
    assert.deepEqual(await resultOf("geteventloopdelay"),
      { duration: 2, samples: 200, mean: 0.5, median: 0.25, p99: 3, max: 7.123 });
    assert.equal((await resultOf<Record<string, boolean>>("logging"))["net"], true);
    assert.deepEqual(await errorOf("logging", ["nope"]), [-8, "unknown logging category nope"]);
    assert.deepEqual(await resultOf("echo", 1, null, { a: [1.5] }), [1, null, { a: [1.5] }]);
    assert.deepEqual(await resultOf("echojson"), []);
    assert.deepEqual(await errorOf("setmocktime", -1),
      [-8, "Mocktime must be in the range [0, 4294967295], not -1."]);
  });

  it("waits for blocks, up to a time", async () => {
    const tip = { hash: TIP, height: HEIGHT };
    assert.deepEqual(await resultOf("waitfornewblock", 5), tip);
    assert.deepEqual(await resultOf("waitforblock", TIP), tip);
    assert.deepEqual(await resultOf("waitforblockheight", 3), tip);
    const waiting = resultOf<{ height: number }>("waitforblockheight", HEIGHT + 1, 10_000);
    await resultOf("generatetoaddress", 1, TAPROOT_ADDRESS);
    assert.equal((await waiting).height, HEIGHT + 1);
  });

  it("has help for each of its methods, lists those that are not hidden, and stops when told to",
    async () => {
    const list = await resultOf<string>("help");
    for (const method of ALL_METHODS.all) {
      assert.equal(list.split("\n").some((line) => line.split(" ")[0] === method.name),
        method.category !== "hidden");
      assert.ok((await resultOf<string>("help", method.name)).startsWith(method.name));
    }
    const waiting = resultOf<{ height: number }>("waitfornewblock");
    assert.equal(await resultOf("stop"), "Tidings stopping");
    assert.equal((await waiting).height, HEIGHT + 1);
  });

  it("has no method that these tests and their kin (rpc_*.test.ts) leave out", () => {
    const folder = join(repoRoot, "test", "scenarios");
    const sources = readdirSync(folder).filter((name) => /^rpc_.*\.test\.ts$/.test(name))
      .map((name) => readFileSync(join(folder, name), "utf8")).join("");
    const isCalled = (name: string): boolean => world.called.has(name) || sources.includes(`("${name}"`);
    assert.deepEqual(Array.from(ALL_METHODS.all, ({ name }) => name).filter((name) => !isCalled(name)), []);
  });
});
