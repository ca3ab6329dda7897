/** What can be done to an encrypted connection, and to the choice of having one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bytes, concatBytes } from "../../src/base/bytes.ts";
import type { Without } from "../../src/base/defences.ts";
import { randomBytes, seededRng } from "../../src/base/rng.ts";
import { milliseconds, minutes, seconds } from "../../src/base/time.ts";
import { curve, sha256 } from "../../src/crypto/crypto.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import type { PeerId } from "../../src/peer/peer.ts";
import { makeTransport } from "../../src/transport/make_transport.ts";
import type { PacketSealer } from "../../src/transport/packet_cipher.ts";
import { IGNORE_BIT } from "../../src/transport/packet_contents.ts";
import { GARBAGE_BYTES_MAX, V2Transport } from "../../src/transport/v2_transport.ts";
import { encodeMessage, type Message } from "../../src/wire/message.ts";
import { QUICK_MATURITY } from "../support/blocks.ts";
import { holdingsOf } from "../support/holdings.ts";
import { testSize } from "../support/environment.ts";
import { address, versionOf } from "../support/peer_bench.ts";
import { privateFields } from "../support/private_fields.ts";
import { twoColumns } from "../support/two_columns.ts";
import { VictimWorld } from "../support/victim_world.ts";

installNodeCrypto();

const PORTS = { magic: QUICK_MATURITY.magic, rng: seededRng(40) };
const LOCAL = address("10.0.0.99:18444");

function victim(): VictimWorld {
  return new VictimWorld({ options: { v2Transport: true } });
}

/** An open connection of a stranger, who has said nothing yet. */
function connect(world: VictimWorld, from = "80.1.2.3:9000"): PeerId {
  return world.world.connect(address(from), LOCAL);
}

/** The other end of an encrypted connection, keys agreed and hands shaken. */
function encrypted(world: VictimWorld, peer: PeerId): { end: V2Transport; say: (message: Message) => void } {
  const end = new V2Transport("initiator", PORTS);
  const give = (bytes: Bytes): void => {
    if (bytes.length > 0 && world.world.open.has(peer)) world.world.give({ type: "received", peer, bytes });
  };
  world.world.onSend = (to, bytes) => {
    if (to !== peer) return;
    end.receive(bytes);
    while (end.hasWork) end.work();
    give(end.takeOutput());
  };
  end.work();
  give(end.takeOutput());
  world.world.settle();
  const say = (message: Message): void => {
    give(end.send({ type: message.type, payload: encodeMessage(message) }));
    world.world.settle();
  };
  say({ type: "version", value: versionOf({ nonce: 9n }) });
  say({ type: "verack", value: null });
  return { end, say };
}

test("attack 40, garbage without end: 4,111 bytes of it are kept, and then the connection is ended", () => {
  const world = victim();
  const peer = connect(world);
  const end = new V2Transport("initiator", PORTS);
  end.work();
  const key = end.takeOutput().subarray(0, 64);
  world.world.give({ type: "received", peer, bytes: key });
  world.world.settle();
  const rng = seededRng(7);
  let given = 0;
  while (world.world.open.has(peer) && given < 100_000) {
    world.world.give({ type: "received", peer, bytes: randomBytes(rng, 100) });
    given += 100;
  }
  assert.ok(given <= GARBAGE_BYTES_MAX + 16 + 100, `${given} bytes`);
  assert.equal(world.world.closedFor.get(peer), "broken-encryption");
});

test("attack 40, garbage with an end: the connection is had all the same", () => {
  const world = victim();
  const peer = connect(world);
  const { end } = encrypted(world, peer);
  assert.equal(end.type, "v2");
  assert.equal(world.core.peers()[Symbol.iterator]().next().value?.isReady, true);
});

test("attack 40, a flood of decoys: none is kept, and what comes between is read", () => {
  const world = victim();
  const peer = connect(world);
  const { end, say } = encrypted(world, peer);
  const [, state] = privateFields(end).find(([name]) => name === "#state") ?? [];
  const { sealer } = (state as { readonly session: { readonly sealer: PacketSealer } }).session;
  const before = [...world.core.peers()][0]?.stats.sentByType.get("pong") ?? 0;
  for (let i = 0; i < 300; i++) {
    const decoys = Array.from({ length: 10 }, () => {
      return sealer.seal(Uint8Array.of(IGNORE_BIT), new Uint8Array(1_000));
    });
    world.world.give({ type: "received", peer, bytes: concatBytes(...decoys) });
  }
  say({ type: "ping", value: { nonce: 1n } });
  const after = [...world.core.peers()][0]?.stats.sentByType.get("pong") ?? 0;
  assert.ok(after > before, "the ping behind 3,000 decoys is answered");
  const held = [...holdingsOf(world.core, new Set(["ChainState", "Mempool", "AddressBook"]))]
    .filter(([name]) => /Packet|Stretch|V2Transport|#inbox/.test(name)).map(([, { size }]) => size);
  assert.ok(Math.max(...held) < 5_000, `${Math.max(...held)} bytes are held`);
});

test("attack 40, a changed byte: the stream is at its end, and nothing of the changed message is believed", () => {
  const world = victim();
  const peer = connect(world);
  const { end } = encrypted(world, peer);
  const bytes = end.send({ type: "ping", payload: encodeMessage({ type: "ping", value: { nonce: 1n } }) });
  bytes[bytes.length - 1]! ^= 1;
  world.world.give({ type: "received", peer, bytes });
  assert.equal(world.world.closedFor.get(peer), "broken-encryption");
});

/** How often the node dials an address that it takes to speak v2, when whoever is there does this. */
function dialsTo(answer: Bytes): readonly string[] {
  const world = victim();
  const spoken: string[] = [];
  world.world.onSend = (_, bytes) => {
    if (spoken.length === 0 || bytes.length >= 64) spoken.push(bytes[0] === PORTS.magic[0] ? "v1" : "v2");
  };
  const target = address("81.2.3.4:8333");
  world.world.command({ type: "add-node", address: target, mode: "onetry" });
  for (let i = 0; i < 20; i++) {
    world.world.pass(milliseconds(100));
    world.world.settle();
    const dialled = world.world.dialled.pop();
    if (dialled === undefined) continue;
    world.pass(seconds(1));
    if (answer.length > 0) world.world.give({ type: "received", peer: dialled, bytes: answer });
    world.world.drop(dialled);
  }
  return spoken;
}

test("attack 40, downgrade: who hangs up on a key is dialled once more in the clear, who answers to it is not", () => {
  const silent = dialsTo(new Uint8Array(0));
  assert.deepEqual(silent.slice(0, 2), ["v2", "v1"]);
  const answering = dialsTo(randomBytes(seededRng(3), 80));
  assert.ok(!answering.includes("v1"), answering.join());
});

test("attack 40, downgrade: a stranger who speaks plainly is a peer like any other, and shown as such", () => {
  const world = victim();
  const plain = world.inbound();
  assert.equal(world.peer(plain)?.transportType, "v1");
  assert.equal(world.peer(plain)?.sessionId, undefined);
  const peer = connect(world);
  encrypted(world, peer);
  const [, other] = [...world.core.peers()];
  assert.equal(other?.transportType, "v2");
  assert.equal(other?.sessionId?.length, 32);
});

test("attack 40, half a key: whoever never ends it is dropped after a minute", () => {
  const world = victim();
  const peer = connect(world);
  world.world.give({ type: "received", peer, bytes: new Uint8Array(63).fill(1) });
  world.pass(minutes(1.1));
  assert.ok(!world.world.open.has(peer));
  assert.equal(makeTransport("theirs", PORTS).type, "detecting");
});

/** Half of 200 inbound places: so many strangers may be in the middle of it. */
const CROWDED = { v2Transport: true, maxConnections: 211 };
const FLOOD_GROUPS = 20;
const STEP = milliseconds(5);

/** Milliseconds until a newcomer is connected under encryption, while strangers from 20 groups have keys exchanged. */
function waitsForKeys(without: Without): number {
  const world = new VictimWorld({ options: CROWDED, without });
  const rng = seededRng(17);
  let strangers = 0;
  /** Each from another neighbourhood of its group, with a key of its own, and never a word more. */
  const come = (count: number): void => {
    for (let i = 0; i < count; i++, strangers++) {
      const group = strangers % FLOOD_GROUPS;
      const neighbourhood = Math.floor(strangers / FLOOD_GROUPS) % 250;
      const peer = connect(world, `91.${group}.${neighbourhood}.7:9000`);
      if (world.world.open.has(peer)) {
        world.world.give({ type: "received", peer, bytes: randomBytes(rng, 64) });
      }
    }
    world.pass(STEP, STEP);
  };
  while (strangers < 450) come(15);
  const peer = connect(world, "92.1.2.3:9000");
  const end = new V2Transport("initiator", PORTS);
  const give = (): void => {
    while (end.hasWork) end.work();
    const bytes = end.takeOutput();
    if (bytes.length > 0) world.world.give({ type: "received", peer, bytes });
  };
  world.world.onSend = (to, bytes) => {
    if (to !== peer) return;
    end.receive(bytes);
    give();
  };
  give();
  const hasKeys = (): boolean => end.sessionId !== undefined || !world.world.open.has(peer);
  let waited = 0;
  for (; !hasKeys() && waited < 10_000; waited += STEP) come(1);
  assert.ok(end.sessionId !== undefined, "it is encrypted in the end");
  return waited;
}

/** With keys that cost nothing to agree on: who waits for whom does not hang on what an exchange takes. */
function withCheapKeys<T>(action: () => T): T {
  if (testSize("TIDINGS_ATTACKS", 1) > 1) return action();
  const seat = curve();
  const { createEllswift, ellswiftSecret } = seat;
  seat.createEllswift = (secretKey) => concatBytes(secretKey, secretKey);
  seat.ellswiftSecret = ({ ours, theirs }) => sha256(ours.map((byte, i) => byte ^ (theirs[i] ?? 0)));
  try {
    return action();
  } finally {
    Object.assign(seat, { createEllswift, ellswiftSecret });
  }
}

test("attack 40, downgrade by a flood of key exchanges: a newcomer has its own within 300 ms, and none is refused", (t) => {
  const { defended, undefended } = withCheapKeys(() => twoColumns(t, "exchange-groups", waitsForKeys));
  assert.ok(defended <= 300, `${defended} ms`);
  assert.ok(undefended >= 2 * defended, `${undefended} ms in one queue`);
});
