import assert from "node:assert/strict";
import { test } from "node:test";
import { address, MAGIC, START } from "../../test/support/peer_bench.ts";
import { newPair, rawOf, type TransportEnd } from "../../test/support/v2_pair.ts";
import { fromHex, NO_BYTES } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import { seededRng } from "../base/rng.ts";
import { seconds } from "../base/time.ts";
import { installNodeCrypto } from "../io/node_crypto.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { makeTransport } from "../transport/make_transport.ts";
import { Connection, SEND_OVERFLOW_BYTES } from "./connection.ts";
import { InactivityWatch } from "./inactivity.ts";
import type { ConnectionType, PeerId } from "./peer.ts";

installNodeCrypto();

const PING = { type: "ping", payload: fromHex("0100000000000000") };

class Bench {
  readonly clock = new VirtualClock(START);
  readonly log: string[] = [];
  readonly logger: Logger = {
    info: () => {}, warning: () => {}, error: () => {}, trace: () => {},
    debug: (_, text) => void this.log.push(text()),
  };

  open(type: ConnectionType): Connection {
    const opening = {
      id: 0 as PeerId, type, permissions: new Set<never>(),
      address: address("127.0.0.1:5000"), local: address("127.0.0.1:8333"),
    };
    const transport = makeTransport(type === "inbound" ? "theirs" : "v2", { magic: MAGIC, rng: seededRng(9) });
    return new Connection(opening, transport, this);
  }
}

/** Carries out what a connection has to say to `theirs`, and back, until both are silent. */
function talk(connection: Connection, theirs: TransportEnd): void {
  for (let i = 0; i < 6; i++) {
    while (connection.hasWork) assert.equal(connection.work(), undefined);
    theirs.receive(connection.takeOutput());
    assert.equal(connection.receive(theirs.transport.takeOutput()), undefined);
  }
}

test("messages wait until there are keys, and then go out in order behind the handshake", () => {
  const connection = new Bench().open("manual");
  const { responder: theirs } = newPair(1);
  assert.equal(connection.sendRaw(PING.type, PING.payload).length, 0);
  assert.equal(connection.sendRaw("first", NO_BYTES).length, 0);
  assert.deepEqual([...connection.stats.sentByType], [], "they are counted when they go out");
  talk(connection, theirs);
  assert.deepEqual(theirs.received.map(rawOf), [PING, { type: "first", payload: NO_BYTES }]);
  assert.deepEqual([...connection.stats.sentByType], [["ping", 29], ["*other*", 33]]);
  assert.equal(connection.transportType, "v2");
  assert.deepEqual(connection.sessionId, theirs.transport.sessionId);
  assert.ok(connection.sendRaw("second", NO_BYTES).length > 0, "at once from now on");
});

test("what waits for keys is bounded as what waits for a socket", () => {
  const connection = new Bench().open("manual");
  for (let waiting = 0; waiting < SEND_OVERFLOW_BYTES; waiting += 4_000_000) {
    assert.equal(connection.isSendOverflowing, false);
    connection.sendRaw("block", new Uint8Array(4_000_000));
  }
  assert.equal(connection.isSendOverflowing, true);
});

test("the handshake is counted and logged once, and under no message's name", () => {
  const bench = new Bench();
  const connection = bench.open("inbound");
  const { initiator: theirs } = newPair(1);
  connection.receive(theirs.transport.takeOutput());
  assert.equal(connection.stats.bytesSent, 0, "nothing is said before there is time for it");
  talk(connection, theirs);
  assert.ok(connection.stats.bytesSent >= 64 + 16 + 20);
  assert.deepEqual([...connection.stats.sentByType], []);
  assert.deepEqual(bench.log.filter((text) => /handshake/.test(text)), ["start sending v2 handshake to peer=0"]);
});

test("who has not answered a key with a single byte may only speak v1; who has is not one of them", () => {
  const connection = new Bench().open("manual");
  assert.equal(connection.mayOnlySpeakV1, false, "no key has gone out");
  connection.work();
  connection.takeOutput();
  assert.equal(connection.mayOnlySpeakV1, true);
  connection.receive(Uint8Array.of(0));
  assert.equal(connection.mayOnlySpeakV1, false);
  const inbound = new Bench().open("inbound");
  assert.equal(inbound.mayOnlySpeakV1, false);
});

test("a stranger whose key has to wait is not read any further than its handshake is long", () => {
  const connection = new Bench().open("inbound");
  connection.receive(new Uint8Array(4_000).fill(1));
  assert.equal(connection.flowChange(), undefined);
  connection.receive(new Uint8Array(5_000).fill(1));
  assert.equal(connection.flowChange(), "pause");
  assert.equal(connection.work(), "broken-encryption", "more than garbage may be");
  assert.equal(connection.flowChange(), "resume");
});

test("a handshake of keys that does not end is called so", () => {
  const bench = new Bench();
  const connection = bench.open("inbound");
  const watch = new InactivityWatch(bench, seconds(60));
  watch.opened(connection);
  connection.receive(Uint8Array.of(1));
  connection.work();
  connection.takeOutput();
  bench.clock.advance(seconds(60));
  assert.deepEqual(watch.expired().map(({ reason }) => reason), ["handshake-timeout"]);
  assert.ok(bench.log.includes("V2 handshake timeout, disconnecting peer=0"), bench.log.join());
});
