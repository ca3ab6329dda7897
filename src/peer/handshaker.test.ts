import assert from "node:assert/strict";
import { test } from "node:test";
import { PeerBench, START, versionOf } from "../../test/support/peer_bench.ts";
import type { Connection } from "./connection.ts";

function nonceOf(connection: Connection): bigint {
  assert.ok(connection.handshake.name === "awaiting-version");
  return connection.handshake.nonce;
}

function introduce(bench: PeerBench, connection: Connection, nonce: bigint): readonly string[] {
  bench.happened.length = 0;
  bench.from(connection, { type: "version", value: versionOf({ nonce }) });
  return bench.happened.filter((line) => line.includes("disconnect "));
}

test("our nonce means ourselves only while the dial that it belongs to waits", () => {
  const bench = new PeerBench();
  const dialled = bench.open("manual");
  const nonce = nonceOf(dialled);
  assert.equal(introduce(bench, bench.open("inbound"), nonce).length, 1);
  bench.from(dialled, { type: "version", value: versionOf() });
  assert.equal(introduce(bench, bench.open("inbound"), nonce).length, 1);
  bench.from(dialled, { type: "verack", value: null });
  assert.deepEqual(introduce(bench, bench.open("inbound"), nonce), []);

  const closed = bench.open("manual");
  const closedNonce = nonceOf(closed);
  bench.handshaker.closed(closed);
  assert.deepEqual(introduce(bench, bench.open("inbound"), closedNonce), []);
});

test("one whom we dialled may repeat our nonce: that says nothing about who it is", () => {
  const bench = new PeerBench();
  const dialled = bench.open("manual");
  assert.deepEqual(introduce(bench, dialled, nonceOf(dialled)), []);
});

test("two connections never get the same nonce", () => {
  const bench = new PeerBench();
  const nonces = Array.from({ length: 50 }, () => nonceOf(bench.open("manual")));
  assert.equal(new Set(nonces).size, 50);
});

test("the difference of clocks is theirs less ours, a time before 1970 taken for 1970", () => {
  const bench = new PeerBench();
  const offset = (time: bigint): number => {
    const connection = bench.open("inbound");
    bench.from(connection, { type: "version", value: versionOf({ time }) });
    return connection.features.timeOffset;
  };
  assert.equal(offset(BigInt(START) + 7n), 7);
  assert.equal(offset(-5n), -START);
});

test("a peer is told its own address if it is public, and ours never", () => {
  const bench = new PeerBench();
  bench.open("manual", [], "1.2.3.4:8333");
  bench.open("manual", [], "10.2.3.4:8333");
  const versions = bench.happened.filter((line) => line.includes("<- version"));
  assert.deepEqual(versions.map((line) => line.slice(line.indexOf(" to "))), [
    " to 1.2.3.4:8333 from [::]:0", " to [::]:0 from [::]:0",
  ]);
});

test("what each agreed message means for the features", () => {
  const bench = new PeerBench();
  const connection = bench.open("inbound");
  const value = versionOf({ version: 70_016, relay: false, startHeight: 9 });
  bench.from(connection, { type: "version", value });
  const before = connection.features;
  bench.from(connection, { type: "wtxidrelay", value: null });
  bench.from(connection, { type: "sendaddrv2", value: null });
  bench.from(connection, { type: "sendheaders", value: null });
  bench.from(connection, { type: "sendcmpct", value: { announce: false, version: 1n } });
  assert.equal(connection.features.compactBlocks, 0);
  bench.from(connection, { type: "sendcmpct", value: { announce: true, version: 2n } });
  assert.deepEqual(before, {
    version: 70_016, services: 9n, userAgent: "/peer:1.0/", startHeight: 9, relay: false, wtxidRelay: false,
    addrV2: false, sendHeaders: false, compactBlocks: 0, timeOffset: 0,
  });
  assert.deepEqual(connection.features, {
    ...before, wtxidRelay: true, addrV2: true, sendHeaders: true, compactBlocks: 2,
  });
});

test("on a private connection nothing is said but what all say, and nothing agreed", () => {
  const bench = new PeerBench();
  const connection = bench.open("private-broadcast", [], "1.2.3.4:8333");
  bench.from(connection, { type: "version", value: versionOf() });
  bench.from(connection, { type: "wtxidrelay", value: null });
  bench.from(connection, { type: "verack", value: null });
  assert.deepEqual(bench.happened.filter((line) => line.includes("<-")), [
    "0 <- version 70016 services=0 height=0 relay=0 /pynode:0.0.1/ to [::]:0 from [::]:0", "0 <- verack",
  ]);
  assert.equal(bench.happened.at(-1), "0 ready");
});

test("a private connection ends at once where no transaction is taken", () => {
  const bench = new PeerBench();
  bench.from(bench.open("private-broadcast"), { type: "version", value: versionOf({ relay: false }) });
  assert.equal(bench.happened.at(-1), "0 disconnect private-broadcast-in-vain");
});

test("whoever learns the nonce of a private connection cannot find us by it elsewhere", () => {
  const bench = new PeerBench();
  const nonce = nonceOf(bench.open("private-broadcast"));
  assert.deepEqual(introduce(bench, bench.open("inbound"), nonce), []);
});
