import assert from "node:assert/strict";
import { test } from "node:test";
import { agreedForger, Forger } from "../../test/support/v2_forger.ts";
import {
  agreedPair, breakOf, cutRandomly, faultOf, newPair, rawOf, REGTEST, shakeHands, TransportEnd,
} from "../../test/support/v2_pair.ts";
import { InvariantError } from "../base/assert.ts";
import { type Bytes, concatBytes, fromHex, fromLatin1, NO_BYTES, toHex } from "../base/bytes.ts";
import { randomBytes, seededRng } from "../base/rng.ts";
import { ELLSWIFT_BYTES } from "../crypto/elligator_swift.ts";
import { installNodeCrypto } from "../io/node_crypto.ts";
import { DetectingTransport } from "./detecting_transport.ts";
import { PACKET_OVERHEAD_BYTES } from "./packet_cipher.ts";
import { CONTENTS_BYTES_MAX, IGNORE_BIT } from "./packet_contents.ts";
import { TERMINATOR_BYTES } from "./session_keys.ts";
import type { RawMessage } from "./transport.ts";
import { GARBAGE_BYTES_MAX, V2Transport } from "./v2_transport.ts";

installNodeCrypto();

const SEED = 1_324;
const PING: RawMessage = { type: "ping", payload: fromHex("3930000000000000") };

test("two ends agree on a session, whose id is the same at both, wherever their bytes are split", () => {
  for (let seed = 0; seed < 6; seed++) {
    const { initiator, responder } = agreedPair(10 * seed);
    assert.equal(initiator.transport.sessionId?.length, 32);
    assert.deepEqual(initiator.transport.sessionId, responder.transport.sessionId, `seed ${10 * seed}`);
  }
});

test("no session is shown before the first packet has proved it", () => {
  const { initiator, responder } = newPair(SEED);
  for (const { transport } of [initiator, responder]) {
    const { type, sessionId, canSend } = transport;
    assert.deepEqual([type, sessionId, canSend], ["detecting", undefined, false]);
  }
  responder.receive(initiator.transport.takeOutput());
  assert.deepEqual([responder.transport.type, responder.transport.canSend], ["detecting", true]);
  initiator.receive(responder.transport.takeOutput());
  assert.deepEqual([initiator.transport.type, responder.transport.type], ["v2", "detecting"]);
  responder.receive(initiator.transport.takeOutput());
  assert.equal(responder.transport.type, "v2");
});

test("messages come out as they went in, wherever they are split, over many changes of the keys", () => {
  const { initiator, responder } = agreedPair(SEED);
  const rng = seededRng(SEED);
  const messages = Array.from({ length: 700 }, (_, i): RawMessage => ({
    type: ["ping", "tx", "sendheaders", "a", "twelveletter"][i % 5] ?? "",
    payload: randomBytes(rng, (i * 37) % 300),
  }));
  for (const [from, to] of [[initiator, responder], [responder, initiator]] as const) {
    const bytes = concatBytes(...messages.map((message) => from.transport.send(message)));
    for (const piece of cutRandomly(rng, bytes)) to.receive(piece);
    assert.deepEqual(to.received.map(rawOf), messages);
    assert.equal(to.received.reduce((sum, { wireBytes }) => sum + wireBytes, 0), bytes.length);
    assert.ok(to.transport.heldBytes <= 3, `${to.transport.heldBytes} bytes held`);
  }
});

test("messages may follow the handshake in the same bytes, and arrive byte by byte", () => {
  const { initiator, responder } = newPair(SEED);
  responder.receive(initiator.transport.takeOutput());
  const answer = concatBytes(responder.transport.takeOutput(), responder.transport.send(PING));
  for (const byte of answer) initiator.receive(Uint8Array.of(byte));
  assert.deepEqual(initiator.received.map(rawOf), [PING]);
  responder.receive(concatBytes(initiator.transport.takeOutput(), initiator.transport.send(PING)));
  assert.deepEqual(responder.received.map(rawOf), [PING]);
});

test("a type of the table takes one byte, another one thirteen, and both forms are read", () => {
  const { initiator, responder } = agreedPair(SEED);
  const sizes = { ping: 1, addr: 1, addrv2: 1, feature: 1, verack: 13 };
  for (const [type, typeBytes] of Object.entries(sizes)) {
    const { length } = initiator.transport.send({ type, payload: NO_BYTES });
    assert.equal(length, PACKET_OVERHEAD_BYTES + typeBytes, type);
  }
  assert.throws(() => responder.transport.send({ type: "thirteenchars", payload: NO_BYTES }), InvariantError);
  const forger = agreedForger();
  for (const head of [fromHex("0012"), concatBytes(fromHex("0000"), fromLatin1("ping".padEnd(12, "\0")))]) {
    forger.responder.receive(forger.seal(head, PING.payload));
  }
  assert.deepEqual(forger.responder.received.map(rawOf), [PING, PING]);
});

test("a type that is none costs that message only, and is told in Bitcoin Core's words", () => {
  const forger = agreedForger();
  const long = (name: string): Bytes => concatBytes(fromHex("0000"), fromLatin1(name));
  const heads = [
    fromHex("00"), fromHex("00ff"), fromHex("001d"), fromHex("0000"), long("ping".padEnd(11, "\0")),
    long("pi\0g".padEnd(12, "\0")), long("p\x1fng".padEnd(12, "\0")), long("p\x80ng".padEnd(12, "\0")),
  ];
  for (const head of heads) forger.responder.receive(forger.seal(head));
  forger.responder.receive(forger.seal(fromHex("0012"), PING.payload));
  const { received } = forger.responder;
  assert.deepEqual(received.map(({ fault }) => fault?.kind), [...heads.map(() => "invalid-type"), undefined]);
  assert.equal(received[1]?.fault?.text, "V2 transport error: invalid message type (1 bytes contents)");
  assert.equal(received[0]?.wireBytes, PACKET_OVERHEAD_BYTES);
});

test("decoys are opened and forgotten, before the version packet as well", () => {
  const forger = new Forger();
  forger.responder.receive(forger.key);
  const keys = forger.keys();
  forger.responder.receive(keys.send.terminator);
  const decoy = (): Bytes => forger.seal(Uint8Array.of(IGNORE_BIT), randomBytes(seededRng(1), 100));
  forger.responder.receive(concatBytes(decoy(), decoy()));
  assert.equal(forger.responder.transport.type, "detecting");
  const version = forger.seal(Uint8Array.of(0));
  const packets = [version, decoy(), forger.seal(fromHex("0012"), PING.payload), decoy()];
  forger.responder.receive(concatBytes(...packets));
  assert.deepEqual(forger.responder.received.map(rawOf), [PING]);
});

test("what a version packet holds, and flags that nobody knows, are ignored", () => {
  const forger = new Forger();
  forger.responder.receive(forger.key);
  const keys = forger.keys();
  forger.responder.receive(keys.send.terminator);
  forger.responder.receive(forger.seal(fromHex("7f0102030405")));
  assert.equal(forger.responder.transport.type, "v2");
  forger.responder.receive(forger.seal(fromHex("7f12"), PING.payload));
  assert.deepEqual(forger.responder.received.map(rawOf), [PING]);
});

test("garbage is proved by the first packet, a decoy or not", () => {
  for (const [associated, isGood] of [["right", true], ["wrong", false], ["none", false]] as const) {
    for (const header of [0, IGNORE_BIT]) {
      const forger = new Forger();
      const garbage = randomBytes(seededRng(SEED), 300);
      forger.responder.receive(concatBytes(forger.key, garbage));
      const keys = forger.keys();
      forger.responder.receive(keys.send.terminator);
      const proof = { right: garbage, wrong: garbage.toReversed(), none: NO_BYTES }[associated];
      const first = forger.seal(Uint8Array.of(header), NO_BYTES, proof);
      const fault = breakOf(() => forger.responder.receive(first));
      const text = "V2 transport error: packet decryption failure (0 bytes)";
      assert.equal(fault?.message, isGood ? undefined : text);
    }
  }
});

test("4,095 bytes of garbage are taken, and one more ends the stream with its 4,111th byte", () => {
  for (const excess of [0, 1]) {
    const forger = new Forger();
    const garbage = new Uint8Array(GARBAGE_BYTES_MAX + excess).fill(1);
    forger.responder.receive(concatBytes(forger.key, garbage));
    const keys = forger.keys();
    const end = TERMINATOR_BYTES - excess;
    forger.responder.receive(keys.send.terminator.subarray(0, end - 1));
    const fault = breakOf(() => forger.responder.receive(keys.send.terminator.subarray(end - 1, end)));
    assert.equal(fault?.kind, excess === 0 ? undefined : "no-terminator");
    if (excess === 1) {
      assert.equal(fault?.message, "V2 transport error: missing garbage terminator");
      continue;
    }
    forger.responder.receive(forger.seal(Uint8Array.of(0), NO_BYTES, garbage));
    assert.equal(forger.responder.transport.type, "v2");
  }
});

test("a packet of 4,000,014 bytes is refused by its length, and one byte less is not", () => {
  for (const excess of [0, 1]) {
    const forger = agreedForger();
    const packet = forger.seal(Uint8Array.of(0), new Uint8Array(CONTENTS_BYTES_MAX + excess));
    const begin = (): void => forger.responder.receive(packet.subarray(0, 3));
    if (excess === 0) begin();
    else assert.equal(faultOf(begin).message, "V2 transport error: packet too large (4000014 bytes)");
  }
});

test("memory follows what has arrived, not what was announced", () => {
  const forger = agreedForger();
  const packet = forger.seal(Uint8Array.of(0), new Uint8Array(CONTENTS_BYTES_MAX));
  forger.responder.receive(packet.subarray(0, 3));
  for (let arrived = 1; arrived <= 1000; arrived++) {
    forger.responder.receive(packet.subarray(2 + arrived, 3 + arrived));
    const held = forger.responder.transport.heldBytes;
    assert.ok(held <= 2 * arrived + 3, `${held} bytes held for ${arrived}`);
  }
});

test("payloads neither share memory with each other nor with the bytes that were handed in", () => {
  const { initiator, responder } = agreedPair(SEED);
  const bytes = concatBytes(initiator.transport.send(PING), initiator.transport.send(PING));
  const before = bytes.slice();
  responder.receive(bytes);
  assert.deepEqual(bytes, before, "what was handed in stays as it is");
  const [first, second] = responder.received;
  assert.notEqual(first?.payload.buffer, second?.payload.buffer);
  bytes.fill(0);
  assert.deepEqual(responder.received.map(rawOf), [PING, PING]);
});

test("a bit that is bent anywhere in a packet ends the stream, or announces a packet that never ends", () => {
  const rng = seededRng(SEED);
  for (let place = 0; place < 80; place += 3) {
    const { initiator, responder } = agreedPair(SEED);
    const packet = initiator.transport.send({ type: "tx", payload: randomBytes(rng, 60) });
    packet[place] = (packet[place] as number) ^ (1 << (place % 8));
    const fault = breakOf(() => responder.receive(packet));
    if (place >= 3) assert.equal(fault?.kind, "forged-packet", `byte ${place}`);
    assert.deepEqual(responder.received, [], `byte ${place}`);
  }
});

test("messages before the fault are handed out with it, and the stream stays broken", () => {
  const { initiator, responder } = agreedPair(SEED);
  const good = initiator.transport.send(PING);
  const bad = initiator.transport.send(PING);
  bad[10] = (bad[10] as number) ^ 1;
  const fault = faultOf(() => responder.receive(concatBytes(good, bad)));
  assert.deepEqual(fault.before.map(rawOf), [PING]);
  const again = faultOf(() => responder.receive(initiator.transport.send(PING)));
  assert.deepEqual([again.kind, again.before.length], ["forged-packet", 0]);
  assert.deepEqual([responder.transport.canSend, responder.transport.hasWork], [false, false]);
});

test("two ends of different networks do not agree", () => {
  const pair = {
    initiator: new TransportEnd(new V2Transport("initiator", { magic: REGTEST, rng: seededRng(1) })),
    responder: new TransportEnd(new DetectingTransport({ magic: fromHex("0a03cf40"), rng: seededRng(2) })),
  };
  assert.throws(() => shakeHands(pair, seededRng(3)), InvariantError);
  assert.equal(pair.initiator.transport.type, "detecting");
});

test("keys and garbage differ from connection to connection", () => {
  const rng = seededRng(SEED);
  const outputs = Array.from({ length: 4 }, () => {
    const transport = new V2Transport("initiator", { magic: REGTEST, rng });
    transport.work();
    return transport.takeOutput();
  });
  assert.equal(new Set(outputs.map((output) => toHex(output.subarray(0, ELLSWIFT_BYTES)))).size, 4);
  assert.ok(new Set(outputs.map(({ length }) => length)).size > 1);
});
