/**
 * Tidings and Bitcoin Core on the same chain: what both say of it must be the same, to the last digit.
 *
 * `BITCOIND=/path/to/bitcoind npm test -- interop`
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { seededRng } from "../../src/base/rng.ts";
import { tempDir } from "../support/temp_dir.ts";
import { Daemon, sameAnswer, skipWithoutBitcoind } from "./daemon.ts";
import { ChainMaker } from "./test_chain.ts";

const HEIGHT = 150;
/** An extended public key of nobody's. */
const ROOT = "tpubD6NzVbkrYhZ4WaWSyoBvQwbpLkojyoTZPRsgXELWz3Popb3qkjcJyJUGLnL4qHHoQvao8ESaAstxYSnhyswJ76uZPStJR" +
  "JCTKvosUCJZL5B";
const root = tempDir();

let core: Daemon;
let ours: Daemon;
let maker: ChainMaker;

/** What both answer, which is the same. */
function both<T>(method: string, ...params: readonly unknown[]): Promise<T> {
  return sameAnswer<T>([core, ours], method, params);
}

/** All but the size that the coins take in a database, which each keeps in its own way. */
async function coinStatistics(type: string): Promise<void> {
  const [theirs, own] = await Promise.all([core, ours].map(async (node) => {
    const { disk_size, ...rest } = await node.call<{ disk_size: number }>("gettxoutsetinfo", type);
    assert.equal(typeof disk_size, "number");
    return rest;
  }));
  assert.deepEqual(own, theirs);
}

/** Mines to each output of a descriptor that has an address; of a range, to those of number 2. */
async function pay(descriptor: string): Promise<void> {
  const info = await core.call<{ descriptor: string; isrange: boolean }>("getdescriptorinfo", descriptor);
  const range = info.isrange ? [[2, 2]] : [];
  const addresses = await core.call<readonly string[]>("deriveaddresses", info.descriptor, ...range);
  for (const address of addresses) await core.call("generatetoaddress", 1, address);
}

suite("on the same chain as bitcoind", { skip: skipWithoutBitcoind }, () => {
  before(async () => {
    [core, ours] = await Promise.all([
      Daemon.start("bitcoind", join(root, "core"), "-connect=0"),
      Daemon.start("tidingsd", join(root, "ours"), "-connect=0"),
    ]);
    await ours.connect(core);
    maker = new ChainMaker(core, "same answers", seededRng(1));
    await maker.grow(HEIGHT);
    await ours.reaches(await core.tip());
  });
  after(() => Promise.all([core?.kill(), ours?.kill()]));

  test("blocks and their transactions are shown alike, with what they spend", async () => {
    for (let height = 105; height <= HEIGHT; height++) {
      const hash = await both<string>("getblockhash", height);
      for (const verbosity of [1, 2, 3]) await both("getblock", hash, verbosity);
      const { tx } = await core.call<{ tx: readonly string[] }>("getblock", hash);
      for (const txid of tx) {
        for (const verbosity of [0, 1, 2]) await both("getrawtransaction", txid, verbosity, hash);
      }
    }
  });

  test("outputs are found or not alike, in the chain and in the mempool", async () => {
    const payment = maker.pay("p2wpkh");
    const txid = await maker.submit(payment);
    await ours.hasInMempool(txid);
    for (const mempool of [true, false]) {
      for (const n of [-1, 0, 1, 2]) await both("gettxout", txid, n, mempool);
    }
    const [input] = payment.inputs;
    const spent = Buffer.from(input?.prevout.txid ?? []).reverse().toString("hex");
    for (const mempool of [true, false]) await both("gettxout", spent, input?.prevout.index, mempool);
    await maker.mine(1);
    await ours.reaches(await core.tip());
    for (const n of [0, 1, 2]) await both("gettxout", txid, n);
  });

  test("all coins have the same sums and hashes, before and after blocks are taken back", async () => {
    for (const type of ["hash_serialized_3", "muhash", "none"]) await coinStatistics(type);
    await both("gettxoutsetinfo", "sha256");
    await both("gettxoutsetinfo", "none", 5);
    const height = await core.height();
    const hash = await both<string>("getblockhash", height - 15);
    await both("invalidateblock", hash);
    assert.equal(await both("getblockcount"), height - 16);
    await both("getchaintips");
    for (const type of ["hash_serialized_3", "muhash"]) await coinStatistics(type);
    await both("reconsiderblock", hash);
    assert.equal(await both("getblockcount"), height);
    await both("getchaintips");
    await coinStatistics("muhash");
  });

  test("a search finds the same outputs", async () => {
    const address = maker.wallet.address("p2wpkh");
    const { scriptPubKey } = await both<{ scriptPubKey: string }>("validateaddress", address);
    const key = "02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9";
    for (const descriptor of [
      `combo(${ROOT}/1/*)`, `wpkh([abcdef88/1h/2]${ROOT}/7)`, `sh(wsh(sortedmulti(1,${key},${ROOT}/3)))`,
        `tr(${ROOT}/5)`,
      `pkh(${key})`, `sh(multi(1,${key}))`,
    ]) await pay(descriptor);
    await ours.reaches(await core.tip());
    for (const objects of [
      [], [`addr(${address})`], [`raw(${scriptPubKey})`, { desc: `addr(${maker.wallet.address("p2tr")})` }],
      [`combo(${key})`, { desc: `combo(${ROOT}/1/*)`, range: 3 }, `wpkh([abcdef88/1h/2]${ROOT}/7)`],
      [`sh(wsh(sortedmulti(1,${key},${ROOT}/3)))`, `tr(${ROOT}/5)`, `sh(multi(1,${key}))`], ["addr(x)"],
        ["what(ever)"], [{ desc: "raw(51)", range: [5, 1] }], [{}], [7],
      [`addr(${address})#aaaaaaaa`],
    ]) await both("scantxoutset", "start", objects);
    await both("scantxoutset", "status");
    await both("scantxoutset", "abort");
    await both("scantxoutset", "begin");
    await both("scantxoutset", "start");
  });

  test("what cannot be controlled is refused alike", async () => {
    const unknown = "ab".repeat(32);
    for (const method of ["invalidateblock", "reconsiderblock", "preciousblock"]) {
      await both(method, unknown);
      await both(method, "ab");
    }
    await both("pruneblockchain", 10);
    await both("invalidateblock", await both("getblockhash", 0));
  });
});
