/**
 * What peers may do wrong, on real sockets: each is dropped, or ignored where Bitcoin Core ignores
 * it, with a reason in the event and in the log, while another peer is served.
 *
 * @module
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Bytes, concatBytes, fromLatin1 } from "../../src/base/bytes.ts";
import { randomBytes, seededRng } from "../../src/base/rng.ts";
import { seconds } from "../../src/base/time.ts";
import { MAIN } from "../../src/params/main.ts";
import { encodeMessage } from "../../src/wire/message.ts";
import type { BlockHash } from "../../src/primitives/hash.ts";
import { framed, framedRaw, type RawPeer, TestNode, VERACK, VERSION } from "./bad_peers_socket.ts";

const SEED = 31;
const rng = seededRng(SEED);
const version = encodeMessage(VERSION);
const ZERO_HASH = new Uint8Array(32) as BlockHash;
const ping = encodeMessage({ type: "ping", value: { nonce: 1n } });

let node: TestNode;
let good: RawPeer;
before(async () => {
  node = await TestNode.open();
  good = await node.connectWell();
});
after(() => node.close());

/** A header that announces `length` bytes. */
function announcing(type: string, length: number): Bytes {
  const header = framedRaw(type, new Uint8Array(0));
  new DataView(header.buffer).setUint32(16, length, true);
  return header;
}

function withBadChecksum(bytes: Bytes): Bytes {
  const changed = bytes.slice();
  changed[20]! ^= 1;
  return changed;
}

interface Offence {
  readonly what: string;
  /** Whether the handshake goes before. */
  readonly isReady?: boolean;
  readonly bytes: readonly Bytes[];
  readonly reason: string;
  readonly log: RegExp;
}

const OFFENCES: readonly Offence[] = [
  {
    what: "garbage",
    bytes: [randomBytes(rng, 5000)],
    reason: "wrong-magic", log: /Header error: Wrong MessageStart [0-9a-f]{8} received, disconnecting/,
  },
  {
    what: "garbage, after a handshake",
    isReady: true,
    bytes: [framed({ type: "ping", value: { nonce: 5n } }), randomBytes(rng, 5000)],
    reason: "wrong-magic", log: /Wrong MessageStart/,
  },
  {
    what: "a request of another protocol",
    bytes: [fromLatin1("GET / HTTP/1.1\r\n\r\n")],
    reason: "wrong-magic", log: /Wrong MessageStart 47455420 received/,
  },
  {
    what: "another network's magic",
    bytes: [framed(VERSION, MAIN.magic)],
    reason: "wrong-magic", log: /Wrong MessageStart f9beb4d9 received/,
  },
  {
    what: "four bytes of garbage, and nothing more",
    bytes: [Uint8Array.of(1, 2, 3, 4)],
    reason: "wrong-magic", log: /Wrong MessageStart 01020304 received/,
  },
  {
    what: "an over-long message",
    isReady: true,
    bytes: [announcing("block", 4_000_001)],
    reason: "over-long-message", log: /Header error: Size too large \(block, 4000001 bytes\), disconnecting/,
  },
  {
    what: "a message of 4 GiB",
    bytes: [announcing("version", 0xffff_ffff)],
    reason: "over-long-message", log: /Size too large \(version, 4294967295 bytes\)/,
  },
  {
    what: "a truncated version",
    bytes: [framedRaw("version", version.subarray(0, 40))],
    reason: "malformed-message",
    log: /ProcessMessages\(version, 40 bytes\): Exception 'Cannot decode at byte \d+.*' caught/,
  },
  {
    what: "an empty payload where there must be one",
    isReady: true,
    bytes: [framedRaw("headers", new Uint8Array(0))],
    reason: "malformed-message", log: /ProcessMessages\(headers, 0 bytes\): Exception/,
  },
  {
    what: "a truncated ping",
    isReady: true,
    bytes: [framedRaw("ping", ping.subarray(0, 3))],
    reason: "malformed-message", log: /ProcessMessages\(ping, 3 bytes\): Exception/,
  },
  {
    what: "a padded ping",
    isReady: true,
    bytes: [framedRaw("ping", concatBytes(ping, Uint8Array.of(0)))],
    reason: "malformed-message", log: /ProcessMessages\(ping, 9 bytes\): Exception/,
  },
  {
    what: "a padded verack",
    bytes: [framed(VERSION), framedRaw("verack", Uint8Array.of(0))],
    reason: "malformed-message", log: /ProcessMessages\(verack, 1 bytes\): Exception/,
  },
  {
    what: "a transaction of garbage",
    isReady: true,
    bytes: [framedRaw("tx", randomBytes(rng, 300))],
    reason: "malformed-message", log: /ProcessMessages\(tx, 300 bytes\): Exception/,
  },
  {
    what: "a block of garbage",
    isReady: true,
    bytes: [framedRaw("block", randomBytes(rng, 3000))],
    reason: "malformed-message", log: /ProcessMessages\(block, 3000 bytes\): Exception/,
  },
  {
    what: "a list longer than any may be",
    isReady: true,
    bytes: [framedRaw("inv", concatBytes(Uint8Array.of(0xfd, 0x51, 0xc3), new Uint8Array(50_001 * 36)))],
    reason: "misbehaviour", log: /Misbehaving: peer=\d+: inv message size = 50001/,
  },
  {
    what: "a negotiation after the handshake",
    isReady: true,
    bytes: [framedRaw("wtxidrelay", new Uint8Array(0))],
    reason: "late-negotiation", log: /wtxidrelay received after verack, disconnecting/,
  },
];

for (const { what, isReady, bytes, reason, log } of OFFENCES) {
  test(`a peer that sends ${what} is dropped for ${reason}, and the log says so (seed ${SEED})`, async () => {
    const bad = await (isReady ? node.connectWell() : node.connect());
    bad.say(...bytes);
    assert.equal(await bad.closeReason(), reason);
    assert.match(node.logOf(bad.id).join("\n"), log);
    await good.assertServed();
  });
}

test("a bad checksum costs a peer that message and nothing else, as in Bitcoin Core", async () => {
  const peer = await node.connect();
  peer.say(withBadChecksum(framed(VERSION)), framed(VERSION), withBadChecksum(framed(VERACK)),
    framed(VERACK));
  peer.say(withBadChecksum(framed({ type: "ping", value: { nonce: 99n } })));
  await peer.assertServed();
  const wrong = /Header error: Wrong checksum \(version, \d+ bytes\), expected [0-9a-f]{8} was/;
  assert.match(node.logOf(peer.id).join("\n"), wrong);
  assert.equal(peer.heard.filter((type) => type === "pong").length, 1);
  peer.socket.destroy();
  assert.equal(await peer.closeReason(), "connection-lost");
});

test("a block with counts written at length costs its sender nothing: the block in it may be good",
  async () => {
  const peer = await node.connectWell();
  const header = new Uint8Array(80);
  peer.say(framedRaw("block", concatBytes(header, Uint8Array.of(0xfd, 1, 0), new Uint8Array(100))));
  await peer.assertServed();
  peer.socket.destroy();
  assert.equal(await peer.closeReason(), "connection-lost");
});

test("messages before their time, twice, or unknown are ignored and logged, as in Bitcoin Core", async () => {
  const peer = await node.connect();
  peer.say(framed(VERACK), framedRaw("ping", ping), framedRaw("headers", randomBytes(rng, 50)));
  peer.say(framed(VERSION), framedRaw("inv", randomBytes(rng, 50)), framed(VERSION));
  peer.say(framed(VERACK), framed(VERACK));
  peer.say(framedRaw("noidea", randomBytes(rng, 50)));
  await peer.assertServed();
  const log = node.logOf(peer.id).join("\n");
  assert.match(log, /non-version message before version handshake\. Message "verack" from/);
  assert.match(log, /non-version message before version handshake\. Message "ping" from/);
  assert.match(log, /Unsupported message "inv" prior to verack from/);
  assert.match(log, /redundant version message from/);
  assert.match(log, /ignoring redundant verack message from/);
  assert.match(log, /Unknown message type "noidea" from/);
  assert.equal(peer.heard.filter((type) => type === "pong").length, 1, "the early ping is not answered");
  peer.socket.destroy();
});

test("a peer that hangs up in the middle of a message leaves nothing behind", async () => {
  const peer = await node.connectWell();
  peer.say(framedRaw("block", new Uint8Array(100_000)).subarray(0, 70_000));
  peer.socket.end();
  assert.equal(await peer.closeReason(), "connection-lost");
  await good.assertServed();
  assert.equal([...node.node.core.peers()].some(({ id }) => id === peer.id), false);
});

test("a peer that says nothing, or too little, is dropped after the timeout", async (t) => {
  const strict = await TestNode.open({ peerTimeout: seconds(1) });
  t.after(() => strict.close());
  const ready = await strict.connectWell();
  const silent = await strict.connect();
  const halfDone = await strict.connect();
  halfDone.say(framed(VERSION));
  const started = await strict.connect();
  started.say(framed(VERSION).subarray(0, 30));
  assert.equal(await silent.closeReason(), "no-first-message");
  const never = /socket no message in first 1 seconds, never received from peer, never sent to peer/;
  assert.match(strict.logOf(silent.id).join("\n"), never);
  assert.equal(await halfDone.closeReason(), "handshake-timeout");
  assert.match(strict.logOf(halfDone.id).join("\n"), /version handshake timeout, disconnecting/);
  assert.equal(await started.closeReason(), "no-first-message");
  await ready.assertServed();
});

test("a peer that asks for much and reads nothing fills its own buffers, and is dropped in the end",
  async (t) => {
  const serving = await TestNode.open();
  t.after(() => serving.close());
  const { core } = serving.node;
  const mined = await serving.node.command({ type: "generate", count: 200, script: Uint8Array.of(0x51),
    maxTries: 1e6 });
  assert.ok(mined.ok, JSON.stringify(mined));
  const other = await serving.connectWell();
  const slow = await serving.connectWell();
  slow.socket.pause();
  // 200 headers in answer to each 70 bytes: 16 KB.
  const { hash } = core.options.params.genesis;
  const request =
    framed({ type: "getheaders", value: { version: 70_016, locator: [hash], stop: ZERO_HASH } });
  const requests = concatBytes(...Array.from({ length: 1000 }, () => request));
  // Until the node reads no more of it.
  let said = 0;
  while (slow.socket.writableLength < 8_000_000 && said < 400) {
    slow.say(requests);
    said += 1;
    await other.assertServed();
  }
  const peer = [...core.peers()].find(({ id }) => id === slow.id) ?? assert.fail("it is still there");
  assert.ok(peer.stats.bytesSent < 20_000_000,
    `${peer.stats.bytesSent} bytes were made for a peer that does not read`);
  assert.ok(peer.stats.bytesReceived < 16_000_000, `${peer.stats.bytesReceived} bytes were taken from it`);
  const time = Math.floor(Date.now() / 1000) + 21 * 60;
  await serving.node.command({ type: "set-mock-time", time });
  assert.equal(await slow.closeReason(), "send-timeout");
  assert.match(serving.logOf(slow.id).join("\n"), /socket sending timeout: 12\d\ds, disconnecting/);
  // Else what is on its way would hold up the closing.
  slow.socket.destroy();
});
