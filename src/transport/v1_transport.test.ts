import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { InvariantError } from "../base/assert.ts";
import { type Bytes, concatBytes, fromHex, toHex } from "../base/bytes.ts";
import { type RawMessage, type ReceivedMessage, TransportError } from "./transport.ts";
import { V1Transport } from "./v1_transport.ts";

const REGTEST = fromHex("fabfb5da");

/** A `verack` and a `ping` as Bitcoin Core frames them on regtest. */
const VERACK = fromHex("fabfb5da 76657261636b000000000000 00000000 5df6e0e2");
const PING = fromHex("fabfb5da 70696e670000000000000000 08000000 2501b9b9 3930000000000000");

const rawMessage: fc.Arbitrary<RawMessage> = fc.record(
  { type: fc.stringMatching(/^[a-z0-9]{0,12}$/), payload: fc.uint8Array({ maxLength: 300 }) },
  { noNullPrototype: true },
);

function without({ type, payload }: ReceivedMessage): RawMessage {
  return { type, payload };
}

/** Where to split a stream, in per cent of its length. */
const cuts = fc.array(fc.nat(100), { maxLength: 8 });

function split(bytes: Bytes, places: readonly number[]): Bytes[] {
  const ends = places.map((cut) => Math.floor((cut * bytes.length) / 100)).sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

function frame(typeHex: string, payload: Bytes, header: { length?: number; checksum?: string } = {}): Bytes {
  const good = new V1Transport(REGTEST).send({ type: "", payload });
  good.set(fromHex(typeHex), 4);
  if (header.length !== undefined) new DataView(good.buffer).setUint32(16, header.length, true);
  if (header.checksum !== undefined) good.set(fromHex(header.checksum), 20);
  return good;
}

function faultOf(bytes: Bytes): TransportError {
  try {
    new V1Transport(REGTEST).receive(bytes);
  } catch (error) {
    if (error instanceof TransportError) return error;
    throw error;
  }
  return assert.fail("nothing was thrown");
}

test("messages are framed byte for byte as Bitcoin Core frames them", () => {
  const transport = new V1Transport(REGTEST);
  assert.equal(toHex(transport.send({ type: "verack", payload: fromHex("") })), toHex(VERACK));
  assert.equal(toHex(transport.send({ type: "ping", payload: fromHex("3930000000000000") })), toHex(PING));
});

test("a message without payload is complete with its header", () => {
  assert.deepEqual(new V1Transport(REGTEST).receive(VERACK), [
    { type: "verack", payload: fromHex(""), wireBytes: 24, fault: undefined },
  ]);
});

test("messages come out as they went in, wherever their bytes are split", () => {
  fc.assert(
    fc.property(fc.array(rawMessage, { maxLength: 5 }), cuts, (messages, places) => {
      const transport = new V1Transport(REGTEST);
      const bytes = concatBytes(...messages.map((message) => transport.send(message)));
      const received = split(bytes, places).flatMap((piece) => transport.receive(piece));
      assert.deepEqual(received.map(without), messages);
      assert.equal(received.reduce((sum, { wireBytes }) => sum + wireBytes, 0), bytes.length);
      assert.equal(transport.heldBytes, 0);
    }),
    { numRuns: 200 },
  );
});

test("messages come out as they went in, byte by byte", () => {
  const transport = new V1Transport(REGTEST);
  const bytes = Array.from(concatBytes(PING, VERACK, PING));
  const received = bytes.flatMap((byte) => transport.receive(Uint8Array.of(byte)));
  assert.deepEqual(received.map(({ type }) => type), ["ping", "verack", "ping"]);
});

test("payloads neither share a buffer nor view the bytes that were handed in", () => {
  const bytes = concatBytes(PING, PING);
  const [first, second] = new V1Transport(REGTEST).receive(bytes);
  bytes.fill(0);
  assert.deepEqual(first?.payload, fromHex("3930000000000000"));
  assert.deepEqual(second?.payload, first?.payload);
  assert.notEqual(first?.payload.buffer, second?.payload.buffer);
  assert.equal(first?.payload.buffer.byteLength, 8);
});

test("neither do they when a Buffer was handed in, in two pieces", () => {
  const bytes = Buffer.from(PING);
  const transport = new V1Transport(REGTEST);
  transport.receive(bytes.subarray(0, 10));
  bytes.fill(0, 0, 10);
  const [message] = transport.receive(bytes.subarray(10));
  bytes.fill(0);
  assert.deepEqual(message && without(message), { type: "ping", payload: fromHex("3930000000000000") });
});

test("another magic ends the stream as soon as it is seen", () => {
  const error = faultOf(fromHex("ffffffff"));
  assert.equal(error.kind, "wrong-magic");
  assert.equal(error.message, "Header error: Wrong MessageStart ffffffff received");
});

test("a payload of 4,000,001 bytes is refused by its header", () => {
  const header = frame("6261646d736701", fromHex(""), { length: 4_000_001 });
  const error = faultOf(header);
  assert.equal(error.kind, "over-long");
  assert.equal(error.message, "Header error: Size too large (badmsg, 4000001 bytes)");
});

test("messages before the fault are handed out with it, and the stream stays broken", () => {
  const transport = new V1Transport(REGTEST);
  assert.throws(
    () => transport.receive(concatBytes(PING, VERACK, fromHex("00112233"))),
    (error) => {
      assert.ok(error instanceof TransportError);
      assert.deepEqual(error.before.map(({ type }) => type), ["ping", "verack"]);
      return true;
    },
  );
  assert.throws(
    () => transport.receive(VERACK),
    (error) => error instanceof TransportError && error.kind === "wrong-magic" && error.before.length === 0,
  );
  assert.equal(transport.heldBytes, 0);
});

test("a wrong checksum costs that message only, and is told in Bitcoin Core's words", () => {
  const damaged = frame("6261646d736701", fromHex("0164"), { checksum: "ffffffff" });
  const [first, second] = new V1Transport(REGTEST).receive(concatBytes(damaged, PING));
  assert.deepEqual(first, {
    type: "badmsg\x01",
    payload: fromHex(""),
    wireBytes: 26,
    fault: {
      kind: "wrong-checksum",
      text: "Header error: Wrong checksum (badmsg, 2 bytes), expected 78df0a04 was ffffffff",
    },
  });
  assert.equal(second?.type, "ping");
});

for (const [what, typeHex] of [
  ["characters after the end", "626164006d7367"],
  ["control characters", "6261646d736701"],
  ["a delete character", "6261647f"],
  ["characters above ASCII", "626164c3a9"],
] as const) {
  test(`a type with ${what} costs that message only`, () => {
    const bytes = concatBytes(frame(typeHex, fromHex("0164")), VERACK);
    const [first, second] = new V1Transport(REGTEST).receive(bytes);
    assert.equal(first?.fault?.kind, "invalid-type");
    assert.match(first?.fault?.text ?? "", /^Header error: Invalid message type \(bad(msg)?, 2 bytes\)$/);
    assert.equal(second?.fault, undefined);
  });
}

test("memory follows what has arrived, not what was announced", () => {
  const transport = new V1Transport(REGTEST);
  const header = frame("626c6f636b", fromHex(""), { length: 4_000_000 });
  assert.equal(transport.heldBytes, 0);
  transport.receive(header);
  assert.equal(transport.heldBytes, 0);
  for (let arrived = 1; arrived <= 1000; arrived++) {
    transport.receive(Uint8Array.of(0));
    assert.ok(transport.heldBytes <= 2 * arrived, `${transport.heldBytes} bytes held for ${arrived}`);
  }
});

for (const chunkBytes of [1_000_003, 65_536, 1_460]) {
  test(`a payload of 4,000,000 bytes arrives in pieces of ${chunkBytes}`, () => {
    const transport = new V1Transport(REGTEST);
    const payload = new Uint8Array(4_000_000).map((_, i) => i * 7);
    const bytes = transport.send({ type: "block", payload });
    const received: ReceivedMessage[] = [];
    for (let start = 0; start < bytes.length; start += chunkBytes) {
      received.push(...transport.receive(bytes.subarray(start, start + chunkBytes)));
    }
    assert.equal(received.length, 1);
    assert.equal(received[0]?.fault, undefined);
    assert.equal(Buffer.compare(received[0]?.payload ?? fromHex(""), payload), 0);
    assert.equal(received[0]?.payload.buffer.byteLength, 4_000_000);
  });
}

test("a type of thirteen characters is our own fault", () => {
  const message = { type: "thirteenchars", payload: fromHex("") };
  assert.throws(() => new V1Transport(REGTEST).send(message), InvariantError);
});

test("any bytes give messages or a TransportError, the same ones however they are split", () => {
  const sender = new V1Transport(REGTEST);
  const frames = fc.array(rawMessage.map((message) => sender.send(message)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(frames, fc.nat(), fc.nat(255), cuts, (good, place, byte, places) => {
      const bytes = concatBytes(...good);
      bytes[place % bytes.length] = byte;
      assert.deepEqual(outcome(split(bytes, places)), outcome([bytes]));
    }),
    { numRuns: 300 },
  );
});

/** What a stream comes to in the end. */
function outcome(pieces: readonly Bytes[]): readonly unknown[] {
  const transport = new V1Transport(REGTEST);
  const seen: unknown[] = [];
  try {
    for (const piece of pieces) seen.push(...transport.receive(piece));
    return seen;
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return [...seen, ...error.before, error.message];
  }
}
