/**
 * The address book and the list of bans as files: what Bitcoin Core wrote, Tidings has in the same places,
 * and the other way round.
 *
 * `BITCOIND=/path/to/bitcoind npm test -- interop/same_addresses`
 *
 * @module
 */
import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { tempDir } from "../support/temp_dir.ts";
import { Daemon, type Program, skipWithoutBitcoind } from "./daemon.ts";

const root = tempDir();
/** A key that both know, so that places can be compared; nobody is dialled. */
const FLAGS = ["-connect=0", "-test=addrman", "-checkaddrman=1", "-cjdnsreachable=1"];
const COUNT = 300;
const OTHERS = [
  "1233:3432:2434:2343:3234:2345:6546:4534", "2803:0:1234:abcd::1", "fc00:1:2:3:4:5:6:7",
  "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion",
  "c4gfnttsuwqomiygupdqqqyy5y5emnk5c73hrfvatri67prd7vyq.b32.i2p",
];
const SUBNETS = ["192.0.2.0/24", "1.2.3.4", "2001:db8::/32", "0.0.0.0/0", OTHERS[3] as string];

let nodes: Daemon[] = [];

async function fill(node: Daemon): Promise<void> {
  for (let i = 0; i < COUNT; i++) {
    await node.call("addpeeraddress", `${20 + (i % 60)}.${i % 251}.1.${i % 7}`, 8333, i % 3 === 0);
  }
  for (const [i, text] of OTHERS.entries()) await node.call("addpeeraddress", text, 1 + i, i % 2 === 0);
  for (const subnet of SUBNETS) await node.call("setban", subnet, "add", 10_000);
}

/** Times are whole seconds, and the two are not filled in the same one. */
async function book(node: Daemon): Promise<unknown> {
  const tables = await node.call<Record<string, Record<string, { time: number }>>>("getrawaddrman");
  return Object.fromEntries(Object.entries(tables).map(([name, table]) => {
    const places = Object.entries(table).sort();
    return [name, Object.fromEntries(places.map(([place, { time, ...entry }]) => [place, entry]))];
  }));
}

async function bans(node: Daemon): Promise<readonly string[]> {
  return (await node.call<readonly { address: string }[]>("listbanned")).map(({ address }) => address);
}

/** A node of the other program on the files that `from` leaves behind. */
async function inherit(from: Daemon, program: Program): Promise<void> {
  const [places, banned] = [await book(from), await bans(from)];
  await from.stop();
  const heir = await Daemon.start(program, join(root, `${program} as heir`), ...FLAGS);
  nodes.push(heir);
  await heir.stop();
  for (const name of ["peers.dat", "banlist.json"]) {
    copyFileSync(join(from.networkDir, name), join(heir.networkDir, name));
  }
  await heir.start();
  assert.deepEqual(await book(heir), places);
  assert.deepEqual(await bans(heir), banned);
  assert.ok(Object.keys(places as object).length === 2 && banned.length === SUBNETS.length);
}

suite("with the addresses of bitcoind", { skip: skipWithoutBitcoind }, () => {
  let core: Daemon;
  let ours: Daemon;
  before(async () => {
    [core, ours] = await Promise.all([
      Daemon.start("bitcoind", join(root, "core"), ...FLAGS),
      Daemon.start("tidingsd", join(root, "ours"), ...FLAGS),
    ]);
    nodes = [core, ours];
    await Promise.all(nodes.map(fill));
  });
  after(() => Promise.all(nodes.map((node) => node.kill())));

  test("what is told has the same places", async () => {
    assert.deepEqual(await book(ours), await book(core));
    const counts = await core.call<Record<string, { total: number }>>("getaddrmaninfo");
    assert.ok((counts["all_networks"]?.total ?? 0) > COUNT / 2);
    assert.deepEqual(await ours.call("getaddrmaninfo"), counts);
    assert.deepEqual(await bans(ours), await bans(core));
  });

  test("what Bitcoin Core wrote is here as it was there", () => inherit(core, "tidingsd"));
  test("what was written here is there as it was", () => inherit(ours, "bitcoind"));
});
