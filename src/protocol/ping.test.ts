import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Rng, seededRng } from "../base/rng.ts";
import { addDuration, type Duration, type Instant, milliseconds, minutes, seconds } from "../base/time.ts";
import { PeerBench, START } from "../../test/support/peer_bench.ts";
import type { Peer } from "../peer/peer.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import type { Message } from "../wire/message.ts";
import {
  type FreshPing, PING_INTERVAL, PING_TIMEOUT, PingProtocol, type PingState, pingWakeAt, startPing, stepPing,
} from "./ping.ts";

const NONCE = 7n;
const FRESH: FreshPing = { nonce: NONCE, patientUntil: 0 as Instant };

function pinged() {
  const clock = new VirtualClock(START);
  const sentAt = clock.now();
  const { state, effects } = stepPing(startPing(sentAt), { type: "woken", fresh: FRESH }, sentAt);
  assert.deepEqual(effects, [{ type: "send-ping", nonce: NONCE }]);
  return { clock, state, sentAt };
}

test("a matching pong reports the round trip and schedules the next ping", () => {
  const { clock, state, sentAt } = pinged();
  clock.advance(seconds(3));
  const after = stepPing(state, { type: "pong-received", nonce: NONCE }, clock.now());
  assert.deepEqual(after.effects, [{ type: "round-trip", took: seconds(3) }]);
  assert.deepEqual(after.state, { name: "idle", pingAt: addDuration(sentAt, PING_INTERVAL) });
});

test("a pong with another nonce changes nothing", () => {
  const { clock, state } = pinged();
  const after = stepPing(state, { type: "pong-received", nonce: NONCE + 1n }, clock.now());
  assert.equal(after.state, state);
  const problem = "Nonce mismatch";
  assert.deepEqual(after.effects, [{ type: "odd-pong", problem, expected: NONCE, nonce: NONCE + 1n }]);
});

for (const [nonce, problem] of [[0n, "Nonce zero"], [undefined, "Short payload"]] as const) {
  test(`a pong of kind "${problem}" ends the ping without a round trip`, () => {
    const { clock, state, sentAt } = pinged();
    const after = stepPing(state, { type: "pong-received", nonce }, clock.now());
    assert.deepEqual(after.state, { name: "idle", pingAt: addDuration(sentAt, PING_INTERVAL) });
    assert.deepEqual(after.effects, [{ type: "odd-pong", problem, expected: NONCE, nonce }]);
  });
}

test("a pong from before the ping, which only a mock clock can bring, ends it without a round trip", () => {
  const { state, sentAt } = pinged();
  const after = stepPing(state, { type: "pong-received", nonce: NONCE }, (sentAt - 1) as Instant);
  assert.equal(after.state.name, "idle");
  assert.equal(after.effects[0]?.type, "odd-pong");
});

test("a peer silent for the whole timeout is disconnected, and not a millisecond sooner", () => {
  const { clock, state, sentAt } = pinged();
  assert.equal(pingWakeAt(state), addDuration(sentAt, PING_TIMEOUT));
  clock.advance((PING_TIMEOUT - 1) as Duration);
  assert.deepEqual(stepPing(state, { type: "woken", fresh: FRESH }, clock.now()).effects, []);
  clock.advance(milliseconds(1));
  assert.deepEqual(stepPing(state, { type: "woken", fresh: FRESH }, clock.now()).effects, [
    { type: "disconnect", after: PING_TIMEOUT },
  ]);
});

test("on a young connection the timeout waits", () => {
  const now = new VirtualClock(START).now();
  const patientUntil = addDuration(now, minutes(60));
  const { state } = stepPing(startPing(now), { type: "woken", fresh: { nonce: NONCE, patientUntil } }, now);
  assert.equal(pingWakeAt(state), patientUntil);
});

test("a ping that is asked for goes out in either state, and its pong is the one that counts", () => {
  const { clock, state } = pinged();
  clock.advance(seconds(5));
  const again = stepPing(state, { type: "requested", fresh: { ...FRESH, nonce: 8n } }, clock.now());
  assert.deepEqual(again.effects, [{ type: "send-ping", nonce: 8n }]);
  clock.advance(seconds(1));
  const { effects } = stepPing(again.state, { type: "pong-received", nonce: 8n }, clock.now());
  assert.deepEqual(effects, [{ type: "round-trip", took: seconds(1) }]);
});

test("whatever happens, a state never waits for a time that is not ahead of its last ping", () => {
  const nonce = fc.constantFrom(undefined, 0n, NONCE, 9n);
  const input = fc.oneof(
    fc.record({ type: fc.constantFrom("woken" as const, "requested" as const), fresh: fc.constant(FRESH) }),
    fc.record({ type: fc.constant("pong-received" as const), nonce }),
  );
  fc.assert(fc.property(fc.array(fc.tuple(input, fc.nat(2_000_000)), { maxLength: 40 }), (inputs) => {
    const clock = new VirtualClock(START);
    let state: PingState = startPing(clock.now());
    for (const [each, wait] of inputs) {
      clock.advance(milliseconds(wait));
      const step = stepPing(state, each, clock.now());
      const sent = step.effects.some(({ type }) => type === "send-ping");
      if (sent) assert.ok(pingWakeAt(step.state) >= addDuration(clock.now(), PING_INTERVAL));
      state = step.state;
    }
  }));
});

function bench(theirVersion = 70_017, rng: Rng = seededRng(5)) {
  const peers = new PeerBench();
  const peer = peers.ready();
  peer.features = { ...peer.features, version: theirVersion };
  const sent: Message[] = [];
  const dropped: string[] = [];
  const lines: string[] = [];
  const logger = {
    info() {}, warning() {}, error() {}, trace() {},
    debug: (_: string, text: () => string) => void lines.push(text()),
  };
  const outbox = {
    send: (_: Peer, message: Message) => void sent.push(message),
    disconnect: (_: Peer, reason: string) => void dropped.push(reason),
  };
  const measured: (Duration | undefined)[] = [];
  const protocol = new PingProtocol({
    clock: peers.clock, rng, logger, outbox, peerTimeout: seconds(1),
    measured: ({ stats }) => void measured.push(stats.pingTime),
  });
  const advance = (length: Duration): void => {
    peers.clock.advance(length);
    const wakeAt = protocol.wakeAt();
    if (wakeAt === undefined || peers.clock.now() < wakeAt) return;
    protocol.woken();
    protocol.pass(peer);
  };
  const lastNonce = (): bigint => {
    const last = sent.at(-1);
    assert.ok(last?.type === "ping" && last.value.nonce !== undefined);
    return last.value.nonce;
  };
  return { peer, sent, dropped, lines, measured, protocol, advance, lastNonce };
}

function pong(nonce: bigint | undefined): Message {
  return { type: "pong", value: { nonce } };
}

/** The steps of Bitcoin Core's p2p_ping.py. */
test("pings as Bitcoin Core's own test wants them", () => {
  const { peer, sent, dropped, lines, measured, protocol, advance, lastNonce } = bench();
  const stats = () => [peer.stats.pingTime, peer.stats.minPing, peer.stats.pingSentAt === undefined];
  protocol.ready(peer);
  protocol.pass(peer);
  assert.notEqual(lastNonce(), 0n);
  assert.deepEqual(stats(), [undefined, undefined, false]);

  protocol.received(peer, pong(undefined));
  assert.match(lines.pop() ?? "", /^pong peer=0: Short payload, [0-9a-f]+ expected, 0 received/);
  assert.deepEqual(stats(), [undefined, undefined, true]);
  protocol.received(peer, pong(0n));
  assert.equal(lines.pop(), "pong peer=0: Unsolicited pong without ping, 0 expected, 0 received, 8 bytes");

  advance(seconds(119));
  assert.equal(sent.length, 1);
  advance(seconds(1));
  assert.equal(sent.length, 2);
  protocol.received(peer, pong(lastNonce() - 1n));
  const hex = (nonce: bigint): string => nonce.toString(16);
  const nonces = `${hex(lastNonce())} expected, ${hex(lastNonce() - 1n)} received`;
  assert.equal(lines.pop(), `pong peer=0: Nonce mismatch, ${nonces}, 8 bytes`);
  assert.equal(peer.stats.pingSentAt === undefined, false);
  protocol.received(peer, pong(0n));
  assert.match(lines.pop() ?? "", /^pong peer=0: Nonce zero/);
  assert.equal(peer.stats.pingSentAt, undefined);

  for (const [delay, least] of [[29, 29], [9, 9], [15, 9]] as const) {
    advance(seconds(121));
    const nonce = lastNonce();
    advance(seconds(delay));
    protocol.received(peer, pong(nonce));
    assert.deepEqual(stats(), [seconds(delay), seconds(least), true]);
  }
  assert.deepEqual(measured, [seconds(29), seconds(9), seconds(15)]);

  protocol.requestPing();
  advance(seconds(600));
  assert.deepEqual(dropped, []);
  advance(seconds(601));
  assert.deepEqual(dropped, ["ping-timeout"]);
  assert.equal(lines.pop(), "ping timeout: 1201.000000s, disconnecting peer=0");
  assert.equal(protocol.wakeAt(), undefined);
});

test("a nonce is never zero", () => {
  const { peer, sent, protocol } = bench(70_017, { u32: () => 0 });
  protocol.ready(peer);
  protocol.pass(peer);
  assert.deepEqual(sent, [{ type: "ping", value: { nonce: 1n } }]);
});

test("a ping is answered with its nonce, and one without a nonce is not", () => {
  const { peer, sent, protocol } = bench();
  protocol.ready(peer);
  protocol.received(peer, { type: "ping", value: { nonce: 42n } });
  protocol.received(peer, { type: "ping", value: { nonce: undefined } });
  assert.deepEqual(sent, [{ type: "pong", value: { nonce: 42n } }]);
});

test("a peer from before BIP31 gets empty pings at the usual times, and no pongs are expected", () => {
  const { peer, sent, dropped, protocol, advance } = bench(60_000);
  protocol.ready(peer);
  protocol.pass(peer);
  protocol.received(peer, { type: "ping", value: { nonce: 42n } });
  for (let i = 0; i < 20; i++) advance(PING_INTERVAL);
  assert.equal(sent.length, 21);
  assert.ok(sent.every((message) => message.type === "ping" && message.value.nonce === undefined));
  assert.deepEqual(dropped, []);
});

test("a peer that is gone is neither pinged nor waited for", () => {
  const { peer, sent, protocol } = bench();
  protocol.ready(peer);
  protocol.closed(peer);
  protocol.pass(peer);
  protocol.requestPing();
  protocol.received(peer, pong(1n));
  assert.equal(sent.length, 0);
  assert.equal(protocol.wakeAt(), undefined);
});
