import assert from "node:assert/strict";
import { test } from "node:test";
import { NetGroups } from "../addrbook/net_groups.ts";
import type { Defence } from "../base/defences.ts";
import { silentLogger } from "../base/logger.ts";
import { seededRng } from "../base/rng.ts";
import { seconds } from "../base/time.ts";
import { address, PeerBench, versionOf } from "../../test/support/peer_bench.ts";
import type { Permission } from "../peer/peer.ts";
import { formatAddress } from "../primitives/host_text.ts";
import { pendingHandshakesMax } from "./handshake_gate.ts";
import { type Admission, InboundDoor } from "./inbound_door.ts";

function bench(parts: { all?: number; relaying?: number; without?: readonly Defence[] } = {}) {
  const { all = 40, relaying = all, without = [] } = parts;
  const peers = new PeerBench();
  const gone = new Set<number>();
  const banned = new Set<string>();
  const discouraged = new Set<string>();
  const door = new InboundDoor({
    clock: peers.clock, rng: seededRng(1), logger: silentLogger,
    netGroups: new NetGroups(undefined, false),
    bans: { isBanned: (host) => banned.has(formatAddress({ ...host, port: 1 })) },
    discouraged: { has: (host) => discouraged.has(formatAddress({ ...host, port: 1 })) },
    without: new Set(without),
    peers: () => peers.connections.filter(({ id }) => !gone.has(id)),
    isTipRecent: () => true,
  }, { all, relaying, pending: pendingHandshakesMax(all) });
  const close = (id: number): void => {
    if (gone.has(id)) return;
    gone.add(id);
    peers.at(id).close();
    door.closed(peers.at(id));
  };
  const comeIn = (text: string, permissions: readonly Permission[] = []): Admission => {
    const admission = door.admit({ address: address(text), permissions: new Set(permissions) });
    if (admission.type === "refuse") return admission;
    admission.evict.forEach(close);
    door.opened(peers.open("inbound", permissions, text));
    return admission;
  };
  /** Completes the handshake of the last that came in. Returns who had to go for it. */
  const shakeHands = (relay = true): number | undefined => {
    const connection = peers.at(peers.connections.length - 1);
    peers.from(connection, { type: "version", value: versionOf({ relay }) });
    peers.from(connection, { type: "verack", value: null });
    const evicted = door.ready(connection);
    if (evicted !== undefined) close(evicted);
    return evicted;
  };
  /** Each on another network, a second apart. */
  const fill = (count: number, permissions: readonly Permission[] = []): void => {
    for (let i = 0; i < count; i++) {
      comeIn(`${1 + (i % 120)}.${i >> 7}.1.1:1`, permissions);
      shakeHands();
      peers.clock.advance(seconds(1));
    }
  };
  return { door, peers, banned, discouraged, comeIn, shakeHands, fill, close };
}

const ACCEPTED: Admission = { type: "accept", evict: [] };

test("as many come in as there is room for; then one that deserves it less goes for the next", () => {
  const { comeIn, fill } = bench();
  fill(40);
  const admission = comeIn("200.1.1.1:1");
  assert.ok(admission.type === "accept" && admission.evict.length === 1);
});

test("when nobody may be dropped the next is refused, and a place that becomes free is given again", () => {
  const { comeIn, fill, close } = bench();
  fill(40, ["noban"]);
  assert.deepEqual(comeIn("200.1.1.1:1"), { type: "refuse", reason: "full" });
  close(7);
  assert.deepEqual(comeIn("200.1.1.1:1"), ACCEPTED);
});

test("without its protections, anyone may be dropped for the next", () => {
  const dropped = new Set<number>();
  const { comeIn, fill } = bench({ without: ["eviction-protection"] });
  fill(40);
  for (let i = 0; i < 200; i++) {
    const admission = comeIn(`${1 + (i % 120)}.77.${i}.1:1`);
    if (admission.type === "accept") for (const id of admission.evict) dropped.add(id);
  }
  assert.ok([...dropped].filter((id) => id < 40).length > 30);
});

test("whoever is banned is not let in, but with the noban permission", () => {
  const { comeIn, banned } = bench();
  banned.add("1.1.1.1:1");
  assert.deepEqual(comeIn("1.1.1.1:9"), { type: "refuse", reason: "banned" });
  assert.deepEqual(comeIn("1.1.1.1:9", ["noban"]), ACCEPTED);
});

test("whoever is discouraged is let in while there is room for two", () => {
  const { comeIn, discouraged, fill } = bench();
  discouraged.add("200.1.1.1:1");
  fill(38);
  assert.deepEqual(comeIn("200.1.1.1:9"), ACCEPTED);
  assert.deepEqual(comeIn("200.1.1.1:8"), { type: "refuse", reason: "discouraged" });
  assert.deepEqual(comeIn("200.1.1.1:8", ["noban"]), ACCEPTED);
});

test("too many handshakes of one neighbourhood are refused, without the noban permission", () => {
  const { comeIn } = bench();
  for (let i = 0; i < 8; i++) assert.deepEqual(comeIn(`1.2.3.${i}:1`), ACCEPTED);
  assert.deepEqual(comeIn("1.2.3.9:1"), { type: "refuse", reason: "too many handshakes a second" });
  assert.deepEqual(comeIn("1.2.3.9:1", ["noban"]), ACCEPTED);
  const careless = bench({ without: ["handshake-limits"] });
  for (let i = 0; i < 30; i++) assert.deepEqual(careless.comeIn(`1.2.3.${i}:1`), ACCEPTED);
});

test("with half of the places taken by handshakes, the one that takes longest goes for the next", () => {
  const { comeIn, shakeHands } = bench({ all: 100 });
  for (let i = 0; i < 50; i++) assert.deepEqual(comeIn(`${i + 1}.1.1.1:1`), ACCEPTED);
  assert.deepEqual(comeIn("200.1.1.1:1"), { type: "accept", evict: [0] });
  shakeHands();
  assert.deepEqual(comeIn("201.1.1.1:1"), ACCEPTED);
  assert.deepEqual(comeIn("202.1.1.1:1"), { type: "accept", evict: [1] });
});

test("of those that want transactions only so many stay; who comes for blocks alone does not count", () => {
  const { comeIn, shakeHands, fill, peers } = bench({ all: 80, relaying: 40 });
  fill(40);
  for (let i = 0; i < 30; i++) {
    comeIn(`${i + 1}.50.1.1:1`);
    assert.equal(shakeHands(false), undefined);
  }
  comeIn("200.1.1.1:1");
  const evicted = shakeHands();
  assert.ok(evicted !== undefined && peers.at(evicted).features.relay, `evicted ${evicted}`);
  comeIn("200.2.1.1:1");
  assert.notEqual(shakeHands(), undefined);
});

test("when no place is for those that want transactions, such a one is dropped itself", () => {
  const { comeIn, shakeHands, peers } = bench({ relaying: 0 });
  comeIn("1.1.1.1:1");
  assert.equal(shakeHands(false), undefined);
  comeIn("1.1.1.2:1");
  assert.equal(shakeHands(), peers.connections.length - 1);
});
