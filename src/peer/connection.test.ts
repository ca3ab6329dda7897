import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../base/bytes.ts";
import { seconds } from "../base/time.ts";
import { address, MAGIC, PeerBench, versionOf } from "../../test/support/peer_bench.ts";
import { V1Transport } from "../transport/v1_transport.ts";
import { encodeMessage, type Message } from "../wire/message.ts";
import type { Connection } from "./connection.ts";
import { DEFAULT_QUEUE_LIMITS, SEND_OVERFLOW_BYTES } from "./connection.ts";

const framer = new V1Transport(MAGIC);
const PING: Message = { type: "ping", value: { nonce: 1n } };

function framed(message: Message): Uint8Array {
  return framer.send({ type: message.type, payload: encodeMessage(message) });
}

function junk(length: number): Uint8Array {
  return framer.send({ type: "junk", payload: new Uint8Array(length) });
}

function take(connection: Connection): string | undefined {
  const next = connection.nextMessage();
  if (next === undefined) return undefined;
  return next.type === "message" ? next.message.type : next.name;
}

test("messages come out in the order in which they came in, however the bytes were cut", () => {
  const connection = new PeerBench().ready();
  const all = concatBytes(framed(PING), framed({ type: "getaddr", value: null }), junk(3));
  for (const byte of all) connection.receive(Uint8Array.of(byte));
  assert.deepEqual([take(connection), take(connection), take(connection), take(connection)], [
    "ping", "getaddr", "junk", undefined,
  ]);
});

test("a parked connection keeps its messages until each park has had its unpark", () => {
  const connection = new PeerBench().ready();
  connection.receive(framed(PING));
  connection.park();
  connection.park();
  connection.unpark();
  assert.equal(connection.hasMessage, false);
  assert.equal(take(connection), undefined);
  connection.unpark();
  assert.equal(connection.hasMessage, true);
  assert.equal(take(connection), "ping");
});

test("a closing connection hands nothing out and takes nothing in", () => {
  const connection = new PeerBench().ready();
  connection.receive(framed(PING));
  connection.close();
  assert.equal(take(connection), undefined);
  connection.receive(framed(PING));
  assert.equal(take(connection), undefined);
  assert.equal(connection.isReady, false);
});

test("reading stops above five megabytes waiting, and goes on at half of that; each is said once", () => {
  const connection = new PeerBench().ready();
  let received = 0;
  while (received <= DEFAULT_QUEUE_LIMITS.receiveBytes) {
    assert.equal(connection.flowChange(), undefined);
    connection.receive(junk(999_872));
    received += 1_000_000;
  }
  assert.equal(received, 6_000_000);
  assert.equal(connection.flowChange(), "pause");
  assert.equal(connection.flowChange(), undefined);
  for (const left of [5, 4, 3]) {
    take(connection);
    assert.equal(connection.flowChange(), undefined, `${left} MB wait`);
  }
  take(connection);
  assert.equal(connection.flowChange(), "resume");
  assert.equal(connection.flowChange(), undefined);
});

test("empty messages take room in the queue too", () => {
  const connection = new PeerBench().ready();
  const thousand = concatBytes(...Array.from({ length: 1000 }, () => junk(0)));
  for (let i = 0; i < 50; i++) connection.receive(thousand);
  assert.equal(connection.flowChange(), "pause");
  for (let i = 0; i < 50_000; i++) assert.equal(take(connection), "junk");
  assert.equal(take(connection), undefined);
  assert.equal(connection.flowChange(), "resume");
});

test("a socket that takes what it is given is full only until that is known", () => {
  const connection = new PeerBench().ready();
  connection.receive(framed(PING));
  for (let i = 0; i < 30; i++) {
    connection.sendRaw("junk", new Uint8Array(DEFAULT_QUEUE_LIMITS.sendBytes + 1));
    assert.equal(connection.isSendFull, true);
    assert.equal(connection.hasMessage, false);
    connection.flushed();
    assert.equal(connection.isSendFull, false);
    assert.equal(connection.hasMessage, true);
  }
  assert.equal(connection.isSendOverflowing, false);
});

test("what is sent between two words of the socket is counted together", () => {
  const connection = new PeerBench().ready();
  const half = new Uint8Array(DEFAULT_QUEUE_LIMITS.sendBytes / 2);
  connection.sendRaw("junk", half);
  assert.equal(connection.isSendFull, false);
  connection.sendRaw("junk", half);
  assert.equal(connection.isSendFull, true);
  connection.choked();
  connection.flushed();
  assert.equal(connection.isSendFull, true, "nothing is passed on by a choked socket");
});

test("above a megabyte in a choked socket the peer gets no more answers until it has drained", () => {
  const connection = new PeerBench().ready();
  connection.receive(framed(PING));
  connection.sendRaw("junk", new Uint8Array(100));
  connection.choked();
  connection.sendRaw("junk", new Uint8Array(DEFAULT_QUEUE_LIMITS.sendBytes - 200));
  assert.equal(connection.isSendFull, false);
  connection.sendRaw("junk", new Uint8Array(100));
  assert.equal(connection.isSendFull, true);
  assert.equal(connection.hasMessage, false);
  connection.drained();
  assert.equal(connection.isSendFull, false);
  assert.equal(take(connection), "ping");
});

test("a peer that reads nothing is given up on above sixteen megabytes", () => {
  const connection = new PeerBench().ready();
  connection.sendRaw("junk", new Uint8Array(0));
  connection.choked();
  while (!connection.isSendOverflowing) connection.sendRaw("junk", new Uint8Array(1_000_000));
  assert.equal(Math.floor(connection.stats.bytesSent / 1_000_000), 1 + SEND_OVERFLOW_BYTES / 1_000_000);
});

test("how much may wait can be set: by what is read, and by what is to be sent", () => {
  const bench = new PeerBench();
  bench.queueLimits = { receiveBytes: 1_000, sendBytes: 2_000 };
  const connection = bench.ready();
  connection.receive(junk(872));
  assert.equal(connection.flowChange(), undefined, "1,000 bytes wait");
  connection.receive(junk(0));
  assert.equal(connection.flowChange(), "pause");
  take(connection);
  assert.equal(connection.flowChange(), "resume");

  connection.sendRaw("junk", new Uint8Array(0));
  connection.choked();
  connection.sendRaw("junk", new Uint8Array(1_900));
  assert.equal(connection.isSendFull, false);
  connection.sendRaw("junk", new Uint8Array(100));
  assert.equal(connection.isSendFull, true);
  while (!connection.isSendOverflowing) connection.sendRaw("junk", new Uint8Array(500_000));
  const waiting = connection.stats.bytesSent;
  assert.ok(waiting > SEND_OVERFLOW_BYTES + 2_000 && waiting < SEND_OVERFLOW_BYTES + 502_500, String(waiting));
});

test("bytes are counted by type with their headers, unknown and damaged ones under *other*", () => {
  const bench = new PeerBench();
  const connection = bench.ready();
  const before = new Map(connection.stats.receivedByType);
  const damaged = framed(PING);
  damaged[23] = (damaged[23] ?? 0) ^ 1;
  connection.receive(concatBytes(framed(PING), framed(PING), junk(5), damaged));
  const { receivedByType } = connection.stats;
  const counted = (type: string): number => (receivedByType.get(type) ?? 0) - (before.get(type) ?? 0);
  assert.deepEqual([counted("ping"), counted("*other*"), counted("version")], [64, 29 + 32, 0]);

  const sent = connection.stats.bytesSent;
  assert.equal(connection.send(PING).length, 32);
  connection.sendRaw("weird", new Uint8Array(3));
  assert.equal(connection.stats.sentByType.get("ping"), 32);
  assert.equal(connection.stats.sentByType.get("*other*"), 27);
  assert.equal(connection.stats.bytesSent, sent + 59);
});

test("what a choked socket holds has not been sent yet", () => {
  const bench = new PeerBench();
  const connection = bench.ready();
  const sentAt = connection.stats.lastSend;
  connection.choked();
  bench.clock.advance(seconds(5));
  connection.send(PING);
  assert.equal(connection.stats.lastSend, sentAt);
  connection.drained();
  assert.equal(connection.stats.lastSend, bench.clock.now());
});

test("an address of ours as the peer sees it is kept from its first version", () => {
  const bench = new PeerBench();
  const connection = bench.open("inbound");
  assert.equal(connection.seenAs, undefined);
  for (const seen of [address("1.2.3.4:5"), address("6.7.8.9:10")]) {
    const receiver = { services: 0n, address: seen };
    bench.from(connection, { type: "version", value: versionOf({ receiver }) });
  }
  assert.deepEqual(connection.seenAs, address("1.2.3.4:5"));
});
