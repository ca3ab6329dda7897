import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../../src/base/bytes.ts";
import { below, randomBytes, type Rng, seededRng } from "../../src/base/rng.ts";
import { milliseconds } from "../../src/base/time.ts";
import type { Connection } from "../../src/peer/connection.ts";
import type { ConnectionType } from "../../src/peer/peer.ts";
import { V1Transport } from "../../src/transport/v1_transport.ts";
import { encodeMessage, MESSAGE_TYPES, type Message } from "../../src/wire/message.ts";
import { MAGIC, PeerBench, versionOf } from "../support/peer_bench.ts";

const RUNS = 60;
const STEPS = 80;
const TYPES: readonly ConnectionType[] = [
  "inbound", "manual", "outbound-full-relay", "block-relay-only", "addr-fetch", "feeler",
];
/** Payloads that are sound, so that runs get past the handshake. */
const SOUND: readonly Message[] = [
  { type: "version", value: versionOf() },
  { type: "verack", value: null },
  { type: "wtxidrelay", value: null },
  { type: "sendaddrv2", value: null },
  { type: "sendheaders", value: null },
  { type: "sendcmpct", value: { announce: true, version: 2n } },
  { type: "feature", value: { id: "none", data: new Uint8Array(1) } },
  { type: "ping", value: { nonce: 3n } },
  { type: "getaddr", value: null },
];
const framer = new V1Transport(MAGIC);

function pick<T>(rng: Rng, items: readonly T[]): T {
  return items[below(rng, items.length)] as T;
}

/** Bytes that a peer may send: sound messages mostly, in any order, and worse. */
function anyBytes(rng: Rng): Uint8Array {
  switch (below(rng, 8)) {
    case 0:
      return randomBytes(rng, below(rng, 60));
    case 1:
      return framer.send({ type: pick(rng, MESSAGE_TYPES), payload: randomBytes(rng, below(rng, 200)) });
    case 2: {
      const bytes = framed(pick(rng, SOUND));
      bytes[below(rng, bytes.length)] = below(rng, 256);
      return bytes;
    }
    case 3:
      return concatBytes(framed(pick(rng, SOUND)), framed(pick(rng, SOUND)).subarray(0, below(rng, 30)));
    default:
      return framed(pick(rng, SOUND));
  }
}

function framed(message: Message): Uint8Array {
  return framer.send({ type: message.type, payload: encodeMessage(message) });
}

function checkBounds(connection: Connection): void {
  if (connection.isClosing) assert.equal(connection.hasMessage, false);
  if (connection.isReady) assert.ok(connection.features.version > 0, "ready only with a version");
}

for (let seed = 1; seed <= RUNS; seed++) {
  test(`seed ${seed}: whatever peers send, nothing throws, and all are closed in the end`, () => {
    const rng = seededRng(seed);
    const bench = new PeerBench();
    for (const type of TYPES) bench.open(type);
    for (let step = 0; step < STEPS; step++) {
      const connection = pick(rng, bench.connections);
      if (below(rng, 20) === 0) bench.advance(milliseconds(below(rng, 5000)));
      else bench.bytes(connection, anyBytes(rng));
      checkBounds(connection);
    }
    bench.advance(milliseconds(60_000));
    bench.advance(milliseconds(20 * 60_000));
    assert.ok(bench.connections.every(({ isClosing }) => isClosing));
    assert.equal(bench.watch.wakeAt(), undefined);
    const closings = bench.happened.filter((line) => line.includes(" disconnect "));
    assert.equal(closings.length, TYPES.length, "each is closed once, with a reason");
  });
}
