/** What is said before, during and about the handshake. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fromLatin1 } from "../../src/base/bytes.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { stepHandshake } from "../../src/peer/handshake.ts";
import type { Peer } from "../../src/peer/peer.ts";
import type { Message } from "../../src/wire/message.ts";
import { BlockTree, QUICK_MATURITY } from "../support/blocks.ts";
import { versionOf } from "../support/peer_bench.ts";
import { besideNaive } from "../support/two_columns.ts";
import { VictimWorld } from "../support/victim_world.ts";

installNodeCrypto();

const [FIRST, LAST] = [-(2n ** 63n), 2n ** 63n - 1n];

test("attack 32, times that overflow: a hundred peers from the ends of time do not move our clock by a second", (t) => {
  const tree = new BlockTree(QUICK_MATURITY);
  const world = new VictimWorld();
  const times = [FIRST, LAST, -1n, 2n ** 32n, 2n ** 53n];
  for (let i = 0; i < 100; i++) {
    const attacker = world.inbound({ version: { time: times[i % times.length] ?? 0n } });
    assert.ok(attacker.isConnected, `time ${times[i % times.length]} is taken`);
    assert.ok(Number.isFinite(world.peer(attacker)?.features.timeOffset), "and its difference can be told");
  }
  const offsets = [...world.core.peers()].map(({ features }) => features.timeOffset).sort((a, b) => a - b);
  const now = world.world.clock.unixTime();
  besideNaive(t, "seconds by which the median of the peers would move it", {
    node: world.core.clock.unixTime() - now, other: offsets[offsets.length >>> 1] ?? 0,
  });
  assert.equal(world.core.clock.unixTime(), now);
  // Two hours ahead of our own clock is the last moment that a block may come from, whatever peers say.
  const { block } = tree.extend(tree.genesis, { time: now + 7_200 });
  const early = tree.extend(tree.genesis, { time: now + 7_260 });
  world.give([early]);
  assert.equal(world.core.chain.headers.find(early.block.hash), undefined, "one a minute later is not taken");
  world.give([tree.extend(tree.genesis, { time: now + 7_200 })]);
  assert.equal(world.core.chain.headers.height(world.core.chain.tip), 1, `${block.header.time} is`);
});

test("attack 41, unknown messages before verack: they are ignored, and the handshake goes on", () => {
  const world = new VictimWorld();
  const honest = world.opened();
  const unknown = (): void => {
    for (const type of ["hello", "sendfuture", "x", "version2", "ping2"]) {
      honest.sends({ type, payload: fromLatin1("whatever comes next") });
    }
  };
  unknown();
  honest.says({ type: "version", value: versionOf() });
  unknown();
  honest.says({ type: "feature", value: { id: "bip-unheard-of", data: new Uint8Array(500) } });
  unknown();
  honest.says({ type: "verack", value: null });
  unknown();
  assert.ok(honest.isConnected);
  assert.equal(world.peer(honest)?.isReady, true);
});

test("attack 41, malformed feature before verack: that, and only that, ends the handshake", () => {
  const world = new VictimWorld();
  for (const payload of [new Uint8Array(0), Uint8Array.of(3, 65, 65, 65, 0), new Uint8Array(600).fill(80)]) {
    const attacker = world.opened();
    attacker.says({ type: "version", value: versionOf() });
    attacker.sends({ type: "feature", payload });
    assert.ok(!attacker.isConnected, `${payload.length} bytes: ${attacker.closedFor}`);
  }
});

test("attack 42, negotiation out of place: after verack it costs the connection, before and twice it does no harm", (t) => {
  const negotiation: readonly Message[] = [
    { type: "wtxidrelay", value: null },
    { type: "sendaddrv2", value: null },
    { type: "sendtxrcncl", value: { version: 1, salt: 5n } },
    { type: "feature", value: { id: "bip-nothing", data: new Uint8Array(0) } },
  ];
  let [changed, changedAtAnyTime] = [0, 0];
  for (const message of negotiation) {
    const world = new VictimWorld();
    const late = world.inbound({ features: [] });
    const peer = world.peer(late);
    assert.ok(peer !== undefined);
    const agreed = peer.features;
    if (changesFeatures(message, peer)) changedAtAnyTime += 1;
    late.says(message);
    if (peer.features !== agreed) changed += 1;
    const isForgiven = message.type === "sendtxrcncl" && late.isConnected;
    if (!isForgiven) assert.equal(late.closedFor, "late-negotiation", `${message.type} after verack`);
    const early = world.opened();
    early.says(message);
    assert.ok(early.isConnected, `${message.type} before version is ignored`);
    const twice = world.inbound({ features: [message, message] });
    // Core calls two sendtxrcncl a violation; the others may be said as often as one likes.
    if (message.type !== "sendtxrcncl") assert.equal(world.peer(twice)?.isReady, true, `${message.type} twice`);
  }
  const columns = { node: changed, other: changedAtAnyTime };
  const { defended, undefended } = besideNaive(t, "agreed after verack, if it could be at any time", columns);
  assert.deepEqual([defended, undefended], [0, 2]);
});

/** Whether it would settle something, had `verack` not yet come. */
function changesFeatures(message: Message, peer: Peer): boolean {
  const early = { name: "awaiting-verack", theirVersion: peer.features.version } as const;
  const self = { services: 0n, userAgent: "", height: 0, blocksOnly: false, isTipRecent: true, time: 0 };
  const step = stepHandshake(early, message, peer, self, () => false);
  return step?.effects.some(({ type }) => type === "features") ?? false;
}

test("attack 42, a second version or verack changes nothing that was agreed", () => {
  const world = new VictimWorld();
  const attacker = world.inbound();
  const before = { ...world.peer(attacker)?.features };
  attacker.says({ type: "version", value: versionOf({ services: 0n, userAgent: "/another/", relay: false }) });
  attacker.says({ type: "verack", value: null });
  assert.deepEqual({ ...world.peer(attacker)?.features }, before);
});
