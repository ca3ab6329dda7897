import assert from "node:assert/strict";
import { test } from "node:test";
import { addDuration, type Instant, seconds } from "../base/time.ts";
import type { PeerId } from "../peer/peer.ts";
import { chooseExtraBlockRelay, chooseExtraFullRelay, type OutboundPeer } from "./extra_outbound.ts";

const NOW = 1_700_000_000_000 as Instant;

function peer(id: number, changes: Partial<OutboundPeer> = {}): OutboundPeer {
  return {
    id: id as PeerId, connectedAt: addDuration(NOW, seconds(-3600)), lastBlockAt: undefined,
    lastAnnouncement: undefined, inFlight: 0, isProtected: false, isOnlyOfNetwork: false, ...changes,
  };
}

const ago = (length: number): Instant => addDuration(NOW, seconds(-length));

test("of block-relay peers the youngest goes", () => {
  const choice = chooseExtraBlockRelay([peer(1), peer(2), peer(3)], NOW);
  assert.deepEqual([choice?.peer.id, choice?.goes], [3, true]);
});

test("if the youngest block-relay peer brought a block later than the one before it, that one goes", () => {
  const [first, second] = [peer(1, { lastBlockAt: ago(1) }), peer(2, { lastBlockAt: ago(60) })];
  assert.equal(chooseExtraBlockRelay([first, second, peer(3, { lastBlockAt: ago(30) })], NOW)?.peer.id, 2);
  assert.equal(chooseExtraBlockRelay([first, second, peer(3, { lastBlockAt: ago(90) })], NOW)?.peer.id, 3);
});

test("of full-relay peers who announced a block longest ago goes, and of equals the youngest", () => {
  const [first, last] = [peer(1, { lastAnnouncement: ago(10) }), peer(4, { lastAnnouncement: ago(1) })];
  assert.equal(chooseExtraFullRelay([first, peer(2), peer(3), last], NOW)?.peer.id, 3);
  assert.equal(chooseExtraFullRelay([first, last], NOW)?.peer.id, 1);
});

test("protected peers, and the only one of its network, stay", () => {
  const peers = [peer(1), peer(2, { isOnlyOfNetwork: true }), peer(3, { isProtected: true })];
  assert.equal(chooseExtraFullRelay(peers, NOW)?.peer.id, 1);
  assert.equal(chooseExtraFullRelay(peers.slice(1), NOW), undefined);
});

test("who came less than half a minute ago, or is sending us a block, is left alone for the moment", () => {
  for (const choose of [chooseExtraBlockRelay, chooseExtraFullRelay]) {
    assert.equal(choose([peer(1, { connectedAt: ago(29) })], NOW)?.goes, false);
    assert.equal(choose([peer(1, { inFlight: 1 })], NOW)?.goes, false);
    assert.equal(choose([peer(1, { connectedAt: ago(31) })], NOW)?.goes, true);
  }
});
