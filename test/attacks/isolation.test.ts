/** One peer against all others: bugs that it finds, turns that it fills, and names that it makes up. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromLatin1 } from "../../src/base/bytes.ts";
import type { Without } from "../../src/base/defences.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { DEFAULT_QUEUE_LIMITS } from "../../src/peer/connection.ts";
import { encodeMessage, isMessageType, messageCodecs } from "../../src/wire/message.ts";
import { MSG_WTX } from "../../src/wire/messages/inventory.ts";
import { BlockTree, QUICK_MATURITY } from "../support/blocks.ts";
import { besideNaive, bothWays, twoColumns } from "../support/two_columns.ts";
import { VictimWorld } from "../support/victim_world.ts";

installNodeCrypto();

/** What becomes of a node whose decoder one peer has found to have a bug, and of the other peer. */
function withBug(without: Without): string {
  const world = new VictimWorld({ without });
  world.world.allowsBugs = true;
  const [attacker, other] = [world.inbound(), world.inbound()];
  const sound = messageCodecs.notfound;
  Reflect.set(messageCodecs, "notfound", { ...sound, decode: () => new Uint8Array(2 ** 53) });
  try {
    attacker.says({ type: "notfound", value: { items: [] } });
  } catch (error) {
    assert.ok(error instanceof RangeError);
    return "an exception, which ends the process";
  } finally {
    Reflect.set(messageCodecs, "notfound", sound);
  }
  assert.equal(attacker.closedFor, "internal-error");
  assert.equal(world.logged("Bug in reading notfound, disconnecting peer=0: RangeError"), 1);
  other.says({ type: "ping", value: { nonce: 3n } });
  assert.equal(other.told("pong").length, 1);
  return "one connection";
}

test("attack 47, a bug in a decoder: it costs who found it the connection, and nobody else anything", (t) => {
  const { defended, undefended } = twoColumns(t, "decoder-isolation", withBug);
  assert.deepEqual([defended, undefended], ["one connection", "an exception, which ends the process"]);
});

/** Of 12,000 messages that come at once, those that are worked off before one of another peer is. */
function workedOffBefore(without: Without): { readonly asTheyCame: number; readonly sameTurn: number } {
  const world = new VictimWorld({ without });
  const [attacker, other] = [world.inbound(), world.inbound()];
  attacker.isDeaf = true;
  const ping = attacker.frame({ type: "ping", value: { nonce: 1n } });
  const flood = concatBytes(...Array.from({ length: 3_000 }, () => ping));
  const told = attacker.heardBytes;
  const answered = (): number => (attacker.heardBytes - told) / ping.length;
  for (let i = 0; i < 4; i++) world.world.give({ type: "received", peer: attacker.id, bytes: flood });
  const asTheyCame = answered();
  const word = other.frame({ type: "ping", value: { nonce: 2n } });
  world.world.give({ type: "received", peer: other.id, bytes: word });
  assert.equal(other.told("pong").length, 1);
  const sameTurn = answered() - asTheyCame;
  world.world.settle();
  assert.equal(answered(), 12_000, "and in the end all are answered");
  return { asTheyCame, sameTurn };
}

test("attack 49, 12,000 messages at once: one of another peer is taken in the same turn, not behind them", (t) => {
  const { defended, undefended } = twoColumns(t, "turn-effort", workedOffBefore);
  assert.ok(defended.asTheyCame < 1_000, `${defended.asTheyCame} were taken as they came`);
  assert.ok(defended.sameTurn <= 64, `${defended.sameTurn} of the flood in the same turn`);
  assert.equal(undefended.asTheyCame, 12_000, "in turns as long as the flood");
});

/** Bytes that a node takes in of a peer that sends 14 MB, four long messages in each turn of the loop. */
function takenIn(isBounded: boolean): number {
  const boundless = { queueLimits: { ...DEFAULT_QUEUE_LIMITS, receiveBytes: Number.MAX_SAFE_INTEGER } };
  const world = new VictimWorld(isBounded ? {} : { options: boundless });
  const attacker = world.inbound();
  const long = attacker.frame({ type: "notfound", value: {
    items: Array.from({ length: 20_000 }, (_, i) => ({ type: MSG_WTX, hash: new Uint8Array(32).fill(i) })),
  } });
  const four = concatBytes(long, long, long, long);
  let taken = 0;
  for (let i = 0; i < 5 && !world.world.paused.has(attacker.id); i++) {
    // One of the four is a turn's work.
    world.world.give({ type: "received", peer: attacker.id, bytes: four });
    taken += four.length;
  }
  assert.equal(world.world.paused.size, isBounded ? 1 : 0);
  world.world.settle();
  assert.ok(!world.world.paused.has(attacker.id), "when they are worked off, it is read again");
  return taken;
}

test("attack 49, messages that wait: above five megabytes nothing more is read from the peer that sends them", (t) => {
  const { defended, undefended } = bothWays(t, "a bound on what waits", takenIn);
  assert.ok(defended < 9_000_000, `${defended} bytes`);
  assert.ok(undefended > 14_000_000, `${undefended} bytes`);
});

/** Of twelve letters at most: those of an object that fit into a message's header. */
const NAMES = ["__proto__", "constructor", "toString", "valueOf", "prototype", "length"];

test("attack 50, names that objects have: as types of messages they are unknown ones, and counted as such", (t) => {
  const world = new VictimWorld();
  const attacker = world.inbound();
  for (const name of NAMES) {
    attacker.sends({ type: name, payload: fromLatin1("{\"__proto__\": {\"isReady\": true}}") });
  }
  assert.ok(attacker.isConnected);
  const counted = [...(world.peer(attacker)?.stats.receivedByType.keys() ?? [])];
  assert.ok(counted.every((type) => type === "*other*" || isMessageType(type)), counted.join());
  assert.equal(Reflect.get({}, "isReady"), undefined, "no object has learnt of it");
  const plain: object = {};
  const { undefended } = besideNaive(t, "types in an object, asked by `in`", {
    node: NAMES.filter((name) => isMessageType(name)).length,
    other: NAMES.filter((name) => name in plain).length,
  });
  assert.ok(undefended > 3);
});

test("attack 50, user agents for regular expressions and terminals: the longest takes no time and writes no control", (t) => {
  const controls = "\x1b[2J\n\0".repeat(40);
  const agents = [`/${"a".repeat(254)}!`, `/${"(".repeat(255)}`, controls, "<script>".repeat(30)];
  let written = 0;
  for (const userAgent of agents) {
    const world = new VictimWorld({ isDebugging: true });
    const start = performance.now();
    const attacker = world.inbound({ version: { userAgent } });
    assert.ok(attacker.isConnected);
    assert.ok(performance.now() - start < 250, "linear in what was sent");
    written += controlsIn(world.log.join(""));
  }
  const sent = agents.reduce((sum, agent) => sum + controlsIn(agent), 0);
  const { defended, undefended } = besideNaive(t, "a log of what was sent", { node: written, other: sent });
  assert.equal(defended, 0);
  assert.ok(undefended > 100);
});

function controlsIn(text: string): number {
  return [...text].filter((letter) => letter < " ").length;
}

test("attack 50, keys that collide: the time for hashes that differ little grows no faster than their number", (t) => {
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
  // A table by the first four bytes, as they come.
  const naive = new Set(Array.from({ length: 5_000 }, (_, index) => alike(index).subarray(0, 4).join()));
  const other = 5_000 / naive.size;
  besideNaive(t, "keys in one place of a table by the first four bytes", { node: 1, other });
  timeFor(spread);
  const [usual, chosen] = [timeFor(spread), timeFor(alike)];
  assert.ok(chosen < 10 * usual + 200, `${chosen} ms for chosen hashes, ${usual} ms for others`);
});
