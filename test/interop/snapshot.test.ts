/**
 * Snapshots of coins between Tidings and Bitcoin Core: the same bytes from both, each loads the other's.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { tempDir } from "../support/temp_dir.ts";
import { BASE_HASH, BASE_HEIGHT, COINS_HASH, makeAssumeUtxoChain } from "./assume_utxo_chain.ts";
import { Daemon, type Program, skipWithoutBitcoind, until } from "./daemon.ts";

const ALONE = "-connect=0";
/** Blocks on top of the snapshot's. */
const BLOCKS_ABOVE = 20;
const root = tempDir();

interface DumpJson {
  readonly path: string;
  readonly base_hash: string;
  readonly txoutset_hash: string;
  readonly nchaintx: number;
  readonly coins_written: number;
}

interface ChainstatesJson {
  readonly chainstates: readonly { readonly blocks: number; readonly validated: boolean }[];
}

let core: Daemon;
let ours: Daemon;
let headers: readonly (readonly [string])[];
const started: Daemon[] = [];

async function start(program: Program, name: string): Promise<Daemon> {
  const daemon = await Daemon.start(program, join(root, name), ALONE);
  started.push(daemon);
  return daemon;
}

function fileOf(node: Daemon, name: string): string {
  return join(node.networkDir, name);
}

async function coinsHash(node: Daemon): Promise<string> {
  const info = await node.call<{ hash_serialized_3: string }>("gettxoutsetinfo", "hash_serialized_3");
  return info.hash_serialized_3;
}

async function chainstates(node: Daemon): Promise<ChainstatesJson["chainstates"]> {
  return (await node.call<ChainstatesJson>("getchainstates")).chainstates;
}

/** A new node that has the headers up to the snapshot's block, and then its coins. */
async function loaded(program: Program, name: string, file: string): Promise<Daemon> {
  const node = await start(program, name);
  for (const [header] of headers) await node.call("submitheader", header);
  const answer = await node.call<Readonly<Record<string, unknown>>>("loadtxoutset", file);
  assert.deepEqual(answer, {
    coins_loaded: BASE_HEIGHT, tip_hash: BASE_HASH, base_height: BASE_HEIGHT, path: file,
  });
  assert.equal(await node.tip(), BASE_HASH);
  return node;
}

async function finishes(node: Daemon, other: Daemon): Promise<void> {
  await until(`the background of ${node.program} is done`,
    async () => (await chainstates(node)).length === 1);
  assert.equal(await node.tip(), await other.tip());
  assert.equal(await coinsHash(node), await coinsHash(other));
}

suite("a snapshot at height 299 of regtest", { skip: skipWithoutBitcoind }, () => {
  before(async () => {
    [core, ours] = await Promise.all([start("bitcoind", "core"), start("tidingsd", "ours")]);
    await makeAssumeUtxoChain(core);
    assert.equal(await core.tip(), BASE_HASH, "the chain is the one that the network knows of");
    await ours.connect(core);
    await ours.reaches(BASE_HASH);
    const heights = Array.from({ length: BASE_HEIGHT }, (_, i) => [i + 1] as const);
    const hashes = await core.callEach<string>("getblockhash", heights);
    const texts = await core.callEach<string>("getblockheader", hashes.map((hash) => [hash, false]));
    headers = texts.map((text) => [text]);
  });

  after(() => Promise.all(started.map((daemon) => daemon.stop())));

  test("is the same bytes from both", async () => {
    const dumps = await Promise.all([core,
      ours].map((node) => node.call<DumpJson>("dumptxoutset", "utxo.dat", "latest")));
    const [theirs, own] = dumps.map(({ path, ...rest }) => rest);
    assert.deepEqual(own, theirs);
    assert.deepEqual([own?.base_hash, own?.txoutset_hash, own?.coins_written],
      [BASE_HASH, COINS_HASH, BASE_HEIGHT]);
    assert.ok(readFileSync(fileOf(core, "utxo.dat")).equals(readFileSync(fileOf(ours, "utxo.dat"))));
  });

  test("is the same bytes from both when blocks are taken back for it", async () => {
    await core.call("generatetoaddress", BLOCKS_ABOVE, "mjTkW3DjgyZck4KbiRusZsqTgaYTxdSz6z");
    await ours.reaches(await core.tip());
    for (const [name, height] of [["299.dat", BASE_HEIGHT], ["250.dat", 250]] as const) {
      const rollback = { rollback: height };
      const dumps = await Promise.all([core, ours].map((node) => {
        return node.call<DumpJson>("dumptxoutset", name, "rollback", rollback);
      }));
      const [theirs, own] = dumps.map(({ path, ...rest }) => rest);
      assert.deepEqual(own, theirs);
      assert.ok(readFileSync(fileOf(core, name)).equals(readFileSync(fileOf(ours, name))));
    }
    assert.ok(readFileSync(fileOf(ours, "299.dat")).equals(readFileSync(fileOf(ours, "utxo.dat"))));
  });

  test("of bitcoind's loads in tidingsd, which checks it in the background, killed and started again",
    async () => {
    const node = await loaded("tidingsd", "late ours", fileOf(core, "utxo.dat"));
    await node.kill();
    await node.start();
    assert.equal(await node.tip(), BASE_HASH);
    assert.deepEqual((await chainstates(node)).map(({ validated }) => validated), [true, false]);
    await node.connect(core);
    await finishes(node, core);
    await node.stop();
    await node.start();
    assert.deepEqual((await chainstates(node)).map(({ validated }) => validated), [true]);
    assert.equal(await coinsHash(node), await coinsHash(core));
  });

  test("of tidingsd's loads in bitcoind, which checks it with blocks from tidingsd", async () => {
    const node = await loaded("bitcoind", "late core", fileOf(ours, "utxo.dat"));
    await node.connect(ours);
    await finishes(node, ours);
  });
});
