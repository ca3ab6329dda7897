/**
 * Encrypted and plain connections between Tidings and Bitcoin Core, each dialling the other.
 *
 * `BITCOIND=/path/to/bitcoind npm test -- interop/transports`
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { tempDir } from "../support/temp_dir.ts";
import { Daemon, type PeerInfo, type Program, skipWithoutBitcoind } from "./daemon.ts";

/** OP_TRUE: nobody spends from it here. */
const OUTPUT = "raw(51)";
/** Enough announcements, one a block, for the keys to change (every 224 packets). */
const BLOCKS = 240;

const root = tempDir();
const running: Daemon[] = [];

async function start(program: Program, isV2: boolean): Promise<Daemon> {
  const folder = join(root, String(running.length));
  const daemon = await Daemon.start(program, folder, "-connect=0", `-v2transport=${isV2 ? 1 : 0}`);
  running.push(daemon);
  return daemon;
}

/** The one peer of each. */
async function peersOf(...nodes: readonly Daemon[]): Promise<readonly PeerInfo[]> {
  const lists = await Promise.all(nodes.map((node) => node.peers()));
  return lists.map((peers) => {
    assert.equal(peers.length, 1);
    return peers[0] ?? assert.fail();
  });
}

/** Blocks that one of them makes reach the other, a message each. */
async function exchangeBlocks(from: Daemon, to: Daemon): Promise<void> {
  for (let i = 0; i < BLOCKS; i += 1) await from.call("generatetodescriptor", 1, OUTPUT);
  await to.reaches(await from.tip());
  assert.equal(await to.height(), BLOCKS);
}

const OTHER: Readonly<Record<Program, Program>> = { bitcoind: "tidingsd", tidingsd: "bitcoind" };

suite("with bitcoind, over either transport", { skip: skipWithoutBitcoind }, () => {
  after(() => Promise.all(running.map((daemon) => daemon.kill())));

  for (const dialler of ["tidingsd", "bitcoind"] as const) {
    const acceptor = OTHER[dialler];

    test(`${dialler} dials ${acceptor}, both with v2: one session, with blocks both ways`, async () => {
      const [from, to] = [await start(dialler, true), await start(acceptor, true)];
      await from.connect(to);
      const [ours, theirs] = await peersOf(from, to);
      assert.deepEqual([ours?.transport_protocol_type, theirs?.transport_protocol_type], ["v2", "v2"]);
      assert.match(ours?.session_id ?? "", /^[0-9a-f]{64}$/);
      assert.equal(ours?.session_id, theirs?.session_id);
      for (const peer of [ours, theirs]) assert.ok(peer?.servicesnames.includes("P2P_V2"));
      await exchangeBlocks(to, from);
      await from.call("generatetodescriptor", 1, OUTPUT);
      await to.reaches(await from.tip());
      assert.equal((await peersOf(from))[0]?.session_id, ours?.session_id, "over the same connection");
    });

    test(`${dialler} with v1 dials ${acceptor} with v2: they speak v1`, async () => {
      const [from, to] = [await start(dialler, false), await start(acceptor, true)];
      await from.connect(to);
      for (const peer of await peersOf(from, to)) {
        assert.deepEqual([peer.transport_protocol_type, peer.session_id], ["v1", ""]);
      }
    });

    test(`${dialler} with v2 dials ${acceptor} with v1: it tries again, in the clear`, async () => {
      const [from, to] = [await start(dialler, true), await start(acceptor, false)];
      await from.connect(to);
      for (const peer of await peersOf(from, to)) {
        assert.deepEqual([peer.transport_protocol_type, peer.session_id], ["v1", ""]);
      }
      assert.match(from.log, /start sending v2 handshake to peer=0/);
      assert.match(from.log, /retrying with v1 transport protocol for peer=0/);
      assert.equal((await peersOf(from))[0]?.id, 1, "another connection");
    });
  }
});
