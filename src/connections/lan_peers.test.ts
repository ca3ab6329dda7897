import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, type UnixSeconds } from "../base/time.ts";
import { parseHost } from "../primitives/host_text.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { LAN_PEERS_MAX, LanPeers } from "./lan_peers.ts";

function address(last: number): NetworkAddress {
  return parseHost(`192.168.0.${last}`, 18444) ?? assert.fail("an address");
}

test("a node of the local network is dialled once, however often it is heard", () => {
  const lan = new LanPeers(new VirtualClock(0 as UnixSeconds));
  assert.deepEqual([1, 1, 2, 1].map((last) => lan.heard(address(last))), [true, false, true, false]);
});

test("whoever fakes many nodes gets a few places at most", () => {
  const lan = new LanPeers(new VirtualClock(0 as UnixSeconds));
  const dialled = Array.from({ length: 200 }, (_, i) => lan.heard(address(i))).filter(Boolean);
  assert.equal(dialled.length, LAN_PEERS_MAX);
});

test("a node that falls silent is forgotten after five minutes, and its place is free again", () => {
  const clock = new VirtualClock(0 as UnixSeconds);
  const lan = new LanPeers(clock);
  for (let i = 0; i < LAN_PEERS_MAX; i++) lan.heard(address(i));
  clock.advance(minutes(4));
  lan.heard(address(0));
  assert.deepEqual(lan.forget(), []);
  clock.advance(minutes(1));
  assert.deepEqual(lan.forget(), [1, 2, 3].map(address));
  assert.equal(lan.heard(address(9)), true);
});
