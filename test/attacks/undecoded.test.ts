/** Megabytes whose decoding takes longer than anything, from peers who have not earned it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../../src/base/bytes.ts";
import type { ByteReader } from "../../src/codec/byte_reader.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { MESSAGE_TYPES, type MessageType, messageCodecs } from "../../src/wire/message.ts";
import { versionOf } from "../support/peer_bench.ts";
import { VictimWorld } from "../support/victim_world.ts";

installNodeCrypto();

/** Types of messages whose payloads were decoded while it `happens`. */
function decodedWhile(happens: () => void): readonly MessageType[] {
  const decoded = new Set<MessageType>();
  const sound = { ...messageCodecs };
  for (const type of MESSAGE_TYPES) {
    const decode = (reader: ByteReader): unknown => {
      decoded.add(type);
      return sound[type].decode(reader);
    };
    Reflect.set(messageCodecs, type, { ...sound[type], decode });
  }
  try {
    happens();
  } finally {
    for (const type of MESSAGE_TYPES) Reflect.set(messageCodecs, type, sound[type]);
  }
  return [...decoded];
}

/** A transaction of one input with many empty witness items: with four million, a second to decode. */
function manyItems(count = 100_000): Uint8Array {
  const input = [...new Uint8Array(32), 0, 0, 0, 0, 0, 255, 255, 255, 255];
  const head = Uint8Array.from([2, 0, 0, 0, 0, 1, 1, ...input]);
  const output = Uint8Array.from([1, ...new Uint8Array(8), 0]);
  const counted = Uint8Array.from([0xfe, count & 255, (count >> 8) & 255, (count >> 16) & 255, count >> 24]);
  return concatBytes(head, output, counted, new Uint8Array(count), new Uint8Array(4));
}

const NEGOTIATION: ReadonlySet<MessageType> = new Set<MessageType>([
  "version", "verack", "wtxidrelay", "sendaddrv2", "feature", "sendheaders", "sendcmpct", "sendtxrcncl",
]);

test("attack 51, costly messages before the handshake: nothing is decoded that has no place there", () => {
  const world = new VictimWorld({ isDebugging: true });
  const attacker = world.opened();
  const payload = manyItems();
  const silent = decodedWhile(() => {
    for (const type of MESSAGE_TYPES) if (type !== "version") attacker.sends({ type, payload });
  });
  assert.deepEqual(silent, []);
  assert.equal(world.logged("non-version message before version handshake. Message \"tx\""), 1);
  attacker.says({ type: "version", value: versionOf({ nonce: 99n }) });
  const others = MESSAGE_TYPES.filter((type) => !NEGOTIATION.has(type));
  const early = decodedWhile(() => {
    for (const type of others) attacker.sends({ type, payload });
  });
  assert.deepEqual(early, []);
  assert.equal(world.logged("Unsupported message \"tx\" prior to verack"), 1);
  assert.ok(attacker.isConnected, "as before: what comes too early is ignored");
});

test("attack 51, costly messages that nobody takes: they are not decoded after the handshake either", () => {
  const world = new VictimWorld({ isDebugging: true });
  const attacker = world.inbound();
  const payload = manyItems();
  const types: readonly MessageType[] = [
    "cmpctblock", "blocktxn", "merkleblock", "cfilter", "cfheaders", "cfcheckpt",
  ];
  const decoded = decodedWhile(() => {
    for (const type of types) attacker.sends({ type, payload });
  });
  assert.deepEqual(decoded, []);
  assert.ok(attacker.isConnected);
  assert.equal(world.logged("Ignoring incoming message 'blocktxn'"), 1);
  attacker.says({ type: "ping", value: { nonce: 1n } });
  assert.equal(attacker.told("pong").length, 1);
});
