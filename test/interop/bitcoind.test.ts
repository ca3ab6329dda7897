/**
 * Tidings and Bitcoin Core, each in a process of its own, on TCP.
 *
 * `BITCOIND=/path/to/bitcoind npm test -- interop`
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { silentLogger } from "../../src/base/logger.ts";
import { seededRng } from "../../src/base/rng.ts";
import { openNode } from "../../src/io/node_host.ts";
import { defaultNodeOptions } from "../../src/node/node_options.ts";
import { regtestWith } from "../../src/params/regtest.ts";
import { displayHash } from "../../src/primitives/hash.ts";
import { parseHost } from "../../src/primitives/host_text.ts";
import { tempDir } from "../support/temp_dir.ts";
import { cliModule, Daemon, type Program, skipWithoutBitcoind, until } from "./daemon.ts";
import { ChainMaker } from "./test_chain.ts";

const HEIGHT = 500;
const root = tempDir();
const running = new Set<Daemon>();
let folders = 0;

/** A node of this file's; whatever is still running at the end is killed. */
async function start(program: Program, dataDir = freshFolder(), ...flags: string[]): Promise<Daemon> {
  const daemon = await Daemon.start(program, dataDir, ...flags);
  running.add(daemon);
  return daemon;
}

function freshFolder(): string {
  return join(root, String(folders++));
}

/** A new folder with the chain of 500 blocks in it, as `program` keeps it. */
function chainOf(program: Program): string {
  const folder = freshFolder();
  cpSync(templates[program], folder, { recursive: true });
  return folder;
}

const templates: Readonly<Record<Program, string>> = { bitcoind: freshFolder(), tidingsd: freshFolder() };
const tips: Record<Program, string> = { bitcoind: "", tidingsd: "" };

/** The wallet that can spend from the chain that `node` made. */
async function makerOn(node: Daemon, seed: Program = node.program): Promise<ChainMaker> {
  const maker = new ChainMaker(node, seed, seededRng(7));
  await maker.follow();
  return maker;
}

async function makeTemplate(program: Program): Promise<void> {
  const node = await Daemon.start(program, templates[program], "-connect=0");
  running.add(node);
  await new ChainMaker(node, program, seededRng(1)).grow(HEIGHT);
  tips[program] = await node.tip();
  await node.stop();
}

const other: Readonly<Record<Program, Program>> = { bitcoind: "tidingsd", tidingsd: "bitcoind" };

suite("with bitcoind", { skip: skipWithoutBitcoind }, () => {
  before(() => Promise.all([makeTemplate("bitcoind"), makeTemplate("tidingsd")]));
  after(() => Promise.all([...running].map((daemon) => daemon.kill())));

  for (const program of ["bitcoind", "tidingsd"] as const) {
    const way = `from ${program} to ${other[program]}`;
    test(`a chain of ${HEIGHT} blocks with payments of five kinds syncs ${way}`, async () => {
      const from = await start(program, chainOf(program), "-connect=0");
      assert.equal(await from.tip(), tips[program]);
      const to = await start(other[program], freshFolder(), `-connect=${from.address}`);
      await to.reaches(tips[program]);
      assert.equal(await to.height(), HEIGHT);
      // What its coins are, a payment shows that spends some of each kind.
      const maker = await makerOn(to, program);
      for (const kind of ["p2pkh", "p2wpkh", "p2sh-p2wpkh", "p2wsh-multisig", "p2tr"] as const) {
        await from.hasInMempool(await maker.submit(maker.pay(kind), to));
      }
      await Promise.all([from.stop(), to.stop()]);
    });
  }

  test("transactions and blocks made on either side arrive on the other, witnesses and all", async () => {
    const core = await start("bitcoind", chainOf("bitcoind"), "-connect=0");
    const ours = await start("tidingsd", freshFolder(), `-connect=${core.address}`);
    await ours.reaches(tips.bitcoind);
    const maker = await makerOn(core);
    for (const [from, to] of [[core, ours], [ours, core]] as const) {
      for (const kind of ["p2tr", "p2wsh-multisig", "p2pkh"] as const) {
        const transaction = maker.pay(kind);
        const txid = await maker.submit(transaction, from);
        await to.hasInMempool(txid);
        const there = await to.call<string>("getrawtransaction", txid);
        assert.equal(there, Buffer.from(transaction.bytes).toString("hex"), "nothing is left out");
      }
      await from.call("generatetoaddress", 1, maker.wallet.address("p2tr"));
      const tip = await from.tip();
      await to.reaches(tip);
      const { tx } = await to.call<{ tx: readonly string[] }>("getblock", tip);
      assert.equal(tx.length, 4, "the block has what was sent before it");
      assert.deepEqual(await to.call("getrawmempool"), []);
      assert.equal(await to.call("getblock", tip, 0), await from.call("getblock", tip, 0));
      await maker.follow();
    }
    await Promise.all([core.stop(), ours.stop()]);
  });

  test("new blocks are announced by headers in both directions", async () => {
    const core = await start("bitcoind", chainOf("bitcoind"), "-connect=0");
    const ours = await start("tidingsd", freshFolder(), `-connect=${core.address}`);
    await ours.reaches(tips.bitcoind);
    const maker = await makerOn(core);
    for (const [from, to] of [[core, ours], [ours, core]] as const) {
      // The first block after a sync may still be announced by inv.
      for (let i = 0; i < 2; i++) {
        await from.call("generatetoaddress", 1, maker.wallet.address("p2tr"));
        await to.reaches(await from.tip());
      }
      const before = (await from.peers())[0]?.bytessent_per_msg ?? {};
      await from.call("generatetoaddress", 1, maker.wallet.address("p2tr"));
      await to.reaches(await from.tip());
      const after = (await from.peers())[0]?.bytessent_per_msg ?? {};
      // An encrypted frame with its type, count, header, and the empty list of transactions.
      assert.equal((after["headers"] ?? 0) - (before["headers"] ?? 0), 21 + 1 + 80 + 1, `by ${from.program}`);
      assert.equal(after["inv"], before["inv"], `by ${from.program}`);
    }
    await Promise.all([core.stop(), ours.stop()]);
  });

  test("both come back with the chain that they had, and find each other again", async () => {
    const core = await start("bitcoind", chainOf("bitcoind"), "-connect=0");
    const ours = await start("tidingsd", freshFolder(), `-connect=${core.address}`);
    await ours.reaches(tips.bitcoind);
    await Promise.all([core.stop(), ours.stop()]);
    await Promise.all([core.start(), ours.start()]);
    assert.equal(await core.tip(), tips.bitcoind);
    assert.equal(await ours.tip(), tips.bitcoind);
    const { wallet } = await makerOn(core);
    await core.call("generatetoaddress", 3, wallet.address("p2pkh"));
    await ours.reaches(await core.tip());
    await Promise.all([core.stop(), ours.stop()]);
  });

  test("tidings that is killed keeps every block that it has told anyone of", async () => {
    const core = await start("bitcoind", chainOf("bitcoind"), "-connect=0");
    const ours = await start("tidingsd", freshFolder(), `-connect=${core.address}`);
    // In the middle of the sync.
    await until("the sync is under way", async () => (await ours.height()) > 50);
    const told = await ours.height();
    await ours.kill();
    await ours.start();
    await until("it is where it was", async () => (await ours.height()) >= told);
    await ours.reaches(tips.bitcoind);
    const maker = await makerOn(core);
    for (const payer of ["p2wpkh", "p2tr"] as const) await maker.submit(maker.pay(payer), core);
    await ours.call("generatetoaddress", 2, maker.wallet.address("p2pkh"));
    const tip = await ours.tip();
    await ours.kill();
    await ours.start();
    await Promise.all([ours.reaches(tip), core.reaches(tip)]);
    await Promise.all([core.stop(), ours.stop()]);
  });

  test("a pruned tidings node syncs from bitcoind, and keeps only the last files", async () => {
    const core = await start("bitcoind", chainOf("bitcoind"), "-connect=0");
    const dataDir = join(freshFolder(), "regtest");
    const node = await openNode({
      options: {
        ...defaultNodeOptions(regtestWith({ fastPrune: true })),
        connectOnly: [parseHost("127.0.0.1", core.port) ?? assert.fail()],
        pruneTarget: 1,
        blockFileBytes: 16 * 1024,
      },
      dataDir,
      listen: [],
      logger: silentLogger,
    });
    const { chain } = node.core;
    await until("the pruned node is synced", async () => {
      return displayHash(chain.headers.hash(chain.tip)) === tips.bitcoind;
    });
    // Once its coins are on disk.
    await until("old blocks are pruned", async () => chain.prunedBelow > 0);
    assert.ok(chain.prunedBelow <= HEIGHT - 288, "the last 288 blocks are kept");
    const [peer] = await core.peers();
    assert.deepEqual(peer?.servicesnames, ["WITNESS", "NETWORK_LIMITED", "P2P_V2"]);
    await node.close();
    assert.equal(existsSync(join(dataDir, "blocks", "blk00000.dat")), false);
    await core.stop();
  });

  test("bitcoind's folder of blocks, obfuscated by xor.dat, is imported", () => {
    const blocks = join(templates.bitcoind, "regtest", "blocks");
    assert.ok(readdirSync(blocks).includes("xor.dat"));
    const { status, stdout, stderr } = runImport(blocks, "--chain", "regtest", "--datadir", freshFolder());
    assert.equal(status, 0, stderr);
    assert.equal(stdout, `tip ${tips.bitcoind} height=${HEIGHT}\n`);
  });
});

function runImport(...words: string[]) {
  const code = `process.exitCode = await (await import(${JSON.stringify(cliModule("import_command"))}))
    .importCommand(process.argv.slice(1));`;
  const args = ["--no-warnings", "--input-type=module", "--eval", code, "--", ...words];
  return spawnSync(process.execPath, args, { encoding: "utf8" });
}
