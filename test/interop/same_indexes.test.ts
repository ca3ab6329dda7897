/**
 * Tidings and Bitcoin Core on the same chain: their indexes must say the same of every block.
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
import { Daemon, sameAnswer, skipWithoutBitcoind, until } from "./daemon.ts";
import { ChainMaker } from "./test_chain.ts";

const HEIGHT = 140;
const INDEXES = ["-txindex", "-coinstatsindex", "-blockfilterindex", "-txospenderindex"];
const root = tempDir();

let core: Daemon;
let ours: Daemon;
let maker: ChainMaker;

/** What both answer, which is the same. */
function both<T>(method: string, ...params: readonly unknown[]): Promise<T> {
  return sameAnswer<T>([core, ours], method, params);
}

async function synced(node: Daemon): Promise<void> {
  const height = await core.height();
  await until(`the indexes of ${node.program} are there`, async () => {
    const info = await node.call<Record<string,
      { synced: boolean; best_block_height: number }>>("getindexinfo");
    return Object.values(info).every((each) => each.synced && each.best_block_height === height);
  });
}

interface BlockJson {
  readonly tx: readonly {
    readonly txid: string;
    readonly vin: readonly { readonly txid?: string; readonly vout?: number }[];
  }[];
}

/** Every block, by all that the indexes know of it. */
async function checkAll(height: number): Promise<void> {
  for (let at = 0; at <= height; at++) {
    const hash = await core.call<string>("getblockhash", at);
    await both("getblockfilter", hash);
    const { muhash } = await both<{ muhash: string }>("gettxoutsetinfo", "muhash", at);
    assert.match(muhash, /^[0-9a-f]{64}$/);
    const { tx } = await core.call<BlockJson>("getblock", hash, 2);
    // A coinbase alone tells little that another has not told.
    if (tx.length === 1 && at % 20 !== 0) continue;
    for (const { txid, vin } of tx) {
      await both("getrawtransaction", txid, 2);
      await both("gettxoutproof", [txid]);
      for (const { txid: spent, vout } of vin) {
        if (spent !== undefined) {
          await both("gettxspendingprevout", [{ txid: spent, vout }], { return_spending_tx: true });
        }
      }
    }
  }
}

suite("indexes, on the same chain as bitcoind's", { skip: skipWithoutBitcoind }, () => {
  before(async () => {
    [core, ours] = await Promise.all([
      Daemon.start("bitcoind", join(root, "core"), "-connect=0", ...INDEXES),
      Daemon.start("tidingsd", join(root, "ours"), "-connect=0", ...INDEXES),
    ]);
    await ours.connect(core);
    maker = new ChainMaker(core, "same indexes", seededRng(3));
    await maker.grow(HEIGHT);
    await ours.reaches(await core.tip());
    await Promise.all([core, ours].map(synced));
  });

  after(() => Promise.all([core, ours].map((node) => node?.kill())));

  test("filters, filter headers, totals, hashes, transactions and spenders are the same for every block",
    async () => {
    await both("getindexinfo");
    await checkAll(HEIGHT);
  });

  test("so they are after a reorganisation, also for the blocks that left", async () => {
    const left = await core.call<string>("getblockhash", HEIGHT - 4);
    const tip = await core.tip();
    for (const node of [core, ours]) await node.call("invalidateblock", left);
    await both("gettxoutsetinfo", "muhash");
    await maker.follow();
    const address = maker.wallet.address("p2tr");
    await core.call("generatetoaddress", 6, address);
    await ours.reaches(await core.tip());
    await Promise.all([core, ours].map(synced));
    await checkAll(await core.height());
    await both("getblockfilter", tip);
    await both("gettxoutsetinfo", "muhash", tip);
  });

  test("so they are after a kill", async () => {
    await ours.kill();
    await ours.start();
    await synced(ours);
    for (let at = 0; at <= await core.height(); at++) {
      await both("gettxoutsetinfo", "muhash", at);
      await both("getblockfilter", await core.call<string>("getblockhash", at));
    }
  });
});
