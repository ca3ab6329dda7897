/** One peer against all others: bugs that it finds, turns that it fills, and names that it makes up. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromLatin1 } from "../../src/base/bytes.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { encodeMessage, isMessageType, messageCodecs } from "../../src/wire/message.ts";
import { MSG_WTX } from "../../src/wire/messages/inventory.ts";
import { BlockTree, QUICK_MATURITY } from "../support/blocks.ts";
import { VictimWorld } from "./victim_world.ts";

installNodeCrypto();

test("attack 47, a bug in a decoder: it costs who found it the connection, and nobody else anything", () => {
  const world = new VictimWorld();
  world.world.allowsBugs = true;
  const [attacker, other] = [world.inbound(), world.inbound()];
  const sound = messageCodecs.notfound;
  Reflect.set(messageCodecs, "notfound", { ...sound, decode: () => new Uint8Array(2 ** 53) });
  try {
    attacker.says({ type: "notfound", value: { items: [] } });
  } finally {
    Reflect.set(messageCodecs, "notfound", sound);
  }
  assert.equal(attacker.closedFor, "internal-error");
  assert.equal(world.logged("Bug in reading notfound, disconnecting peer=0: RangeError"), 1);
  other.says({ type: "ping", value: { nonce: 3n } });
  assert.equal(other.told("pong").length, 1);
});

test("attack 49, 30,000 messages at once: one of another peer is taken in the same turn, not behind them", () => {
  const world = new VictimWorld();
  const [attacker, other] = [world.inbound(), world.inbound()];
  const ping = attacker.frame({ type: "ping", value: { nonce: 1n } });
  const flood = concatBytes(...Array.from({ length: 6_000 }, () => ping));
  for (let i = 0; i < 5; i++) world.world.give({ type: "received", peer: attacker.id, bytes: flood });
  const before = attacker.told("pong").length;
  assert.ok(before < 1_000, `${before} were taken as they came`);
  const word = other.frame({ type: "ping", value: { nonce: 2n } });
  world.world.give({ type: "received", peer: other.id, bytes: word });
  assert.equal(other.told("pong").length, 1);
  const inTurn = attacker.told("pong").length - before;
  assert.ok(inTurn <= 64, `${inTurn} of the flood in the same turn; first come, first served would be all`);
  world.world.settle();
  assert.equal(attacker.told("pong").length, 30_000, "and in the end all are answered");
});

test("attack 49, messages that wait: above five megabytes nothing more is read from the peer that sends them", () => {
  const world = new VictimWorld();
  const attacker = world.inbound();
  const inv = attacker.frame({ type: "inv", value: {
    items: Array.from({ length: 20_000 }, (_, i) => ({ type: MSG_WTX, hash: new Uint8Array(32).fill(i) })),
  } });
  let paused = false;
  for (let i = 0; i < 40 && !paused; i++) {
    // Between two turns of the loop a socket may bring a lot.
    world.world.give({ type: "received", peer: attacker.id, bytes: inv });
    paused = world.world.paused.has(attacker.id);
  }
  const sound = world.world.paused.size <= 1;
  world.world.settle();
  assert.ok(sound && !world.world.paused.has(attacker.id), "and when they are worked off, it is read again");
});

const NAMES = ["__proto__", "constructor", "toString", "hasOwnPropert", "prototype", "valueOf", "length"];

test("attack 50, names that objects have: as types of messages they are unknown ones, and counted as such", () => {
  const world = new VictimWorld();
  const attacker = world.inbound();
  for (const name of NAMES) {
    const type = name.slice(0, 12);
    assert.ok(!isMessageType(type), type);
    attacker.sends({ type, payload: fromLatin1("{\"__proto__\": {\"isReady\": true}}") });
  }
  assert.ok(attacker.isConnected);
  const counted = [...(world.peer(attacker)?.stats.receivedByType.keys() ?? [])];
  assert.ok(counted.every((type) => type === "*other*" || isMessageType(type)), counted.join());
  assert.equal(Reflect.get({}, "isReady"), undefined, "no object has learnt of it");
});

test("attack 50, user agents for regular expressions and terminals: the longest takes no time and writes no control", () => {
  const controls = "\x1b[2J\n\0".repeat(40);
  const agents = [`/${"a".repeat(254)}!`, `/${"(".repeat(255)}`, controls, "<script>".repeat(30)];
  for (const userAgent of agents) {
    const world = new VictimWorld({ isDebugging: true });
    const start = performance.now();
    const attacker = world.inbound({ version: { userAgent } });
    assert.ok(attacker.isConnected);
    assert.ok(performance.now() - start < 250, "linear in what was sent");
    const lines = world.log.join("");
    assert.doesNotMatch(lines, /[\0-\x1f]/, JSON.stringify(userAgent));
  }
});

test("attack 50, keys that collide: the time for hashes that differ little grows no faster than their number", () => {
  const tree = new BlockTree(QUICK_MATURITY);
  const chain = tree.grow(tree.genesis, 5);
  const timeFor = (makeHash: (index: number) => Uint8Array): number => {
    const world = new VictimWorld();
    world.give(chain);
    const attacker = world.inbound();
    const items = Array.from({ length: 5_000 }, (_, index) => ({ type: MSG_WTX, hash: makeHash(index) }));
    const payload = encodeMessage({ type: "inv", value: { items } });
    const start = performance.now();
    for (let i = 0; i < 4; i++) attacker.sends({ type: "inv", payload });
    return performance.now() - start;
  };
  const spread = (index: number): Uint8Array => {
    const hash = new Uint8Array(32);
    for (let i = 0; i < 32; i++) hash[i] = Math.imul(index + 1, 2_654_435_761 + 2 * i) >>> 13;
    return hash;
  };
  /** Differ in two bytes at the end only. */
  const alike = (index: number): Uint8Array => {
    const hash = new Uint8Array(32);
    hash[30] = index;
    hash[31] = index >>> 8;
    return hash;
  };
  timeFor(spread);
  const [usual, chosen] = [timeFor(spread), timeFor(alike)];
  assert.ok(chosen < 10 * usual + 200, `${chosen} ms for chosen hashes, ${usual} ms for others`);
});
