import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { silentLogger } from "../base/logger.ts";
import { seededRng } from "../base/rng.ts";
import { elapsed, hours, minutes } from "../base/time.ts";
import { PeerBench } from "../../test/support/peer_bench.ts";
import type { ConnectionType, Peer, Permission } from "../peer/peer.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Message } from "../wire/message.ts";
import { FEE_FILTER_CHANGE_DELAY, FeeFilterProtocol, roundFeeFilter } from "./fee_filter.ts";

const MIN_RELAY = 100 as Sats;

interface BenchOptions {
  readonly type?: ConnectionType;
  readonly permissions?: readonly Permission[];
  readonly blocksOnly?: boolean;
  readonly minRelayFeeRate?: Sats;
  readonly seed?: number;
}

function bench(options: BenchOptions = {}) {
  const peers = new PeerBench();
  const peer = peers.ready(options.type ?? "inbound", options.permissions ?? []);
  const chain = { isInitialBlockDownload: false };
  const mempool = { rollingFeeRate: 0 as Sats };
  const told: number[] = [];
  const outbox = {
    send(_: Peer, message: Message) {
      assert.ok(message.type === "feefilter");
      told.push(Number(message.value.feeRate));
    },
  };
  const { clock } = peers;
  const rng = seededRng(options.seed ?? 1);
  const { minRelayFeeRate = MIN_RELAY, blocksOnly = false } = options;
  const settings = { minRelayFeeRate, blocksOnly };
  const ports = { clock, rng, logger: silentLogger, outbox, chain, mempool };
  const protocol = new FeeFilterProtocol(ports, settings);
  protocol.ready(peer);
  protocol.pass(peer);
  return { peers, peer, chain, mempool, told, protocol };
}

test("rounding goes to the step below or above, and never further", () => {
  const seed = fc.nat();
  fc.assert(fc.property(seed, fc.integer({ min: 51, max: 9_000_000 }), (number, feeRate) => {
    const rounded = roundFeeFilter(feeRate, seededRng(number));
    const isNear = rounded > feeRate / 1.11 - 1 && rounded < feeRate * 1.11;
    assert.ok(isNear, `seed ${number}: ${feeRate} to ${rounded}`);
  }));
});

test("nothing stays nothing, and everything becomes the highest step", () => {
  assert.equal(roundFeeFilter(0, seededRng(1)), 0);
  // As Bitcoin Core sends it while in initial block download (p2p_ibd_txrelay.py).
  assert.equal(roundFeeFilter(2_100_000_000_000_000, seededRng(1)), 9_936_506);
});

test("a peer is told the relay fee itself once it is ready, while there is room for all", () => {
  for (let seed = 1; seed <= 10; seed++) assert.deepEqual(bench({ seed }).told, [MIN_RELAY]);
  assert.deepEqual(bench({ minRelayFeeRate: 10 as Sats }).told, [10]);
});

test("block-relay-only, forcerelay and old peers are not told, nor is anyone in blocks-only mode", () => {
  assert.deepEqual(bench({ type: "block-relay-only" }).told, []);
  assert.deepEqual(bench({ permissions: ["forcerelay"] }).told, []);
  assert.deepEqual(bench({ blocksOnly: true }).told, []);
  const { peer, protocol, told } = bench();
  told.length = 0;
  protocol.closed(peer);
  peer.features = { ...peer.features, version: 70_012 };
  protocol.ready(peer);
  protocol.pass(peer);
  assert.deepEqual(told, []);
  assert.equal(protocol.wakeAt(), undefined);
});

test("the same is not told twice", () => {
  const { peers, peer, told, protocol, mempool } = bench();
  mempool.rollingFeeRate = 0 as Sats;
  for (let i = 0; i < 50; i++) {
    peers.clock.advance(hours(1));
    protocol.pass(peer);
  }
  assert.ok(told.length <= 2);
});

test("while catching up none are wanted, and that is taken back at once", () => {
  const { peers, peer, chain, told, protocol } = bench();
  chain.isInitialBlockDownload = true;
  peers.clock.advance(hours(2));
  protocol.pass(peer);
  assert.equal(told.at(-1), 9_936_506);
  chain.isInitialBlockDownload = false;
  protocol.pass(peer);
  assert.ok((told.at(-1) ?? Infinity) < 200);
});

test("a large change is told within five minutes, a small one when its time has come", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const { peers, peer, mempool, told, protocol } = bench({ seed });
    const dueAt = protocol.wakeAt();
    assert.ok(dueAt !== undefined);
    mempool.rollingFeeRate = 110 as Sats;
    protocol.pass(peer);
    assert.equal(protocol.wakeAt(), dueAt, `seed ${seed}: a small change hastens nothing`);
    mempool.rollingFeeRate = 10_000 as Sats;
    protocol.pass(peer);
    peers.clock.advance(FEE_FILTER_CHANGE_DELAY);
    protocol.pass(peer);
    assert.ok((told.at(-1) ?? 0) > 5000, `seed ${seed}`);
  }
});

test("tellings are ten minutes apart on average", () => {
  const { peers, peer, protocol, mempool } = bench();
  const start = peers.clock.now();
  let times = 0;
  for (; times < 2000; times++) {
    const wakeAt = protocol.wakeAt();
    assert.ok(wakeAt !== undefined);
    peers.clock.advanceTo(wakeAt);
    mempool.rollingFeeRate = MIN_RELAY;
    protocol.woken();
    protocol.pass(peer);
  }
  const mean = elapsed(start, peers.clock.now()) / times;
  assert.ok(mean > minutes(9) && mean < minutes(11), `seed 1: ${mean} ms`);
});

test("what a peer tells us is kept while it is an amount", () => {
  const { peer, protocol } = bench();
  const tell = (feeRate: bigint) => protocol.received(peer, { type: "feefilter", value: { feeRate } });
  assert.equal(protocol.feeRateOf(peer), 0);
  tell(1234n);
  assert.equal(protocol.feeRateOf(peer), 1234);
  for (const odd of [-1n, 2_100_000_000_000_001n, 2n ** 63n - 1n]) tell(odd);
  assert.equal(protocol.feeRateOf(peer), 1234);
  protocol.closed(peer);
  assert.equal(protocol.feeRateOf(peer), 0);
});
