/** Lengths, counts and ends of messages that lie. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bytes, concatBytes } from "../../src/base/bytes.ts";
import { ByteReader } from "../../src/codec/byte_reader.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { PAYLOAD_BYTES_MAX } from "../../src/transport/transport.ts";
import {
  encodeMessage, MESSAGE_TYPES, type Message, messageCodecs, type MessageType,
} from "../../src/wire/message.ts";
import { type BlockHash, ZERO_HASH } from "../../src/primitives/hash.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import { besideNaive } from "../support/two_columns.ts";
import { VictimWorld } from "../support/victim_world.ts";

installNodeCrypto();

/** The header of a plain message, whose payload is still to come. */
function headerOf(type: string, length: number): Bytes {
  const header = new Uint8Array(24);
  header.set(REGTEST.magic);
  for (let i = 0; i < type.length; i++) header[4 + i] = type.charCodeAt(i);
  new DataView(header.buffer).setUint32(16, length, true);
  return header;
}

test("attack 3, a length that lies: 100 peers announce 4 MB each and send ten bytes, and take no more than that", (t) => {
  const world = new VictimWorld();
  const attackers = Array.from({ length: 100 }, () => world.inbound());
  const before = process.memoryUsage().arrayBuffers;
  for (const attacker of attackers) {
    attacker.writes(concatBytes(headerOf("block", PAYLOAD_BYTES_MAX), new Uint8Array(10)));
  }
  const taken = process.memoryUsage().arrayBuffers - before;
  assert.ok(attackers.every(({ isConnected }) => isConnected), "that much may come");
  const announced = attackers.length * PAYLOAD_BYTES_MAX;
  besideNaive(t, "room made for what a header announces", { node: taken, other: announced });
  assert.ok(taken < announced / 100, `${taken} bytes, of ${announced} that were announced`);
});

test("attack 3, a length that lies: one byte more than a message may have ends the connection at its header", () => {
  const world = new VictimWorld();
  const attacker = world.inbound();
  attacker.writes(headerOf("block", PAYLOAD_BYTES_MAX + 1));
  assert.equal(attacker.closedFor, "over-long-message");
});

test("attack 3, a length that lies: a count in a message that the message is too short for allocates nothing", () => {
  const world = new VictimWorld();
  const most = 0xffff_ffff;
  const counts = { inv: 50_000, getdata: 50_000, headers: 2_000, addr: 1_000, block: most, tx: most };
  for (const [type, count] of Object.entries(counts)) {
    const attacker = world.inbound();
    const lead = type === "block" ? 80 : type === "tx" ? 4 : 0;
    const payload = new Uint8Array(lead + 5);
    payload[lead] = 0xfe;
    new DataView(payload.buffer).setUint32(lead + 1, count, true);
    const before = process.memoryUsage();
    attacker.sends({ type, payload });
    const after = process.memoryUsage();
    const taken = after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed;
    assert.ok(taken < 4_000_000, `${type}: ${taken} bytes`);
    assert.ok(!attacker.isConnected, type);
  }
});

const NO_STOP = ZERO_HASH as BlockHash;

/** One sound message of each type that has an end which can be told. */
const SOUND: readonly Message[] = [
  { type: "ping", value: { nonce: 1n } },
  { type: "inv", value: { items: [] } },
  { type: "getdata", value: { items: [] } },
  { type: "notfound", value: { items: [] } },
  { type: "getheaders", value: { version: 70_016, locator: [], stop: NO_STOP } },
  { type: "getblocks", value: { version: 70_016, locator: [], stop: NO_STOP } },
  { type: "headers", value: { headers: [] } },
  { type: "addr", value: { addresses: [] } },
  { type: "feefilter", value: { feeRate: 1n } },
  { type: "sendcmpct", value: { announce: false, version: 2n } },
  { type: "sendheaders", value: null },
  { type: "getaddr", value: null },
];

test("attack 39, bytes after the end: a message that does not end where it says costs the connection, and does nothing", (t) => {
  let [taken, takenIfUnended] = [0, 0];
  for (const message of SOUND) {
    const world = new VictimWorld();
    const [honest, attacker] = [world.inbound(), world.inbound()];
    honest.sends({ type: message.type, payload: encodeMessage(message) });
    assert.ok(honest.isConnected, `${message.type} as it should be`);
    const told = attacker.heard.length;
    attacker.sends({ type: message.type, payload: concatBytes(encodeMessage(message), Uint8Array.of(0)) });
    assert.equal(attacker.closedFor, "malformed-message", message.type);
    assert.equal(attacker.heard.length, told, `${message.type} is not answered`);
    if (attacker.isConnected) taken += 1;
    if (isReadToItsEnd(message)) takenIfUnended += 1;
  }
  const columns = { node: taken, other: takenIfUnended };
  const { undefended } = besideNaive(t, "codecs that nobody asks what is left over", columns);
  assert.equal(undefended, SOUND.length);
});

/** Whether its codec by itself takes it with a byte behind it. */
function isReadToItsEnd({ type, value }: Message): boolean {
  const bytes = concatBytes(encodeMessage({ type, value } as Message), Uint8Array.of(0));
  const reader = new ByteReader(bytes);
  messageCodecs[type].decode(reader);
  return reader.remaining === 1;
}

test("attack 39, numbers not in their shortest form: a count of zero in three bytes costs the connection", () => {
  const counted: readonly MessageType[] = ["inv", "getdata", "notfound", "headers", "addr"];
  for (const type of counted) {
    const world = new VictimWorld();
    const attacker = world.inbound();
    attacker.sends({ type, payload: Uint8Array.of(0xfd, 0, 0) });
    assert.equal(attacker.closedFor, "malformed-message", type);
  }
});

test("attack 39, bytes after the end: whatever stands behind any message, the node takes it without an exception", () => {
  for (const type of MESSAGE_TYPES) {
    const world = new VictimWorld();
    const attacker = world.inbound();
    for (const length of [0, 1, 2, 36, 80, 300]) attacker.sends({ type, payload: new Uint8Array(length) });
    assert.ok([...world.core.peers()].length <= 1);
  }
});
